using System.Text.RegularExpressions;
using NATS.Server.Host.Flags;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Host.Flags;

public sealed partial class ServerFlagsTests
{
    [Fact]
    public void Without_flags_nothing_is_overridden() => Assert.Equal(FlagOverrides.None, Overrides());

    public static TheoryData<string, FlagOverrides> Flags => new()
    {
        { "-a h", new() { Host = "h" } },
        { "--addr h", new() { Host = "h" } },
        { "--net h", new() { Host = "h" } },
        { "-p -1", new() { Port = -1 } },
        { "--port 4333", new() { Port = 4333 } },
        { "-p 0", new() { Port = 0 } },
        { "-p 99999999999", new() { Port = int.MaxValue } },
        { "-n s", new() { ServerName = "s" } },
        { "--name s", new() { ServerName = "s" } },
        { "--server_name s", new() { ServerName = "s" } },
        { "-P f", new() { PidFile = "f" } },
        { "--pid f", new() { PidFile = "f" } },
        { "-m 8222", new() { HttpPort = 8222 } },
        { "--http_port 8222", new() { HttpPort = 8222 } },
        { "-ms 8443", new() { HttpsPort = 8443 } },
        { "--https_port 8443", new() { HttpsPort = 8443 } },
        { "--client_advertise h:1", new() { ClientAdvertise = "h:1" } },
        { "--ports_file_dir d", new() { PortsFileDir = "d" } },
        { "-l f", new() { LogFile = "f" } },
        { "--log f", new() { LogFile = "f" } },
        { "-T", new() { Logtime = true } },
        { "-T=false", new() { Logtime = false } },
        { "--logtime=false", new() { Logtime = false } },
        { "--logtime_utc", new() { LogtimeUtc = true } },
        { "-s", new() { Syslog = true } },
        { "--syslog", new() { Syslog = true } },
        { "-r udp://h:514", new() { RemoteSyslog = "udp://h:514" } },
        { "--remote_syslog udp://h:514", new() { RemoteSyslog = "udp://h:514" } },
        { "--log_size_limit 5000000000", new() { LogSizeLimit = 5_000_000_000 } },
        { "--max_traced_msg_len 10", new() { MaxTracedMessageLength = 10 } },
        { "-js", new() { JetStream = true } },
        { "--jetstream", new() { JetStream = true } },
        { "-sd d", new() { StoreDir = "d" } },
        { "--store_dir d", new() { StoreDir = "d" } },
        { "--user u", new() { Username = "u" } },
        { "--pass p", new() { Password = "p" } },
        { "--auth t", new() { Token = "t" } },
        { "--tls", new() { Tls = true } },
        { "--tls=false", new() { Tls = false } },
        { "--tlscert f", new() { TlsCert = "f" } },
        { "--tlskey f", new() { TlsKey = "f" } },
        { "--tlsverify", new() { TlsVerify = true } },
        { "--tlscacert f", new() { TlsCaCert = "f" } },
        { "--routes r", new() { Routes = "r" } },
        { "--cluster c", new() { ClusterListen = "c" } },
        { "--cluster_listen c", new() { ClusterListen = "c" } },
        { "--cluster_name n", new() { ClusterName = "n" } },
        { "--no_advertise", new() { NoAdvertise = true } },
        { "--cluster_advertise a", new() { ClusterAdvertise = "a" } },
        { "--connect_retries 3", new() { ConnectRetries = 3 } },
        { "--profile 65432", new() { ProfilePort = 65432 } },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void Every_flag_sets_its_option_and_nothing_else(string commandLine, FlagOverrides expected) => Assert.Equal(expected, Overrides(commandLine));

    public static TheoryData<string, bool?, bool?, bool?> Levels => new()
    {
        { "-D", true, null, null },
        { "--debug=false", false, null, null },
        { "-V", null, true, null },
        { "--trace", null, true, null },
        { "-VV", null, true, true },
        { "-DV", true, true, null },
        { "-DVV", true, true, true },
        { "-DV=false", false, false, null },
        { "-DV=false -D", false, false, null },
        { "-VV -DVV=false", false, true, true },
        { "-DVV=false -VV", false, true, true },
        { "-DV=false -VV", false, true, true },
    };

    [Theory]
    [MemberData(nameof(Levels))]
    public void Combined_level_flags_come_after_the_single_ones_wherever_they_stand(string commandLine, bool? debug, bool? trace, bool? traceVerbose) =>
        Assert.Equal(new FlagOverrides { Debug = debug, Trace = trace, TraceVerbose = traceVerbose }, Overrides(commandLine));

    [Fact]
    public void The_usage_text_lists_every_flag_and_no_other()
    {
        var listed = FlagColumn().Matches(UsageText.Usage).SelectMany(line => FlagName().Matches(line.Value)).Select(flag => flag.Groups[1].Value);
        Assert.Equal(new ServerFlags().Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("^    .{0,33}", RegexOptions.Multiline)]
    private static partial Regex FlagColumn();

    [GeneratedRegex(@"(?<=^\s+|[ ,])--?([A-Za-z_]+)")]
    private static partial Regex FlagName();

    private static FlagOverrides Overrides(string commandLine = "")
    {
        var flags = new ServerFlags();
        Assert.Null(flags.Parse(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return flags.ToOverrides();
    }
}
