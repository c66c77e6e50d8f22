using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.InteropTests.Monitoring;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary><c>nats-server top</c> looking at the reference and at our server.</summary>
public sealed partial class TopCommandTests(TestCertificates certificates) : IClassFixture<TestCertificates>, IDisposable
{
    private const string Delay = "0.2";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("server")]
    [InlineData("connections")]
    [InlineData("subscriptions")]
    [InlineData("streams")]
    public async Task Both_servers_are_shown_alike(string view)
    {
        await using MonitoredPair pair = await StartWithWorkAsync();

        (CommandRun reference, CommandRun ours) = await RunBothAsync(pair, "-o", "-", "-view", view, "-u");

        Assert.Equal((0, ""), (reference.ExitCode, reference.Error));
        Assert.Equal((0, ""), (ours.ExitCode, ours.Error));
        Assert.StartsWith("NATS server version 2.15.1 (uptime: ", ours.Output, StringComparison.Ordinal);
        Assert.Equal(WithoutNumbers(reference.Output), WithoutNumbers(ours.Output));
    }

    [Theory]
    [InlineData("server")]
    [InlineData("connections")]
    [InlineData("subscriptions")]
    [InlineData("streams")]
    public async Task Both_servers_give_the_same_fields(string view)
    {
        await using MonitoredPair pair = await StartWithWorkAsync();

        (CommandRun reference, CommandRun ours) = await RunBothAsync(pair, "-json", "-r", "2", "-view", view);

        string[] expected = reference.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] lines = ours.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((2, 2), (expected.Length, lines.Length));
        Assert.Equal(expected.Select(ShapeOf), lines.Select(ShapeOf));
        Assert.Contains("server.in_msgs_rate Number", ShapeOf(lines[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_shown_is_what_was_done()
    {
        await using MonitoredPair pair = await StartWithWorkAsync();

        CommandRun run = await RunAsync(pair.Ours, "-json", "-r", "1", "-view", "streams");

        using var look = JsonDocument.Parse(run.Output);
        JsonElement stream = Assert.Single(look.RootElement.GetProperty("streams").EnumerateArray());
        Assert.Equal(("ORDERS", 3, 3UL), (stream.GetProperty("name").GetString(), stream.GetProperty("messages").GetInt32(), stream.GetProperty("last_seq").GetUInt64()));
        JsonElement consumer = Assert.Single(stream.GetProperty("consumers").EnumerateArray());
        Assert.Equal(("billing", 3, 0), (consumer.GetProperty("name").GetString(), consumer.GetProperty("pending").GetInt32(), consumer.GetProperty("ack_pending").GetInt32()));
    }

    [Fact]
    public async Task Separated_values_have_the_columns_of_nats_top()
    {
        await using MonitoredPair pair = await StartWithWorkAsync();

        (CommandRun reference, CommandRun ours) = await RunBothAsync(pair, "-o", "-", "-l", ",");

        Assert.Equal(WithoutNumbers(reference.Output), WithoutNumbers(ours.Output));
        string[] lines = ours.Output.Split('\n');
        Assert.Equal("HOST,CID,NAME,SUBS,PENDING,MSGS_TO,MSGS_FROM,BYTES_TO,BYTES_FROM,LANG,VERSION,UPTIME,LAST_ACTIVITY", lines[7]);
        Assert.Equal(13, lines[8].Split(',').Length);
        Assert.Contains(",shop,", lines[8], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_takes_one_look()
    {
        await using MonitoredPair pair = await StartWithWorkAsync();

        CommandRun run = await RunAsync(pair.Ours, "-o", Path.Combine(_folder.Path, "look"));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        Assert.Contains("Connections Polled: 1 of 1, by cid\n", File.ReadAllText(Path.Combine(_folder.Path, "look")), StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(pair.Ours, "-o", Path.Combine(_folder.Path, "none", "look"))).ExitCode);
    }

    [Theory]
    [InlineData("-cacert CA", 0, "")]
    [InlineData("-k", 0, "")]
    [InlineData("", 1, "The remote certificate is invalid")]
    [InlineData("-cacert OTHER", 1, "The remote certificate is invalid")]
    [InlineData("-cacert none.pem", 2, "open none.pem: no such file or directory")]
    public async Task Https_is_trusted_as_far_as_said(string options, int exitCode, string error)
    {
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = "https: 127.0.0.1:-1\n" + certificates.Config() });
        string[] arguments = options.Replace("CA", certificates.CaFile, StringComparison.Ordinal).Replace("OTHER", certificates.OtherCaFile, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);

        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, ["top", "-ms", $"{server.MonitorPort}", "-d", Delay, "-o", "-", .. arguments]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode == 0, run.Output.StartsWith("NATS server version", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_it_at_once()
    {
        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, "top", "-m", "1");

        Assert.Equal((1, "", "nats-server: http://127.0.0.1:1/varz: connection refused\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData(2, "nats-server: flag provided but not defined: -nope\n\nUsage: nats-server top [options]\n", "-nope")]
    [InlineData(2, "nats-server: invalid option to sort by: luck\n\nUsage: nats-server top [options]\n", "-sort", "luck")]
    [InlineData(0, "", "--help")]
    public async Task The_usage_says_what_can_be_asked_for(int exitCode, string error, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, ["top", .. arguments]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith(error, run.Error, StringComparison.Ordinal);
        Assert.StartsWith(exitCode == 0 ? "\nUsage: nats-server top [options]\n" : "", run.Output, StringComparison.Ordinal);
    }

    // The screen outlives the server, keys work, and the terminal is given back.
    [Fact]
    public async Task A_terminal_shows_a_server_that_goes_and_comes_back()
    {
        if (!File.Exists("/usr/bin/script")) throw new SkippedTestException("no script command, which makes terminals");
        ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = "http: 127.0.0.1:-1" });
        int port = server.MonitorPort;
        await using var terminal = new TerminalRun(_folder.Path, $"'{OurServer.Path}' top -m {port} -d {Delay}");
        await terminal.UntilAsync("\u001b[?1049h\u001b[?25l");
        await terminal.UntilAsync("Connections Polled: 0 of 0");
        await terminal.UntilAsync("Msgs/Sec: 0.0");
        terminal.Type("1");
        await terminal.UntilAsync("Msgs in/s");
        await server.KillAsync();
        await server.DisposeAsync();
        await terminal.UntilAsync($"http://127.0.0.1:{port}/varz: connection refused");
        server = await OurServer.StartAsync(new ServerProcessOptions { Config = $"http: 127.0.0.1:{port}" });
        await using (server)
        {
            terminal.Type("2");
            await terminal.UntilAsync("Connections Polled: 0 of 0");
            terminal.Type("q");
            await terminal.UntilAsync("\u001b[0m\u001b[?25h\u001b[?1049l");
            Assert.Equal(0, await terminal.EndAsync());
        }
    }

    [Fact]
    public async Task Control_c_gives_the_terminal_back()
    {
        if (!File.Exists("/usr/bin/script")) throw new SkippedTestException("no script command, which makes terminals");
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = "http: 127.0.0.1:-1" });
        await using var terminal = new TerminalRun(_folder.Path, $"'{OurServer.Path}' top -m {server.MonitorPort} -d {Delay}");
        await terminal.UntilAsync("Connections Polled: 0 of 0");
        terminal.Type("\u0003");
        await terminal.UntilAsync("\u001b[0m\u001b[?25h\u001b[?1049l");
        Assert.Equal(0, await terminal.EndAsync());
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<MonitoredPair> StartWithWorkAsync()
    {
        MonitoredPair pair = await MonitoredPair.StartAsync("jetstream { store_dir: $FOLDER }");
        await pair.OnBoth(async server =>
        {
            RawClient client = await server.Connect("\"name\":\"shop\",\"lang\":\"python3\",\"version\":\"2.9.0\"", "SUB orders.* workers 7\r\nSUB answers 8\r\n");
            await PublishAsync(client, "$JS.API.STREAM.CREATE.ORDERS", """{"name":"ORDERS","subjects":["orders.>"],"storage":"memory"}""");
            await MonitoredPair.WaitFor(server, "/jsz", static json => json.GetProperty("streams").GetInt32() == 1);
            await PublishAsync(client, "$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.billing", """{"stream_name":"ORDERS","config":{"durable_name":"billing","ack_policy":"explicit"}}""");
            await MonitoredPair.WaitFor(server, "/jsz", static json => json.GetProperty("consumers").GetInt32() == 1);
            for (int i = 0; i < 3; i++) await PublishAsync(client, $"orders.{i}", "body");
            await MonitoredPair.WaitFor(server, "/jsz", static json => json.GetProperty("messages").GetInt32() == 3);
            await client.PingAsync();
        });
        return pair;
    }

    private static Task PublishAsync(RawClient client, string subject, string body) => client.SendAsync($"PUB {subject} answers {body.Length}\r\n{body}\r\n");

    private async Task<(CommandRun Reference, CommandRun Ours)> RunBothAsync(MonitoredPair pair, params string[] arguments) =>
        (await RunAsync(pair.Reference, arguments), await RunAsync(pair.Ours, arguments));

    private Task<CommandRun> RunAsync(MonitoredServer server, params string[] arguments) =>
        CommandRun.OfAsync(OurServer.Path, _folder.Path, ["top", "-m", $"{server.Process.MonitorPort}", "-d", Delay, .. arguments]);

    // Numbers with their units, ids and the width of columns differ from run to run; so does which subscription comes first.
    private static string WithoutNumbers(string text)
    {
        string plain = Spaces().Replace(Number().Replace(Id().Replace(text, "ID"), "#"), " ");
        return string.Join('\n', plain.Split('\n').Select(static line => line.Replace("answers, orders.*", "orders.*, answers", StringComparison.Ordinal)).OrderBy(static line => line.Contains("answers", StringComparison.Ordinal) ? 1 : 0));
    }

    private static string ShapeOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        var shape = new StringBuilder();
        Describe(json.RootElement, "", shape);
        return shape.ToString();
    }

    private static void Describe(JsonElement element, string path, StringBuilder shape)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject()) Describe(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", shape);
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray()) Describe(item, path + "[]", shape);
        }
        else
        {
            shape.Append(path).Append(' ').Append(element.ValueKind).Append('\n');
        }
    }

    [GeneratedRegex(@"\bN[A-Z2-7]{55}\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d [\d:]+Z|[\d.:]*\d+(?:[KMGTB]|m?s)?|(?<= )-(?= |$)|[▁▂▃▄▅▆▇█]+")]
    private static partial Regex Number();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    /// <summary>A command in a terminal of its own. Owned by one test.</summary>
    private sealed class TerminalRun : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _shown = new();
        private int _seen;

        // The command takes the place of the shell: one that waits for it dies of the same signals, or not, as it likes.
        public TerminalRun(string folder, string command)
        {
            var start = new ProcessStartInfo("/usr/bin/script", ["-qec", "exec " + command, "/dev/null"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                WorkingDirectory = folder,
                StandardOutputEncoding = Encoding.UTF8,
            };
            start.Environment["TERM"] = "xterm";
            start.Environment["SHELL"] = "/bin/sh";
            _process = Process.Start(start)!;
        }

        public void Type(string keys)
        {
            _process.StandardInput.Write(keys);
            _process.StandardInput.Flush();
        }

        /// <summary>Reads on until a text was shown.</summary>
        public async Task UntilAsync(string text)
        {
            using var deadline = new CancellationTokenSource(Timeout);
            char[] buffer = new char[4096];
            while (true)
            {
                string shown = _shown.ToString();
                if (shown.IndexOf(text, _seen, StringComparison.Ordinal) is >= 0 and int at)
                {
                    _seen = at + text.Length;
                    return;
                }

                int read = await ReadAsync(buffer, shown, text, deadline.Token);
                if (read == 0) throw new InvalidOperationException($"It ended without '{text}': {shown[_seen..]}");
                _shown.Append(buffer, 0, read);
            }
        }

        public async Task<int> EndAsync()
        {
            using var deadline = new CancellationTokenSource(Timeout);
            await _process.StandardOutput.ReadToEndAsync(deadline.Token);
            await _process.WaitForExitAsync(deadline.Token);
            return _process.ExitCode;
        }

        public ValueTask DisposeAsync()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<int> ReadAsync(char[] buffer, string shown, string text, CancellationToken deadline)
        {
            try
            {
                return await _process.StandardOutput.ReadAsync(buffer, deadline);
            }
            catch (OperationCanceledException problem)
            {
                throw new TimeoutException($"'{text}' was not shown: {shown[_seen..]}", problem);
            }
        }
    }
}
