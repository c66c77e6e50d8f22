using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>A new configuration for a running server: everything is compared first, one change that cannot be made refuses all.</summary>
public sealed partial class NatsServer
{
    /// <summary>Takes over new options. Connections stay, except those whose user is gone or whose credentials have changed.</summary>
    /// <param name="options">Complete and valid options, such as <see cref="OptionsLoader"/> makes them; a random port means the port in use.</param>
    /// <param name="onApplied">Called when the new options are in force, before the end of the reload is logged: the time to set up loggers anew.</param>
    /// <returns>What was changed, or every reason why nothing was.</returns>
    /// <remarks>Thread-safe. May take long when passwords have to be hashed again.</remarks>
    public ReloadResult Reload(ServerOptions options, Action<ServerOptions>? onApplied = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = OptionsBaseline.Apply(options);
        try
        {
            options = ReadTlsFiles(options);
        }
        catch (NatsServerException exception)
        {
            return new ReloadResult([exception.Message], []);
        }

        if (OptionsValidator.Validate(options) is { Count: > 0 } contradictions) return new ReloadResult(contradictions, []);
        lock (_reloadLock)
        {
            ServerOptions current = Options with { Port = ClientEndPoint?.Port ?? Options.Port };
            ServerOptions next = OptionsDiff.CarryOver(current, options);
            OptionsDiff diff = OptionsDiff.Compare(current, next, _jetStream is not null);
            if (diff.Errors.Count > 0) return new ReloadResult(diff.Errors, []);
            Apply(next, diff, onApplied);
            return new ReloadResult([], [.. diff.Changes.Select(static change => change.Field)]);
        }
    }

    private void Apply(ServerOptions next, OptionsDiff diff, Action<ServerOptions>? onApplied)
    {
        Authenticator authenticator = CreateAuthenticator(next);
        _context.Options = next;

        // Before anybody can be found to belong to a new one.
        ConfigureAccounts(next);
        _context.Authenticator = authenticator;
        ReloadOperatorService(next);
        if (diff.Changes.Any(static change => change.IsTls)) SetTls(next);
        _context.Info = CreateInfo(next, next.Port);
        foreach (OptionChange change in diff.Changes)
        {
            if (change.Notice.Length > 0) Log.Reloaded(_log, change.Notice);
            ApplyToClients(change, next);
        }

        onApplied?.Invoke(next);
        if (diff.IsLoggingChange)
        {
            foreach (ClientSession session in _context.Clients.Open) session.UpdateTraceLevel();
        }

        if (diff.IsAuthorizationChange) Reauthorize(authenticator);
        ReloadJetStream(next, diff);
        _context.Clients.ApplyLimits();
        ConfigTime = _clock.UtcNow;
        Log.Reloaded(_log, OptionsDiff.CompletionNotice(next));
    }

    private void ApplyToClients(OptionChange change, ServerOptions next)
    {
        switch (change.Option)
        {
            case ReloadableOption.MaxConnections:
                CloseExcessClients(next.MaxConnections);
                break;
            case ReloadableOption.TlsPinnedCertificates:
                CloseUnpinnedClients();
                break;
            case ReloadableOption.ClientAdvertise:
                foreach (ClientSession session in _context.Clients.Open) session.SendInfo(_context.Info);
                break;
        }
    }

    /// <summary>Fewer connections are allowed than there are: chance decides who has to go.</summary>
    private void CloseExcessClients(int maxConnections)
    {
        int excess = _context.Clients.Count - maxConnections;
        if (maxConnections <= 0 || excess <= 0) return;
        ClientSession[] clients = [.. _context.Clients.Open];
        Random.Shared.Shuffle(clients);
        foreach (ClientSession session in clients.AsSpan(0, Math.Min(excess, clients.Length))) session.CloseAsExcess();
        Log.Reloaded(_log, $"Closed {excess} connections to fall within max_connections");
    }
}

/// <summary>What a reload did. Immutable.</summary>
/// <param name="Errors">Why nothing was changed; empty when it was.</param>
/// <param name="ChangedFields">The reference's names of the changed options.</param>
public sealed record ReloadResult(IReadOnlyList<string> Errors, IReadOnlyList<string> ChangedFields)
{
    public bool Succeeded => Errors.Count == 0;
}
