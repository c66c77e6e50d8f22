using NATS.Server.Options;

namespace NATS.Server.Host.Flags;

/// <summary>The flags of <c>nats-server</c>: the table of spellings, and what a command line sets. Single-threaded.</summary>
internal sealed class ServerFlags
{
    private readonly FlagSet _set = new();

    private readonly BooleanFlag _help;
    private readonly BooleanFlag _version;
    private readonly BooleanFlag _tlsHelp;
    private readonly BooleanFlag _check;
    private readonly TextFlag _config;
    private readonly TextFlag _signal;

    private readonly TextFlag _host;
    private readonly IntegerFlag _port;
    private readonly TextFlag _name;
    private readonly TextFlag _clientAdvertise;
    private readonly TextFlag _pidFile;
    private readonly TextFlag _portsFileDir;
    private readonly IntegerFlag _httpPort;
    private readonly IntegerFlag _httpsPort;

    private readonly TextFlag _logFile;
    private readonly IntegerFlag _logSizeLimit;
    private readonly BooleanFlag _logtime;
    private readonly BooleanFlag _logtimeUtc;
    private readonly BooleanFlag _syslog;
    private readonly TextFlag _remoteSyslog;
    private readonly BooleanFlag _debug;
    private readonly BooleanFlag _trace;
    private readonly BooleanFlag _verboseTrace;
    private readonly BooleanFlag _debugAndTrace;
    private readonly BooleanFlag _debugAndVerboseTrace;
    private readonly IntegerFlag _maxTracedMessageLength;

    private readonly BooleanFlag _jetStream;
    private readonly TextFlag _storeDir;

    private readonly TextFlag _user;
    private readonly TextFlag _password;
    private readonly TextFlag _token;

    private readonly BooleanFlag _tls;
    private readonly TextFlag _tlsCert;
    private readonly TextFlag _tlsKey;
    private readonly BooleanFlag _tlsVerify;
    private readonly TextFlag _tlsCaCert;

    private readonly TextFlag _routes;
    private readonly TextFlag _cluster;
    private readonly TextFlag _clusterName;
    private readonly BooleanFlag _noAdvertise;
    private readonly TextFlag _clusterAdvertise;
    private readonly IntegerFlag _connectRetries;

    private readonly IntegerFlag _profile;

    public ServerFlags()
    {
        _help = _set.Boolean("h", "help");
        _version = _set.Boolean("v", "version");
        _tlsHelp = _set.Boolean("help_tls");
        _check = _set.Boolean("t");
        _config = _set.Text("c", "config");
        _signal = _set.Text("sl", "signal");

        _host = _set.Text("a", "addr", "net");
        _port = _set.Integer("p", "port");
        _name = _set.Text("n", "name", "server_name");
        _clientAdvertise = _set.Text("client_advertise");
        _pidFile = _set.Text("P", "pid");
        _portsFileDir = _set.Text("ports_file_dir");
        _httpPort = _set.Integer("m", "http_port");
        _httpsPort = _set.Integer("ms", "https_port");

        _logFile = _set.Text("l", "log");
        _logSizeLimit = _set.Integer("log_size_limit");
        _logtime = _set.Boolean("T", "logtime");
        _logtimeUtc = _set.Boolean("logtime_utc");
        _syslog = _set.Boolean("s", "syslog");
        _remoteSyslog = _set.Text("r", "remote_syslog");
        _debug = _set.Boolean("D", "debug");
        _trace = _set.Boolean("V", "trace");
        _verboseTrace = _set.Boolean("VV");
        _debugAndTrace = _set.Boolean("DV");
        _debugAndVerboseTrace = _set.Boolean("DVV");
        _maxTracedMessageLength = _set.Integer("max_traced_msg_len");

        _jetStream = _set.Boolean("js", "jetstream");
        _storeDir = _set.Text("sd", "store_dir");

        _user = _set.Text("user");
        _password = _set.Text("pass");
        _token = _set.Text("auth");

        _tls = _set.Boolean("tls");
        _tlsCert = _set.Text("tlscert");
        _tlsKey = _set.Text("tlskey");
        _tlsVerify = _set.Boolean("tlsverify");
        _tlsCaCert = _set.Text("tlscacert");

        _routes = _set.Text("routes");
        _cluster = _set.Text("cluster", "cluster_listen");
        _clusterName = _set.Text("cluster_name");
        _noAdvertise = _set.Boolean("no_advertise");
        _clusterAdvertise = _set.Text("cluster_advertise");
        _connectRetries = _set.Integer("connect_retries");

        _profile = _set.Integer("profile");
    }

    /// <summary>All spellings, without dashes.</summary>
    public IEnumerable<string> Names => _set.Names;

    /// <summary>What follows the flags.</summary>
    public IReadOnlyList<string> Rest => _set.Rest;

    public bool ShowHelp => _help.Value;

    public bool ShowVersion => _version.Value;

    public bool ShowTlsHelp => _tlsHelp.Value;

    /// <summary><c>-t</c>: check the configuration file and exit.</summary>
    public bool CheckConfig => _check.Value;

    /// <summary>Empty: no file.</summary>
    public string ConfigFile => _config.Value;

    /// <summary><c>command[=target]</c>; empty: none.</summary>
    public string Signal => _signal.Value;

    /// <inheritdoc cref="FlagSet.Parse"/>
    public string? Parse(IReadOnlyList<string> arguments) => _set.Parse(arguments);

    /// <summary>The options the command line sets. An option it does not name stays null.</summary>
    public FlagOverrides ToOverrides()
    {
        var debug = Given(_debug);
        var trace = Given(_trace);
        bool? traceVerbose = null;
        // The combined flags come after the single ones, in the order of their names, wherever they stand on the command line.
        if (Given(_debugAndTrace) is { } debugAndTrace)
            debug = trace = debugAndTrace;
        if (Given(_debugAndVerboseTrace) is { } debugAndVerboseTrace)
            debug = trace = traceVerbose = debugAndVerboseTrace;
        if (Given(_verboseTrace) is { } verboseTrace)
            trace = traceVerbose = verboseTrace;

        return new FlagOverrides
        {
            Host = Given(_host),
            Port = Given(_port),
            ServerName = Given(_name),
            ClientAdvertise = Given(_clientAdvertise),
            PidFile = Given(_pidFile),
            PortsFileDir = Given(_portsFileDir),
            HttpPort = Given(_httpPort),
            HttpsPort = Given(_httpsPort),
            LogFile = Given(_logFile),
            LogSizeLimit = _logSizeLimit.IsGiven ? _logSizeLimit.Value : null,
            Logtime = Given(_logtime),
            LogtimeUtc = Given(_logtimeUtc),
            Syslog = Given(_syslog),
            RemoteSyslog = Given(_remoteSyslog),
            Debug = debug,
            Trace = trace,
            TraceVerbose = traceVerbose,
            MaxTracedMessageLength = Given(_maxTracedMessageLength),
            Username = Given(_user),
            Password = Given(_password),
            Token = Given(_token),
            JetStream = Given(_jetStream),
            StoreDir = Given(_storeDir),
            Tls = Given(_tls),
            TlsCert = Given(_tlsCert),
            TlsKey = Given(_tlsKey),
            TlsVerify = Given(_tlsVerify),
            TlsCaCert = Given(_tlsCaCert),
            Routes = Given(_routes),
            ClusterListen = Given(_cluster),
            ClusterName = Given(_clusterName),
            NoAdvertise = Given(_noAdvertise),
            ClusterAdvertise = Given(_clusterAdvertise),
            ConnectRetries = Given(_connectRetries),
            ProfilePort = Given(_profile),
        };
    }

    private static bool? Given(BooleanFlag flag) => flag.IsGiven ? flag.Value : null;

    private static string? Given(TextFlag flag) => flag.IsGiven ? flag.Value : null;

    // No option that is an int has a meaning beyond 32 bits: the nearest int is refused where the value is used, like the value itself.
    private static int? Given(IntegerFlag flag) => flag.IsGiven ? (int)Math.Clamp(flag.Value, int.MinValue, int.MaxValue) : null;
}
