using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Api;

/// <summary>Thread-safe. Puts the API into accounts: into those that have JetStream, those that are to be told that they have none, and that of the system.</summary>
/// <param name="engine">The server's JetStream.</param>
internal sealed class ApiService(JetStreamEngine engine)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Attachment> _attached = new(StringComparer.Ordinal);

    /// <summary>Answers an account's requests from now on; what did before, does no more.</summary>
    /// <param name="port">The account.</param>
    /// <param name="account">Its JetStream; null when it has none.</param>
    public void Attach(IAccountPort port, JetStreamAccount? account) => Replace(port, new Attachment(port, account, IsSystem: false), attached => attached.Add(port.SubscribeRequests(ApiTarget.Subject, new ApiTarget(engine, port, account))));

    /// <summary>Answers the requests of the system account, which is told from now on what concerns the server.</summary>
    public void AttachSystem(IAccountPort port)
    {
        engine.SystemPort = port;
        Replace(port, new Attachment(port, null, IsSystem: true), attached => attached.Add(port.SubscribeRequests(SystemApiTarget.Subject, new SystemApiTarget(engine, port))));
    }

    /// <summary>Nobody is answered any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            foreach (Attachment attachment in _attached.Values) attachment.End();
            _attached.Clear();
        }
    }

    private void Replace(IAccountPort port, Attachment attachment, Action<List<object>> subscribe)
    {
        lock (_lock)
        {
            _attached.TryGetValue(port.Name, out Attachment? before);
            if (before is not null && ReferenceEquals(before.Port, port) && ReferenceEquals(before.Account, attachment.Account) && before.IsSystem == attachment.IsSystem) return;
            subscribe(attachment.Subscriptions);
            _attached[port.Name] = attachment;
            before?.End();
        }
    }

    private sealed record Attachment(IAccountPort Port, JetStreamAccount? Account, bool IsSystem)
    {
        public List<object> Subscriptions { get; } = [];

        public void End()
        {
            foreach (object subscription in Subscriptions) Port.Unsubscribe(subscription);
        }
    }
}
