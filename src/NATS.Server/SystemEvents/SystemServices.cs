using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// What the server answers in its system account, and the imports by which every account reaches a part of it. Puts the imports of all accounts in force,
/// whenever their models or the system account change. Thread-safe.
/// </summary>
internal sealed class SystemServices
{
    private const string UserInfoFormat = "$SYS.REQ.USER.{0}.INFO";

    private static readonly SystemService[] Services =
    [
        new("$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.{0}.CONNZ") { IsAnsweredByAll = true },
        new("$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.{0}.CONNZ") { IsAnsweredByAll = true },
        new("$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.ACCOUNT.{0}.STATZ") { IsAnsweredByAll = true },
        new("$SYS.REQ.USER.INFO", UserInfoFormat) { IsShared = true, IsForSystemAccount = true },
    ];

    private readonly Lock _lock = new();
    private readonly AccountRegistry _accounts;
    private readonly ServiceRouter _router;
    private readonly IConnectionEngine _engine;
    private readonly ServerStamp _stamp;
    private readonly EngineClock _clock;
    private readonly ServerRequests _requests;
    private readonly IReadOnlyList<RequestRoute> _routes;
    private InternalClient? _client;
    private Subscription[] _subscriptions = [];

    /// <summary>Makes the services; <see cref="Start"/> puts them in force.</summary>
    /// <param name="server">The server.</param>
    /// <param name="router">Puts imports to work.</param>
    /// <param name="engine">Lends contexts to threads that have none.</param>
    /// <param name="requests">Answers.</param>
    /// <param name="routes">What is answered.</param>
    /// <param name="stamp">Says in answers which server they are from.</param>
    public SystemServices(
        ServerContext server, ServiceRouter router, IConnectionEngine engine, ServerRequests requests, IReadOnlyList<RequestRoute> routes, ServerStamp stamp)
    {
        _accounts = server.Accounts;
        _router = router;
        _engine = engine;
        _clock = server.Clock;
        _requests = requests;
        _routes = routes;
        _stamp = stamp;
    }

    /// <summary>Begins to follow the accounts.</summary>
    public void Start()
    {
        _accounts.Applied = Follow;
        _accounts.Removed = _router.Remove;
        _accounts.SystemChanged = OnSystemChanged;
        OnSystemChanged();
    }

    private void OnSystemChanged()
    {
        lock (_lock)
        {
            foreach (Subscription subscription in _subscriptions) _client!.Unsubscribe(subscription);
            _subscriptions = [];
            _client = _accounts.System is { } system ? new InternalClient(system, _engine) : null;
            if (_client is { } client) _subscriptions = [SubscribeUserInfo(client), .. _routes.Select(route => _requests.Subscribe(client, route))];
        }

        foreach (Account account in _accounts.All) Follow(account);
    }

    // Answered at once, in the batch of the client that asks.
    private Subscription SubscribeUserInfo(InternalClient client)
    {
        return client.Subscribe(Encoding.UTF8.GetBytes(UserInfoFormat.Replace("{0}", "*", StringComparison.Ordinal)), Handle);

        void Handle(LoopContext loop, Subscription subscription, in InboundMessage request, Subscriber producer)
        {
            if (!request.HasReply) return;
            var answer = new ArrayBufferWriter<byte>(512);
            using (var writer = new Utf8JsonWriter(answer, EventJson.Options))
            {
                writer.WriteStartObject();
                _stamp.Write(writer);
                writer.WritePropertyName("data"u8);
                UserInfo.Write(DeliveryContext.Of(loop).Current.Hop.Origin, (producer as ClientSubscriber)?.Session, _clock.UtcNow, writer);
                writer.WriteEndObject();
            }

            client.Publish(loop, request.Reply, reply: default, headers: default, answer.WrittenSpan);
        }
    }

    private void Follow(Account account)
    {
        if (_accounts.TryFind(account.Name, out Account? known) && ReferenceEquals(known, account)) _router.SetImports(account, [.. Imports(account)]);
    }

    /// <summary>An account's own imports, and those that it has without declaring them.</summary>
    private IEnumerable<ServiceImport> Imports(Account account)
    {
        IReadOnlyList<ServiceImport> declared = account.Model.ServiceImports;
        if (_accounts.System is not { } system) return declared;
        return declared.Concat(Services
            .Where(service => (service.IsForSystemAccount || !ReferenceEquals(account, system)) && !IsDeclared(declared, system, service))
            .Select(service => Import(account, system, service)));
    }

    // What an account or the system account has declared itself comes first.
    private static bool IsDeclared(IReadOnlyList<ServiceImport> declared, Account system, SystemService service)
    {
        byte[] subject = Encoding.UTF8.GetBytes(service.Subject);
        return declared.Any(import => ReferenceEquals(import.Exporter, system) && import.From.AsSpan().SequenceEqual(subject));
    }

    private static ServiceImport Import(Account account, Account system, SystemService service)
    {
        string there = service.SubjectFor(account.Name);
        byte[] bytes = Encoding.UTF8.GetBytes(there);
        ExportOptions export = system.Model.Exports.FirstOrDefault(export => export.Kind == ExportKind.Service
            && Subject.IsSubset(bytes, Encoding.UTF8.GetBytes(export.Subject))) ?? service.Export;
        var import = new ImportOptions(ExportKind.Service, system.Name, there) { To = service.Subject, Share = service.IsShared };
        return new ServiceImport(import, system, export, service.Subject, there, transform: null);
    }
}
