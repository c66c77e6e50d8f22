using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class FlagOverridesTests
{
    private const string File = """
        listen: "10.0.0.1:4333"
        server_name: file
        client_advertise: "file:1"
        pid_file: file
        ports_file_dir: file
        http_port: 1
        log_file: file
        log_size_limit: 1
        logtime: true
        logtime_utc: true
        syslog: true
        remote_syslog: file
        debug: true
        trace_verbose: true
        max_traced_msg_len: 1
        authorization { user: file, password: file }
        jetstream { enabled: false, max_mem: 5 }
        """;

    public static TheoryData<FlagOverrides, Func<ServerOptions, object>, object> Flags => new()
    {
        { new FlagOverrides { Host = "flag" }, o => o.Host, "flag" },
        { new FlagOverrides { Port = 5 }, o => o.Port, 5 },
        { new FlagOverrides { Port = 0 }, o => o.Port, 4222 },
        { new FlagOverrides { ServerName = "flag" }, o => o.ServerName, "flag" },
        { new FlagOverrides { ClientAdvertise = "flag" }, o => o.ClientAdvertise, "flag" },
        { new FlagOverrides { PidFile = "flag" }, o => o.PidFile, "flag" },
        { new FlagOverrides { PortsFileDir = "" }, o => o.PortsFileDir, "" },
        { new FlagOverrides { HttpPort = 0 }, o => o.HttpPort, 0 },
        { new FlagOverrides { LogFile = "flag" }, o => o.LogFile, "flag" },
        { new FlagOverrides { LogSizeLimit = 2 }, o => o.LogSizeLimit, 2L },
        { new FlagOverrides { Logtime = false }, o => o.Logtime, false },
        { new FlagOverrides { LogtimeUtc = false }, o => o.LogtimeUtc, false },
        { new FlagOverrides { Syslog = false }, o => o.Syslog, false },
        { new FlagOverrides { RemoteSyslog = "flag" }, o => o.RemoteSyslog, "flag" },
        { new FlagOverrides { Debug = false }, o => o.Debug, false },
        { new FlagOverrides { Trace = false }, o => o.Trace, false },
        { new FlagOverrides { TraceVerbose = false }, o => o.TraceVerbose, false },
        { new FlagOverrides { MaxTracedMessageLength = 2 }, o => o.MaxTracedMessageLength, 2 },
        { new FlagOverrides { Username = "flag" }, o => (o.Authorization.Username, o.Authorization.Password), ("flag", "file") },
        { new FlagOverrides { Password = "flag" }, o => o.Authorization.Password, "flag" },
        { new FlagOverrides { Token = "flag" }, o => o.Authorization.Token, "flag" },
        { new FlagOverrides { JetStream = true }, o => o.JetStream is not null, true },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void A_flag_wins_over_the_file(FlagOverrides flags, Func<ServerOptions, object> read, object expected)
    {
        Assert.NotEqual(expected, read(Read(File)));
        Assert.Equal(expected, read(Read(File, flags)));
    }

    [Fact]
    public void A_flag_names_the_directory_of_JetStream_when_the_file_does_not()
    {
        Assert.Equal("flag", Read(File, new FlagOverrides { StoreDir = "flag" }).JetStreamSettings.StoreDirectory);
        Assert.EndsWith("Duplicate 'store_dir' configuration", Assert.Single(Load("store_dir: file", new FlagOverrides { StoreDir = "flag" }).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_flags_the_file_stays() => Assert.Equal(Shown(Read(File)), Shown(Read(File, new FlagOverrides())));

    [Fact]
    public void Flags_work_without_a_file()
    {
        var result = OptionsLoader.ForThisProcess.Load("", new FlagOverrides { Port = -1, Debug = true });
        Assert.Equal((-1, true, "", ""), (result.Options!.Port, result.Options.Debug, result.Options.ConfigFile, result.Digest));
        Assert.Empty(result.Warnings);
    }

    public static TheoryData<FlagOverrides, string> Unbuilt => new()
    {
        { new FlagOverrides { ClusterListen = "nats://x:1" }, "--cluster: clustering is not built yet" },
        { new FlagOverrides { ClusterName = "x" }, "--cluster_name: clustering is not built yet" },
        { new FlagOverrides { ClusterAdvertise = "x" }, "--cluster_advertise: clustering is not built yet" },
        { new FlagOverrides { NoAdvertise = true }, "--no_advertise: clustering is not built yet" },
        { new FlagOverrides { ConnectRetries = 1 }, "--connect_retries: clustering is not built yet" },
    };

    [Theory]
    [MemberData(nameof(Unbuilt))]
    public void A_flag_for_what_is_not_built_is_refused(FlagOverrides flags, string expected) => Assert.Equal([expected], Load(File, flags).Errors);

    [Fact]
    public void Routes_without_a_cluster_are_refused_as_the_reference_does() =>
        Assert.Equal("solicited routes require cluster capabilities, e.g. --cluster", Load(File, new FlagOverrides { Routes = "nats://x:1" }).Errors[0]);

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void Flags_that_switch_off_what_is_not_built_ask_for_nothing(bool? value) => Assert.NotNull(
        Read(File, new FlagOverrides { NoAdvertise = value, HttpsPort = 0, ConnectRetries = 0 }));

    [Fact]
    public void Switching_TLS_off_makes_its_other_flags_mean_nothing() => Assert.NotNull(Read(File, new FlagOverrides { Tls = false, TlsCert = "x", TlsKey = "y" }));

    private static string Shown(ServerOptions options) => (options with { Authorization = new AuthorizationOptions() }).ToString();
}
