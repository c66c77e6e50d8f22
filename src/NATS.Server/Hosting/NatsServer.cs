using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Connections.Epoll;
using NATS.Server.Connections.Portable;
using NATS.Server.Connections.Tls;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Delivery;
using NATS.Server.Disks;
using NATS.Server.Hosting;
using NATS.Server.Monitoring.Profiling;
using NATS.Server.Options;
using NATS.Server.Sessions;
using NATS.Server.SystemEvents;

namespace NATS.Server;

/// <summary>
/// A NATS server in this process. Thread-safe. Many can run side by side: there is no shared state and no setting of the process is touched.
/// </summary>
/// <example><code>
/// await using var server = await NatsServer.StartAsync(new ServerOptions { Port = ServerOptions.RandomPort });
/// Console.WriteLine(server.ClientUrl);
/// </code></example>
public sealed partial class NatsServer : IAsyncDisposable
{
    private const string NoConfigurationFile = "can only reload config when a file is provided using -c or --config";
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(100);

    private readonly NatsServerServices _services;
    private readonly ILogger _log;
    private readonly EngineClock _clock;
    private readonly ServerContext _context;
    private readonly IConnectionEngine _engine;
    private readonly ServiceRouter _serviceRouter;
    private readonly SystemEventService _systemEvents;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _reloadLock = new();
    private readonly DiskGate _diskGate;

    private IDisposable? _acceptor;
    private ITimer? _ticker;
    private int _ticking;
    private int _state;
    private bool _hasStarted;

    private NatsServer(ServerOptions options, NatsServerServices services)
    {
        _services = services;
        _log = services.LoggerFactory.CreateLogger("Nats.Server");
        _clock = new EngineClock(services.TimeProvider);
        Identity = CreateKeys(NkeyRole.Server);
        EncryptionIdentity = CreateKeys(NkeyRole.Curve);
        StartTime = _clock.UtcNow;
        ConfigTime = StartTime;
        _diskGate = new DiskGate(options.JetStreamSettings.MaxConcurrentIo);
        var accounts = new AccountRegistry();
        _operatorService = CreateOperatorService(options, accounts);
        _context = new ServerContext(options, accounts, _clock, _log);
        _context.Authenticator = CreateAuthenticator(options);
        ConfigureAccounts(options);
        SetTls(options);
        if (options.Tls is { ConnectionRateLimit: > 0 } limited) _context.HandshakeRate = new HandshakeRate(limited.ConnectionRateLimit, services.TimeProvider);
        _context.Info = CreateInfo(options, options.Port);
        _monitoring = CreateMonitoring(options);
        _profiler = new ProfilerService(_monitoring.Monitor, _clock.Time, _log);

        // Last: it starts threads, which nobody would end if something else could not be made.
        _engine = CreateEngine(options);
        _serviceRouter = new ServiceRouter(_context.Accounts, _clock, _engine, ServerName);
        _systemEvents = new SystemEventService(_context, _monitoring.Monitor, _serviceRouter, _engine, services.Reload ?? (static () => NoConfigurationFile));
        _context.MessageTraces = new MessageTracePublisher(_context, _systemEvents.Stamp, _engine);
    }

    /// <summary>The server's public nkey, new with every start.</summary>
    public string ServerId => Identity.ToString();

    public string ServerName => _context.Info.ServerName;

    /// <summary>The configuration in force.</summary>
    public ServerOptions Options => _context.Options;

    public DateTimeOffset StartTime { get; }

    /// <summary>When the configuration in force was loaded.</summary>
    public DateTimeOffset ConfigTime { get; private set; }

    /// <summary>Where clients connect; null when the server does not listen.</summary>
    public IPEndPoint? ClientEndPoint { get; private set; }

    /// <summary>Where clients connect, as <c>nats://host:port</c>, or <c>tls://</c> when there is TLS; an address of this machine when the server listens on all. Empty when it does not listen.</summary>
    public string ClientUrl => ClientEndPoint is { } endPoint ? $"{(_context.Tls is null ? "nats" : "tls")}://{ClientHost(endPoint)}:{endPoint.Port.ToString(CultureInfo.InvariantCulture)}" : "";

    /// <summary>Open client connections.</summary>
    public int NumClients => _context.Clients.Count;

    /// <summary>Subscriptions of all accounts.</summary>
    public int NumSubscriptions => _context.Accounts.All.Sum(static account => account.SubscriptionCount);

    public long NumSlowConsumers => _context.Counters.SlowConsumers;

    public long NumStaleConnections => _context.Counters.StaleConnections;

    public long NumStalledClients => _context.Counters.StalledClients;

    /// <summary>Whether the server accepts connections and serves them.</summary>
    public bool IsRunning => Volatile.Read(ref _state) == 1;

    /// <summary>Whether lame duck mode has begun.</summary>
    public bool IsLameDuck => _context.IsLameDuck;

    /// <summary>The keys behind <see cref="ServerId"/>, with which the server signs; new with every start.</summary>
    internal NkeyPair Identity { get; }

    /// <summary>The keys behind the <c>xkey</c> of INFO, with which others encrypt to this server; new with every start.</summary>
    internal NkeyPair EncryptionIdentity { get; }

    internal ServerContext Context => _context;

    internal IConnectionEngine Engine => _engine;

    internal ServiceRouter ServiceRouter => _serviceRouter;

    /// <summary>Starts a server; completes when it accepts connections.</summary>
    /// <exception cref="NatsServerException">A port is taken, an address is not of this machine, or the options contradict each other.</exception>
    public static async Task<NatsServer> StartAsync(ServerOptions options, NatsServerServices? services = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        options = OptionsBaseline.Apply(options);
        options = ReadTlsFiles(options);
        if (OptionsValidator.Validate(options) is [string contradiction, ..]) throw new NatsServerException(contradiction);
        var server = new NatsServer(options, services ?? new NatsServerServices());
        try
        {
            server.Start();
        }
        catch
        {
            await server.StopAsync();
            throw;
        }

        return server;
    }

    /// <summary>A new connection inside the process: the client's end of a duplex stream that speaks the NATS protocol.</summary>
    public Stream ConnectInProcess()
    {
        ObjectDisposedException.ThrowIf(_context.IsShuttingDown, this);
        (Stream client, Stream server) = InProcessStream.CreatePair();
        _engine.Serve(server, remote: null, Accept);
        return client;
    }

    /// <summary>Closes one client. False when there is none with this id.</summary>
    public bool DisconnectClient(ulong clientId)
    {
        if (_context.Clients.Find(clientId) is not { } session) return false;
        session.Connection.Close(ClosedState.Kicked, new CloseDetail("the program that runs the server disconnected it"));
        return true;
    }

    /// <summary>Tells one client that this server is going away (INFO with <c>ldm</c>), so that it moves on. False when there is none with this id.</summary>
    public bool NotifyLameDuck(ulong clientId)
    {
        if (_context.Clients.Find(clientId) is not { } session) return false;
        session.SendInfo(_context.Info with { LameDuckMode = true });
        return true;
    }

    /// <summary>Completes when the server has stopped, for whatever reason.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => _stopped.Task.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync() => new(StopAsync());

    private void Start()
    {
        ServerOptions options = Options;
        Log.Starting(_log);
        Log.Version(_log, ServerVersion.Compatible);
        Log.Git(_log, "not set");
        Log.Runtime(_log, _context.Info.Runtime);
        Log.Name(_log, ServerName);
        if (options.JetStream is not null) Log.Node(_log, NodeName.Of(ServerName));
        Log.Id(_log, ServerId);
        LogFeatureFlags(options);
        LogAuthorizationWarnings();
        StartProfiler(options);
        if (options.ConfigFile.Length > 0) Log.ConfigFile(_log, options.ConfigFile, options.ConfigDigest.Length > 0 ? $"({options.ConfigDigest})" : "");
        if (options.DefaultJetStreamDomains.Count > 0) Log.DefaultDomains(_log);
        Volatile.Write(ref _state, 1);
        StartOperatorService(options);

        // First of all: what takes long can be watched.
        StartMonitoring();
        StartJetStream(options);
        if (!options.DontListen) Listen(options);
        _ticker = _clock.Time.CreateTimer(static state => ((NatsServer)state!).Tick(), this, TickPeriod, TickPeriod);
        _systemEvents.Start();
        _hasStarted = true;
        Log.Ready(_log);
    }

    private void Listen(ServerOptions options)
    {
        Socket listener = ListenerSockets.Bind(options.Host, options.Port);
        ClientEndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _context.Info = CreateInfo(options, ClientEndPoint.Port);
        Log.Listening(_log, ListenerSockets.Format(options.Host, ClientEndPoint.Port));
        LogTls(options);
        _acceptor = _engine.Accept(listener, Accept, (what, pause) => Log.AcceptError(_log, what, (long)pause.TotalMilliseconds));
    }

    /// <summary>Gives a new connection its session. Accept thread.</summary>
    private bool Accept(Connection connection)
    {
        if (_context.IsShuttingDown || (_context.IsLameDuck && !connection.IsInProcess)) return false;
        _context.Counters.CountConnection();
        var session = new ClientSession(_context, connection);
        connection.Handler = session;
        if (!_context.Clients.TryAdd(session, Options.MaxConnections)) session.Refuse();
        return true;
    }

    /// <summary>Walks the deadlines of all connections. A tick that comes while one is running is skipped.</summary>
    private void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0) return;
        long now = _clock.NowMs;
        foreach (ClientSession session in _context.Clients.Open) session.OnTick(now);
        foreach (KeyValuePair<ClientSession, bool> closing in _context.ClosingClients) closing.Key.OnTick(now);
        LogRefusedHandshakes(now);
        _serviceRouter.Sweep(now);
        _systemEvents.Sweep(now);
        Volatile.Write(ref _ticking, 0);
    }

    private static NkeyPair CreateKeys(NkeyRole role)
    {
        Span<byte> entropy = stackalloc byte[NkeyPair.SeedSize];
        RandomNumberGenerator.Fill(entropy);
        NkeyPair keys = NkeyPair.Create(role, entropy);
        CryptographicOperations.ZeroMemory(entropy);
        return keys;
    }

    private ServerInfo CreateInfo(ServerOptions options, int port)
    {
        HostPort address = AdvertisedAddress(options, port);
        return new ServerInfo
        {
            ServerId = ServerId,
            ServerName = options.ServerName.Length > 0 ? options.ServerName : ServerId,
            Runtime = "dotnet" + Environment.Version.ToString(),
            Host = address.Host,
            Port = address.Port,
            Headers = !options.NoHeaderSupport,
            AuthRequired = _context.Authenticator.IsRequired,
            TlsRequired = _context.Tls is not null && !options.AllowNonTls,
            TlsVerify = _context.Tls is { Verifies: true },
            TlsAvailable = _context.Tls is not null && options.AllowNonTls,
            MaxPayload = options.MaxPayload,
            LameDuckMode = _context.IsLameDuck,
            JetStream = _jetStream is not null,
            ApiLevel = ServerVersion.JetStreamApi,
            Domain = options.JetStreamSettings.Domain,
            XKey = EncryptionIdentity.ToString(),
        };
    }

    private static HostPort AdvertisedAddress(ServerOptions options, int port)
    {
        if (options.ClientAdvertise.Length == 0) return new HostPort(options.Host, port);
        return HostPort.TryParseAdvertise(options.ClientAdvertise, port, out HostPort address, out string? error)
            ? address
            : throw new NatsServerException($"Error setting server INFO with ClientAdvertise value of {options.ClientAdvertise}, err={error}");
    }

    private IConnectionEngine CreateEngine(ServerOptions options)
    {
        var pool = new BlockPool();
        var portable = new PortableEngine(_clock, pool, OnFault);
        bool epoll = options.Engine switch
        {
            ConnectionEngineKind.Portable => false,
            ConnectionEngineKind.Epoll => EpollEngine.IsSupported ? true : throw new NatsServerException("the epoll engine needs Linux"),
            _ => EpollEngine.IsSupported,
        };
        if (!epoll) return portable;
        int loops = options.EventLoops > 0 ? options.EventLoops : Math.Max(1, Environment.ProcessorCount / 2);
        return new EpollEngine(loops, _clock, pool, portable, OnFault);
    }

    private void OnFault(Exception exception) => Log.Fault(_log, exception);

    private static string ClientHost(IPEndPoint endPoint)
    {
        if (endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)) return "127.0.0.1";
        return endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{endPoint.Address}]" : endPoint.Address.ToString();
    }

    private void LogFeatureFlags(ServerOptions options)
    {
        foreach (KeyValuePair<string, bool> flag in options.FeatureFlags)
        {
            Log.FeatureFlag(_log, flag.Key, flag.Value);
        }
    }
}
