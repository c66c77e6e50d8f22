using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary>Command lines that end by themselves: both servers say the same and end with the same code.</summary>
public sealed partial class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("-v")]
    [InlineData("--version")]
    [InlineData("version")]
    [InlineData("VERSION", "foo")]
    [InlineData("-max_traced_msg_len=1_000", "-p", "0x10", "-v")]
    [InlineData("-h", "-v")]
    [InlineData("foo")]
    [InlineData("-")]
    [InlineData("--", "foo")]
    [InlineData("")]
    [InlineData("-T", "false")]
    [InlineData("-T=false", "a\"b\n\u00e9")]
    [InlineData("-t")]
    [InlineData("-t=1", "-p", "-1")]
    [InlineData("-t", "-c", "none.conf")]
    [InlineData("-c", "none.conf")]
    [InlineData("-sl", "reload=1=2")]
    [InlineData("-sl", "reload=1=2=3")]
    [InlineData("-sl", "reload=abc")]
    [InlineData("-sl", "reload=a*")]
    [InlineData("--signal", "dance=2147483647")]
    [InlineData("--signal=stop=2147483647")]
    [InlineData("-p", "-1", "--log", "none/n.log")]
    [InlineData("-p", "-1", "--log", ".")]
    [InlineData("-p", "-1", "-r", "foo://x")]
    [InlineData("-p", "-1", "-r", "localhost:514")]
    [InlineData("-p", "-1", "-r", "tcp://127.0.0.1:1")]
    [InlineData("-p", "-1", "-r", "unix:///no/such/socket")]
    [InlineData("-p", "-1", "-n", "a b")]
    public async Task Says_the_same_as_the_reference(params string[] arguments)
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, arguments);
        Assert.Equal(reference.ErrorLines, ours.ErrorLines);
        Assert.Equal(reference.Output, ours.Output);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("-D", "--help")]
    [InlineData("--", "help")]
    [InlineData("-foo")]
    [InlineData("--foo=bar")]
    [InlineData("-p")]
    [InlineData("--user", "x", "--pass")]
    [InlineData("-p", "abc")]
    [InlineData("-p=08")]
    [InlineData("-p", "99999999999999999999")]
    [InlineData("--log_size_limit", "1k")]
    [InlineData("---p", "1")]
    [InlineData("-=3")]
    [InlineData("-T=foo")]
    [InlineData("-v", "-js=2")]
    public async Task Says_the_same_and_prints_the_usage_where_the_reference_does(params string[] arguments)
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, arguments);
        Assert.Equal(reference.Error, ours.Error);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
        Assert.StartsWith("\nUsage: nats-server [options]\n\nServer Options:\n", reference.Output, StringComparison.Ordinal);
        Assert.StartsWith("\nUsage: nats-server [options]\n\nServer Options:\n", ours.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_usage_lists_the_same_flags_in_the_same_order()
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-h");
        Assert.Equal(FlagsOf(reference.Output), FlagsOf(ours.Output));
        Assert.NotEmpty(FlagsOf(ours.Output));
    }

    [Fact]
    public async Task A_valid_configuration_is_called_valid_with_its_digest()
    {
        _folder.Write("ok.conf", "port: 4333\nmax_payload: 1KB\n");
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-t", "-c", "ok.conf");
        Assert.Contains("configuration file ok.conf is valid (sha256:", reference.Error, StringComparison.Ordinal);
        Assert.Equal(reference, ours);
    }

    [Theory]
    [InlineData("nonsense: 4333\n")]
    [InlineData("port: [\n")]
    [InlineData("")]
    public async Task An_invalid_configuration_fails_the_check(string text)
    {
        _folder.Write("bad.conf", text);
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-t", "-c", "bad.conf");
        Assert.Equal(1, reference.ExitCode);
        Assert.Equal(reference.ErrorLines, ours.ErrorLines);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Theory]
    [InlineData("-p", "-1", "-P", "none/pid")]
    [InlineData("-p", "70000")]
    [InlineData("-p", "-2")]
    [InlineData("-p", "-1", "-a", "1.2.3.4")]
    public async Task What_stops_a_start_is_the_last_line_of_the_log(params string[] arguments)
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, arguments);
        Assert.StartsWith("[FTL] ", reference.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(reference.ErrorLines[^1], ours.ErrorLines[^1]);
        Assert.DoesNotContain("[INF] Server Exiting..", ours.ErrorLines);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-a", "127.0.0.1", "-p", port);
        Assert.EndsWith("bind: address already in use\"", reference.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(reference.ErrorLines[^1], ours.ErrorLines[^1]);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Fact]
    public async Task Routes_without_a_cluster_are_refused()
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-p", "-1", "--routes", "nats://127.0.0.1:1");
        Assert.Equal(reference.ErrorLines[0], ours.ErrorLines[0]);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Theory]
    [InlineData("--tls")]
    [InlineData("--tlsverify")]
    [InlineData("--tlscert", "a")]
    [InlineData("--tls", "--tlscert", "a", "--tlskey", "b")]
    public async Task Flags_of_TLS_without_their_files_are_refused_alike(params string[] arguments)
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, ["-p", "-1", .. arguments]);
        Assert.Equal(reference.ErrorLines[0], ours.ErrorLines[0]);
        Assert.Equal(reference.ExitCode, ours.ExitCode);
    }

    [Theory]
    [InlineData("-ms", "-1")]
    [InlineData("-ms", "-1", "-m", "-1")]
    public async Task Monitoring_over_TLS_needs_TLS_and_a_port_of_its_own(params string[] arguments)
    {
        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, ["-a", "127.0.0.1", "-p", "-1", .. arguments]);
        Assert.Contains("Can't start monitoring: ", reference.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(After(reference.ErrorLines[^1]), After(ours.ErrorLines[^1]));
        Assert.Equal(reference.ExitCode, ours.ExitCode);

        static string After(string line) => line[line.IndexOf("Can't", StringComparison.Ordinal)..];
    }

    [Theory]
    [InlineData("clustering", "--cluster", "nats://127.0.0.1:-1")]
    [InlineData("clustering", "--cluster_name", "c")]
    [InlineData("clustering", "--no_advertise")]
    public async Task A_flag_of_a_subsystem_that_is_not_built_stops_the_start_and_names_it(string subsystem, params string[] arguments)
    {
        var ours = await CommandRun.OfAsync(OurServer.Path, _folder.Path, ["-p", "-1", .. arguments]);
        Assert.Equal(1, ours.ExitCode);
        Assert.Contains(subsystem, ours.Error, StringComparison.Ordinal);
        Assert.Contains("not built", ours.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // The flags of each line of the usage, without what follows them.
    private static IEnumerable<string> FlagsOf(string usage) => FlagLine().Matches(usage).Select(match => match.Value.Trim());

    [GeneratedRegex(@"(?<=^ +)-[A-Za-z_]+(?:, ?--?\w+)*|(?<=^ +)--\w+", RegexOptions.Multiline)]
    private static partial Regex FlagLine();
}
