using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Connections.Tls;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>
/// What all sessions of a server share. Thread-safe: what reload replaces is a reference to something immutable, counters are interlocked.
/// </summary>
internal sealed class ServerContext
{
    private readonly RateLimitedLog _rateLimited;
    private ServerOptions _options;
    private Authenticator _authenticator = null!;
    private TlsListener? _tls;
    private ServerInfo _info = null!;
    private ServerInfoLine _infoLine = null!;
    private ServerInfoLine _greetingLine = null!;
    private long _lastClientId;

    public ServerContext(ServerOptions options, AccountRegistry accounts, EngineClock clock, ILogger logger)
    {
        Accounts = accounts;
        _options = options;
        Clock = clock;
        Logger = logger;
        _rateLimited = new RateLimitedLog(clock.Time);
        UsesMatchCache = !options.DisableSublistCache;
        LoginThrottle = new LoginThrottle(clock.Time);
        Clients = new ClientRegistry(options.MaxClosedClients);
        Traffic = new TrafficLedger(Clients, accounts);
    }

    public EngineClock Clock { get; }

    public ILogger Logger { get; }

    public AccountRegistry Accounts { get; }

    public ClientRegistry Clients { get; }

    /// <summary>What accounts have sent and got.</summary>
    public TrafficLedger Traffic { get; }

    /// <summary>Slows down addresses that fail to authenticate too often.</summary>
    public LoginThrottle LoginThrottle { get; }

    /// <summary>Where credentials are checked that take long.</summary>
    public LoginLanes LoginLanes { get; } = new();

    public ServerCounters Counters { get; } = new();

    /// <summary>The configuration in force.</summary>
    public ServerOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    /// <summary>Set right after construction, and by reload.</summary>
    public Authenticator Authenticator
    {
        get => Volatile.Read(ref _authenticator);
        set => Volatile.Write(ref _authenticator, value);
    }

    /// <summary>TLS of the client listener; null without.</summary>
    public TlsListener? Tls
    {
        get => Volatile.Read(ref _tls);
        set => Volatile.Write(ref _tls, value);
    }

    /// <summary>Limits handshakes per second; null: no limit. Set once at start.</summary>
    public HandshakeRate? HandshakeRate { get; set; }

    /// <summary>What clients are told of the server.</summary>
    public ServerInfo Info
    {
        get => Volatile.Read(ref _info);
        set
        {
            ServerInfoLine line = value.Prepare();
            Volatile.Write(ref _infoLine, line);
            Volatile.Write(ref _greetingLine, value.AuthRequired && Authenticator.HasNoAuthUser ? (value with { AuthRequired = false }).Prepare() : line);
            Volatile.Write(ref _info, value);
        }
    }

    public ServerInfoLine InfoLine => Volatile.Read(ref _infoLine);

    /// <summary>
    /// The first INFO of a connection. It says that no credentials are needed when there is a user for clients without; later ones, as in the reference,
    /// do not.
    /// </summary>
    public ServerInfoLine GreetingLine => Volatile.Read(ref _greetingLine);

    /// <summary>Told of every client that has authenticated, and of every one that a reload judged again and that stays. Set once at start.</summary>
    public Action<ClientSession>? OnClientConnected { get; set; }

    /// <summary>Told of every client that is refused, before it is closed, with the verdict and whether the client said who it is. Set once at start.</summary>
    public Action<ClientSession, AuthResult, bool>? OnClientRefused { get; set; }

    /// <summary>Told of every client that is closed, also of one that was refused, with the subscriptions it had. Set once at start.</summary>
    public Action<ClientSession, ClosedState, Subscription[]>? OnClientClosed { get; set; }

    /// <summary>Takes the traces of messages; null: nobody does, as without a system account. Set once at start.</summary>
    public IMessageTraceSink? MessageTraces { get; set; }

    /// <summary>Closed clients whose last bytes are still being sent: the clock looks after their deadline.</summary>
    public ConcurrentDictionary<ClientSession, bool> ClosingClients { get; } = new();

    /// <summary>Set by stop: sessions neither log nor count what follows from it.</summary>
    public volatile bool IsShuttingDown;

    /// <summary>Set by lame duck mode: new connections are refused.</summary>
    public volatile bool IsLameDuck;

    /// <summary>Whether matches are remembered between messages (<c>disable_sublist_cache</c> says no).</summary>
    public bool UsesMatchCache { get; }

    public ulong NextClientId() => (ulong)Interlocked.Increment(ref _lastClientId);

    /// <summary>Whether this text may be logged now: the same text at most once in the period.</summary>
    public bool MayLog(string text) => _rateLimited.MayLog(text);
}

/// <summary>Counters of a server. Interlocked.</summary>
internal sealed class ServerCounters
{
    private long _totalConnections;
    private long _slowConsumers;
    private long _staleConnections;
    private long _stalledClients;

    public long TotalConnections => Interlocked.Read(ref _totalConnections);

    public long SlowConsumers => Interlocked.Read(ref _slowConsumers);

    public long StaleConnections => Interlocked.Read(ref _staleConnections);

    /// <summary>Times a producer was paused for a consumer that lagged behind.</summary>
    public long StalledClients => Interlocked.Read(ref _stalledClients);

    public void CountConnection() => Interlocked.Increment(ref _totalConnections);

    public void CountSlowConsumer() => Interlocked.Increment(ref _slowConsumers);

    public void CountStaleConnection() => Interlocked.Increment(ref _staleConnections);

    public void CountStall() => Interlocked.Increment(ref _stalledClients);
}
