namespace NATS.Server.Options;

/// <summary>
/// The command-line flags that set options. Null means that the flag was not given; a given flag wins over the file, at start and on every reload.
/// Flags that are commands (<c>-c</c>, <c>-t</c>, <c>-sl</c>, <c>-h</c>, <c>-v</c>) are the host's and not here. Immutable.
/// </summary>
public sealed record FlagOverrides
{
    /// <summary>No flag was given.</summary>
    public static FlagOverrides None { get; } = new();

    /// <summary><c>-a</c>, <c>--addr</c>, <c>--net</c></summary>
    public string? Host { get; init; }

    /// <summary><c>-p</c>, <c>--port</c>; 0 asks for the default, -1 for a random port.</summary>
    public int? Port { get; init; }

    /// <summary><c>-n</c>, <c>--name</c>, <c>--server_name</c></summary>
    public string? ServerName { get; init; }

    /// <summary><c>--client_advertise</c></summary>
    public string? ClientAdvertise { get; init; }

    /// <summary><c>-P</c>, <c>--pid</c></summary>
    public string? PidFile { get; init; }

    /// <summary><c>--ports_file_dir</c></summary>
    public string? PortsFileDir { get; init; }

    /// <summary><c>-m</c>, <c>--http_port</c></summary>
    public int? HttpPort { get; init; }

    /// <summary><c>-ms</c>, <c>--https_port</c></summary>
    public int? HttpsPort { get; init; }

    /// <summary><c>-l</c>, <c>--log</c></summary>
    public string? LogFile { get; init; }

    /// <summary><c>--log_size_limit</c>, bytes.</summary>
    public long? LogSizeLimit { get; init; }

    /// <summary><c>-T</c>, <c>--logtime</c></summary>
    public bool? Logtime { get; init; }

    /// <summary><c>--logtime_utc</c></summary>
    public bool? LogtimeUtc { get; init; }

    /// <summary><c>-s</c>, <c>--syslog</c></summary>
    public bool? Syslog { get; init; }

    /// <summary><c>-r</c>, <c>--remote_syslog</c></summary>
    public string? RemoteSyslog { get; init; }

    /// <summary><c>-D</c>, <c>--debug</c>; also set by <c>-DV</c> and <c>-DVV</c>.</summary>
    public bool? Debug { get; init; }

    /// <summary><c>-V</c>, <c>--trace</c>; also set by <c>-VV</c>, <c>-DV</c> and <c>-DVV</c>.</summary>
    public bool? Trace { get; init; }

    /// <summary>Set by <c>-VV</c> and <c>-DVV</c>.</summary>
    public bool? TraceVerbose { get; init; }

    /// <summary><c>--max_traced_msg_len</c>, bytes; 0 is unlimited.</summary>
    public int? MaxTracedMessageLength { get; init; }

    /// <summary><c>--user</c></summary>
    public string? Username { get; init; }

    /// <summary><c>--pass</c></summary>
    public string? Password { get; init; }

    /// <summary><c>--auth</c></summary>
    public string? Token { get; init; }

    /// <summary><c>-js</c>, <c>--jetstream</c></summary>
    public bool? JetStream { get; init; }

    /// <summary><c>-sd</c>, <c>--store_dir</c></summary>
    public string? StoreDir { get; init; }

    /// <summary><c>--tls</c></summary>
    public bool? Tls { get; init; }

    /// <summary><c>--tlscert</c></summary>
    public string? TlsCert { get; init; }

    /// <summary><c>--tlskey</c></summary>
    public string? TlsKey { get; init; }

    /// <summary><c>--tlsverify</c></summary>
    public bool? TlsVerify { get; init; }

    /// <summary><c>--tlscacert</c></summary>
    public string? TlsCaCert { get; init; }

    /// <summary><c>--routes</c>, comma separated URLs.</summary>
    public string? Routes { get; init; }

    /// <summary><c>--cluster</c>, <c>--cluster_listen</c></summary>
    public string? ClusterListen { get; init; }

    /// <summary><c>--cluster_name</c></summary>
    public string? ClusterName { get; init; }

    /// <summary><c>--cluster_advertise</c></summary>
    public string? ClusterAdvertise { get; init; }

    /// <summary><c>--no_advertise</c></summary>
    public bool? NoAdvertise { get; init; }

    /// <summary><c>--connect_retries</c></summary>
    public int? ConnectRetries { get; init; }

    /// <summary><c>--profile</c></summary>
    public int? ProfilePort { get; init; }

    /// <summary>Lays the given flags over <paramref name="options"/>.</summary>
    /// <param name="options">The options of the file, or the defaults.</param>
    /// <param name="errors">Receives one text per flag that asks for a subsystem that is not built.</param>
    internal ServerOptions Apply(ServerOptions options, OptionsDiagnostics errors)
    {
        RefuseUnbuilt(errors);
        return options with
        {
            Host = Host ?? options.Host,
            Port = Port ?? options.Port,
            ServerName = ServerName ?? options.ServerName,
            ClientAdvertise = ClientAdvertise ?? options.ClientAdvertise,
            PidFile = PidFile ?? options.PidFile,
            PortsFileDir = PortsFileDir ?? options.PortsFileDir,
            HttpPort = HttpPort ?? options.HttpPort,
            HttpsPort = HttpsPort ?? options.HttpsPort,
            ProfilePort = ProfilePort is null or 0 ? options.ProfilePort : ProfilePort.Value,
            Tls = TlsFlags.Apply(this, options.Tls, errors),
            LogFile = LogFile ?? options.LogFile,
            LogSizeLimit = LogSizeLimit ?? options.LogSizeLimit,
            Logtime = Logtime ?? options.Logtime,
            LogtimeUtc = LogtimeUtc ?? options.LogtimeUtc,
            Syslog = Syslog ?? options.Syslog,
            RemoteSyslog = RemoteSyslog ?? options.RemoteSyslog,
            Debug = Debug ?? options.Debug,
            Trace = Trace ?? options.Trace,
            TraceVerbose = TraceVerbose ?? options.TraceVerbose,
            MaxTracedMessageLength = MaxTracedMessageLength ?? options.MaxTracedMessageLength,
            JetStreamSettings = options.JetStreamSettings with
            {
                IsEnabled = JetStream ?? options.JetStreamSettings.IsEnabled,
                StoreDirectory = StoreDir is { Length: > 0 } ? StoreDir : options.JetStreamSettings.StoreDirectory,
            },
            Authorization = options.Authorization with
            {
                Username = Username ?? options.Authorization.Username,
                Password = Password ?? options.Authorization.Password,
                Token = Token ?? options.Authorization.Token,
            },
        };
    }

    /// <summary>Tells no secrets.</summary>
    public override string ToString() => nameof(FlagOverrides);

    private void RefuseUnbuilt(OptionsDiagnostics errors)
    {
        if (Routes is { Length: > 0 } && ClusterListen is not { Length: > 0 })
            errors.Error("solicited routes require cluster capabilities, e.g. --cluster");
        Refuse(Routes is { Length: > 0 }, "routes", "clustering");
        Refuse(ClusterListen is { Length: > 0 }, "cluster", "clustering");
        Refuse(ClusterName is { Length: > 0 }, "cluster_name", "clustering");
        Refuse(ClusterAdvertise is { Length: > 0 }, "cluster_advertise", "clustering");
        Refuse(NoAdvertise is true, "no_advertise", "clustering");
        Refuse(ConnectRetries is not (null or 0), "connect_retries", "clustering");

        void Refuse(bool isAsked, string flag, string subsystem)
        {
            if (isAsked) errors.Error($"--{flag}: {subsystem} is not built yet");
        }
    }
}
