using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary><c>nats-server explain</c> logging in to the reference and to our server, where a client in the system account plays a server that answers.</summary>
public sealed class ExplainCommandTests(TestCertificates certificates) : IClassFixture<TestCertificates>, IDisposable
{
    private const string Accounts = """
        accounts {
          $SYS { users: [{user: s, password: s}, {user: mute, password: m, permissions: {publish: {deny: "$SYS.>"}}}, {user: deaf, password: d, permissions: {subscribe: "own.>"}}] }
          A { users: [{user: a, password: a}, {user: own, password: o, permissions: {publish: "own.>"}}] }
        }

        """;

    private const string Allowed = """
        {"server":{"name":"east","id":"NID"},"data":{"question":"publish","verdict":"allowed","summary":"alice may publish to orders.new.",
          "rule":{"name":"permissions.publish.allow","value":"orders.>","source":"user alice in account A"},
          "findings":[{"kind":"permission","text":"allow orders.> matches","decides":true},{"kind":"limit","text":"payload of 1 MB","refusal":"none yet"}],"hints":["Nothing to do."]}}
        """;

    private const string Denied = """{"server":{"name":"west","id":"NWEST"},"data":{"question":"publish","verdict":"denied","summary":"No."}}""";

    private const string Shown = """
        allowed: alice may publish to orders.new.
        Rule: permissions.publish.allow: orders.> (user alice in account A)

        > - allow orders.> matches
          x payload of 1 MB: none yet

        Hint: Nothing to do.

        """;

    // A server that is not there: what is asked of it reaches nobody but the test's own client.
    private static readonly string ServerId = NkeyPair.Create(NkeyRole.Server, new byte[NkeyPair.SeedSize]).ToString();

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Logins
    {
        get
        {
            var logins = new TheoryData<string, string, string>();
            foreach ((string config, string arguments) in new[]
            {
                ("", "-s nats://127.0.0.1:PORT --user s --password s"),
                ("", "-s nats://s:s@127.0.0.1:PORT"),
                ("", "--server=s:s@localhost:PORT"),
                ("", "-s nats://127.0.0.1:1,nats://s:s@127.0.0.1:PORT"),
                ("", "$NATS_URL=127.0.0.1:PORT $NATS_USER=s $NATS_PASSWORD=s"),
                ("", "-s nats://s:s@127.0.0.1:PORT --inbox-prefix own.inbox"),
                ("nkey", "-s nats://127.0.0.1:PORT --nkey SEED"),
                ("nkey", "-s nats://127.0.0.1:PORT $NATS_NKEY=SEED"),
                ("tls", "-s nats://s:s@localhost:PORT --tlsca CA"),
                ("tls", "-s tls://s:s@127.0.0.1:PORT $NATS_CA=CA"),
                ("tls verify", "-s tls://s:s@localhost:PORT --tlsca CA --tlscert CERT --tlskey KEY"),
                ("tls verify", "-s nats://s:s@localhost:PORT --tlsca CA $NATS_CERT=CHAIN $NATS_KEY=CHAINKEY"),
                ("tls first", "-s tls://s:s@localhost:PORT --tlsca CA"),
                ("tls first", "-s nats://s:s@localhost:PORT --tlsca CA --tlsfirst"),
            })
            {
                logins.Add("reference", config, arguments);
                logins.Add("ours", config, arguments);
            }

            return logins;
        }
    }

    [Theory]
    [MemberData(nameof(Logins))]
    public async Task Whoever_may_log_in_to_the_system_account_may_ask(string server, string config, string arguments)
    {
        await using ServerProcess process = await StartAsync(server, Accounts.Replace("$SYS { users: [", $"$SYS {{ users: [{{nkey: {UserKey}}}, ", StringComparison.Ordinal) + TlsOf(config));
        await using RawClient responder = await ConnectAsync(process.Port, config);
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, $"$SYS.REQ.SERVER.{ServerId}.EXPLAIN", Allowed);

        CommandRun run = await RunAsync(process.Port, $"publish orders.new --as alice --server-id {ServerId} {arguments}");

        Assert.Equal((0, "", Shown), (run.ExitCode, run.Error, run.Output));
        ReceivedMessage asked = await question;
        Assert.Equal("""{"question":"publish","subject":"orders.new","user":"alice"}""", asked.Payload);
        Assert.StartsWith(arguments.Contains("own", StringComparison.Ordinal) ? "own.inbox." : "_INBOX.", asked.Reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("ours")]
    public async Task A_user_of_an_operator_asks_with_a_file_of_credentials(string server)
    {
        var keys = new OperatorSetup();
        AccountSetup system = keys.AddAccount("SYS");
        AccountSetup other = keys.AddAccount("A");
        string credentials = _folder.Write("s.creds", system.AddUser("s").Credentials);
        string others = _folder.Write("a.creds", other.AddUser("a").Credentials);
        await using ServerProcess process = await StartAsync(server, keys.Configuration(system));
        await using RawClient responder = await RawClient.ConnectAsync(process.Port);
        using (JsonDocument info = JsonDocument.Parse((await responder.ReadLineAsync())["INFO ".Length..]))
            await responder.SendAsync($"CONNECT {system.AddUser("responder").Connect(info.RootElement.GetProperty("nonce").GetString()!)}\r\n");
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, $"$SYS.REQ.SERVER.{ServerId}.EXPLAIN", Allowed);

        CommandRun run = await RunAsync(process.Port, $"route a --server-id {ServerId} -s nats://127.0.0.1:PORT --creds {credentials}");
        CommandRun outside = await RunAsync(process.Port, $"route a -s nats://127.0.0.1:PORT $NATS_CREDS={others}");

        Assert.Equal((0, "", Shown), (run.ExitCode, run.Error, run.Output));
        Assert.Equal("""{"question":"route","subject":"a"}""", (await question).Payload);
        Assert.Equal((3, ""), (outside.ExitCode, outside.Output));
        Assert.Contains($": the user is in the account {other.Id} and not in the system account: nobody answered; ", outside.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "--user s --password x", 3, "ADDRESS: Authorization Violation")]
    [InlineData("", "", 3, "ADDRESS: Authorization Violation: log in with --user and --password, --creds or --nkey")]
    [InlineData("", "--user a --password a", 3, "ADDRESS: the user is in the account A and not in the system account: nobody answered; ask with a user of the account $SYS, or whichever is the system account")]
    [InlineData("", "--user mute --password m", 3, "ADDRESS: Permissions Violation for Publish to \"$SYS.REQ.SERVER.ID.EXPLAIN\"")]
    [InlineData("", "--user own --password o", 3, "ADDRESS: Permissions Violation for Publish to \"$SYS.REQ.SERVER.ID.EXPLAIN\": the user is in the account A and not in the system account")]
    [InlineData("", "--user deaf --password d", 3, "ADDRESS: Permissions Violation for Subscription to \"_INBOX.RANDOM\"")]
    [InlineData("", "--user s --password s", 3, "ADDRESS: no server with the id ID answered")]
    [InlineData("", "--user s --password s --tlsca CA", 3, "ADDRESS: the server offers no TLS")]
    [InlineData("", "--nkey SEED", 3, "ADDRESS: nobody can log in with a key: the server asks for no signature")]
    [InlineData("", "--nkey none.seed", 2, "open none.seed: no such file or directory")]
    [InlineData("", "--creds SEED", 2, "SEED: no JWT of a user between lines of dashes")]
    [InlineData("", "--tlsca none.pem", 2, "open none.pem: no such file or directory")]
    [InlineData("", "--tlscert CERT --tlskey none.pem", 2, "open none.pem: no such file or directory")]
    [InlineData("tls", "--user s --password s", 3, "ADDRESS: The remote certificate is invalid because of errors in the certificate chain: ")]
    [InlineData("tls", "--user s --password s --tlsca OTHER", 3, "ADDRESS: The remote certificate is invalid because of errors in the certificate chain: ")]
    [InlineData("tls verify", "--user s --password s --tlsca CA", 3, "ADDRESS: the server asks for a certificate: --tlscert and --tlskey")]
    public async Task Why_there_is_no_answer_is_said_in_a_line(string config, string arguments, int exitCode, string error)
    {
        foreach (string server in new[] { "reference", "ours" })
        {
            await using ServerProcess process = await StartAsync(server, Accounts + TlsOf(config));

            CommandRun run = await RunAsync(process.Port, $"route a --server-id {ServerId} -s nats://localhost:PORT {arguments}");

            string expected = "nats-server: " + Expand(error, process.Port).Replace("ADDRESS", $"nats://localhost:{process.Port}", StringComparison.Ordinal).Replace("ID.", ServerId + ".", StringComparison.Ordinal).Replace("id ID", "id " + ServerId, StringComparison.Ordinal);
            Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
            Assert.StartsWith(expected.Split("RANDOM")[0], run.Error, StringComparison.Ordinal);
            Assert.Equal(1, run.Error.Count(static letter => letter == '\n'));
        }
    }

    [Fact]
    public async Task A_server_of_go_does_not_know_the_question()
    {
        await using ServerProcess process = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = "server_name: east\n" + Accounts });

        CommandRun one = await RunAsync(process.Port, "connection 7 -s nats://s:s@127.0.0.1:PORT");
        CommandRun all = await RunAsync(process.Port, "connection 7 -s nats://s:s@127.0.0.1:PORT --all");

        string expected = $"nats-server: nats://127.0.0.1:{process.Port}: the server east (version 2.15.1) does not know the question: explain needs this server, nats-server of Go has no such request\n";
        Assert.Equal((3, "", expected), (one.ExitCode, one.Output, one.Error));
        Assert.Equal((3, "", expected), (all.ExitCode, all.Output, all.Error));
    }

    // Each kind of question, with a good and a bad answer; what it says is then done.
    [Fact]
    public async Task Our_server_answers_every_question()
    {
        await using ServerProcess process = await StartAsync("ours", Accounts);
        await using RawClient own = await RawClient.HandshakeAsync(process.Port, "CONNECT {\"verbose\":false,\"user\":\"own\",\"pass\":\"o\"}\r\n");
        await own.SendAsync("SUB own.* 1\r\n");
        await own.PingAsync();
        using JsonDocument info = JsonDocument.Parse(own.Received.Split("\r\n")[0]["INFO ".Length..]);
        ulong cid = info.RootElement.GetProperty("client_id").GetUInt64();

        await AskAsync("publish own.x --as own", 0, "allowed");
        await AskAsync("publish x --as own", 1, "denied");
        await AskAsync($"publish own.x --cid {cid}", 0, "allowed");
        await AskAsync("subscribe own.* --as own", 0, "allowed");
        await AskAsync("subscribe own.* --as strange", 1, "not_found");
        await AskAsync("route own.x --as own", 0, "delivered");
        await AskAsync("route own.x --account A", 0, "delivered");
        await AskAsync("route x --account A", 1, "nobody");
        await AskAsync($"connection {cid}", 0, "open");
        await AskAsync("connection --as own", 0, "open");
        await AskAsync("connection 4711", 1, "not_found");
        CommandRun consumer = await RunAsync(process.Port, "consumer S C --account A -s nats://s:s@127.0.0.1:PORT");
        Assert.Equal((1, ""), (consumer.ExitCode, consumer.Error));

        await own.SendAsync("PUB own.x 2\r\nhi\r\n");
        Assert.Equal("hi", (await own.ReadMessageAsync()).Payload);
        await own.SendAsync("PUB x 2\r\nhi\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"x\"'", await own.ReadLineAsync());

        async Task AskAsync(string question, int exitCode, string verdict)
        {
            CommandRun run = await RunAsync(process.Port, question + " -s nats://s:s@127.0.0.1:PORT");
            CommandRun json = await RunAsync(process.Port, question + " -json --all -s nats://s:s@127.0.0.1:PORT");

            Assert.Equal((exitCode, ""), (run.ExitCode, run.Error));
            Assert.StartsWith(verdict.Replace('_', ' ') + ": ", run.Output, StringComparison.Ordinal);
            using JsonDocument answer = JsonDocument.Parse(json.Output);
            Assert.Equal((question.Split(' ')[0], verdict), (answer.RootElement.GetProperty("data").GetProperty("question").GetString(), answer.RootElement.GetProperty("data").GetProperty("verdict").GetString()));
            Assert.Equal(info.RootElement.GetProperty("server_id").GetString(), answer.RootElement.GetProperty("server").GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_it_at_once()
    {
        CommandRun one = await RunAsync(1, "route a -s nats://u:secret@127.0.0.1:PORT");
        CommandRun several = await RunAsync(1, "route a -s nats://127.0.0.1:PORT,tls://[::1]:PORT");

        Assert.Equal((3, "", "nats-server: nats://127.0.0.1:1: connection refused\n"), (one.ExitCode, one.Output, one.Error));
        Assert.Equal((3, ""), (several.ExitCode, several.Output));
        Assert.StartsWith("nats-server: nats://127.0.0.1:1: connection refused; tls://[::1]:1: ", several.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_takes_too_long_is_given_up()
    {
        await using ServerProcess process = await StartAsync("ours", Accounts);
        await using RawClient silent = await ConnectAsync(process.Port, "");
        await silent.SendAsync($"SUB $SYS.REQ.SERVER.{ServerId}.EXPLAIN 1\r\n");
        await silent.PingAsync();

        CommandRun run = await RunAsync(process.Port, $"route a --server-id {ServerId} -s nats://s:s@127.0.0.1:PORT --timeout 300ms");

        Assert.Equal((3, "", $"nats-server: nats://127.0.0.1:{process.Port}: no answer in 300ms\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task A_bad_verdict_is_an_exit_code()
    {
        await using ServerProcess process = await StartAsync("reference", Accounts);
        await using RawClient responder = await ConnectAsync(process.Port, "");
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, $"$SYS.REQ.SERVER.{ServerId}.EXPLAIN", Denied);

        CommandRun run = await RunAsync(process.Port, $"subscribe a.> q --cid 7 --account A --server-id {ServerId} -json -s nats://s:s@127.0.0.1:PORT");

        Assert.Equal((1, "", """{"question":"publish","verdict":"denied","summary":"No."}""" + "\n"), (run.ExitCode, run.Error, run.Output));
        using JsonDocument asked = JsonDocument.Parse((await question).Payload);
        Assert.Equal("subscribe a.> q 7 A", string.Join(' ', new[] { "question", "subject", "queue", "cid", "account" }.Select(name => asked.RootElement.GetProperty(name).ToString())));
    }

    [Theory]
    [InlineData("""{"server":{},"error":{"code":400,"description":"subject required"}}""", 2, "nats-server: subject required\n")]
    [InlineData("""{"server":{},"error":{"code":500,"description":"not\u001b now"}}""", 3, "nats-server: not\\u001b now\n")]
    [InlineData("hello", 3, "nats-server: ADDRESS: the answer is no JSON\n")]
    public async Task An_answer_may_be_that_there_is_none(string answer, int exitCode, string error)
    {
        await using ServerProcess process = await StartAsync("reference", Accounts);
        await using RawClient responder = await ConnectAsync(process.Port, "");
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, $"$SYS.REQ.SERVER.{ServerId}.EXPLAIN", answer);

        CommandRun run = await RunAsync(process.Port, $"route a --server-id {ServerId} -s nats://s:s@127.0.0.1:PORT");

        await question;
        Assert.Equal((exitCode, "", error.Replace("ADDRESS", $"nats://127.0.0.1:{process.Port}", StringComparison.Ordinal)), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("--all", "Server west (NWEST)\ndenied: No.\n\nServer east (NID)\n")]
    [InlineData("--all -json", Denied + "\n{\"server\":{\"name\":\"east\",\"id\":\"NID\"},\"data\":{\"question\":\"publish\",\"verdict\":\"allowed\",")]
    public async Task All_servers_answer_for_themselves(string flags, string expected)
    {
        await using ServerProcess process = await StartAsync("reference", Accounts);
        await using RawClient responder = await ConnectAsync(process.Port, "");
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, "$SYS.REQ.SERVER.PING.EXPLAIN", Denied, Allowed);

        CommandRun run = await RunAsync(process.Port, $"publish a --as u -s nats://s:s@127.0.0.1:PORT {flags}");

        await question;
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(expected, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LANG=C.UTF-8", "\u001b[33m→\u001b[0m • \u001b[1mallow orders.> matches\u001b[0m\r\n")]
    [InlineData("LANG=C.UTF-8 NO_COLOR=1", "→ • allow orders.> matches\r\n  ✗ payload of 1 MB: none yet\r\n")]
    [InlineData("LANG=C NO_COLOR=1", "> - allow orders.> matches\r\n  x payload of 1 MB: none yet\r\n")]
    public async Task A_terminal_gets_what_it_can_show(string variables, string expected)
    {
        if (!File.Exists("/usr/bin/script")) throw new SkippedTestException("no script command, which makes terminals");
        await using ServerProcess process = await StartAsync("reference", Accounts);
        await using RawClient responder = await ConnectAsync(process.Port, "");
        Task<ReceivedMessage> question = await AnswerNextAsync(responder, $"$SYS.REQ.SERVER.{ServerId}.EXPLAIN", Allowed);

        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["TERM"] = "xterm", ["SHELL"] = "/bin/sh", ["LC_ALL"] = null, ["LC_CTYPE"] = null, ["NO_COLOR"] = null };
        foreach (string[] variable in variables.Split(' ').Select(static word => word.Split('='))) environment[variable[0]] = variable[1];
        CommandRun run = await CommandRun.OfAsync(
            "/usr/bin/script", _folder.Path, environment, "-qec", $"exec '{OurServer.Path}' explain publish a --as u --server-id {ServerId} -s nats://s:s@127.0.0.1:{process.Port}", "/dev/null");

        await question;
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.Equal(variables.Contains("NO_COLOR", StringComparison.Ordinal), !run.Output.Contains('\u001b'));
    }

    // The client has connected, so that the command line has been read.
    [Fact]
    public async Task Nobody_sees_a_password_on_the_command_line()
    {
        if (!OperatingSystem.IsLinux()) throw new SkippedTestException("no /proc, which shows command lines");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using Process process = Process.Start(new ProcessStartInfo(OurServer.Path, ["explain", "route", "a", "-s", $"nats://u:hidden@127.0.0.1:{port}", "--user", "u", "--password", "hidden"]) { UseShellExecute = false, RedirectStandardError = true })!;
        string shown;
        using (Socket accepted = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
            shown = await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline", TestContext.Current.CancellationToken);

        Assert.Equal("explain route a -s nats://********@127.0.0.1 --user * --password ******", string.Join(' ', shown.TrimEnd('\0').Split('\0')[1..]).Replace($":{port}", "", StringComparison.Ordinal));
        Assert.Equal($"nats-server: nats://127.0.0.1:{port}: the server closed the connection\n", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, process.ExitCode);
    }

    [Theory]
    [InlineData(2, "nats-server: flag provided but not defined: -nope\n\nUsage: nats-server explain <question> [options]\n", "route", "-nope")]
    [InlineData(2, "nats-server: what is asked? publish, subscribe, route, consumer or connection\n\nUsage: nats-server explain <question> [options]\n")]
    [InlineData(0, "", "--help")]
    public async Task The_usage_says_what_can_be_asked(int exitCode, string error, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(OurServer.Path, _folder.Path, ["explain", .. arguments]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith(error, run.Error, StringComparison.Ordinal);
        Assert.StartsWith(exitCode == 0 ? "\nUsage: nats-server explain <question> [options]\n" : "", run.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static NkeyPair UserPair => NkeyPair.Create(NkeyRole.User, new byte[NkeyPair.SeedSize]);

    private static string UserKey => UserPair.ToString();

    private static Task<ServerProcess> StartAsync(string server, string config)
    {
        var options = new ServerProcessOptions { Config = config };
        return server == "ours" ? OurServer.StartAsync(options) : ReferenceServer.StartAsync(options);
    }

    // Once this is done the first question will be answered with all texts, one message each.
    private static async Task<Task<ReceivedMessage>> AnswerNextAsync(RawClient responder, string subject, params string[] answers)
    {
        await responder.SendAsync($"SUB {subject} 1\r\n");
        await responder.PingAsync();
        return AnswerAsync();

        async Task<ReceivedMessage> AnswerAsync()
        {
            ReceivedMessage question = await responder.ReadMessageAsync();
            foreach (string answer in answers) await responder.SendAsync($"PUB {question.Reply} {answer.Length}\r\n{answer}\r\n");
            await responder.PingAsync();
            return question;
        }
    }

    private string TlsOf(string config) => config switch
    {
        "tls" => certificates.Config(),
        "tls verify" => certificates.Config($"verify: true\nca_file: \"{certificates.CaFile}\""),
        "tls first" => certificates.Config("handshake_first: true"),
        _ => "",
    };

    // As the user s, who may do everything in the system account.
    private async Task<RawClient> ConnectAsync(int port, string config)
    {
        RawClient client = await RawClient.ConnectAsync(port);
        try
        {
            if (config == "tls first") await client.UpgradeAsync();
            await client.ReadLineAsync();
            if (config is "tls" or "tls verify") await client.UpgradeAsync(certificates.Client.Certificate);
            await client.SendAsync("CONNECT {\"verbose\":false,\"user\":\"s\",\"pass\":\"s\"}\r\n");
            await client.PingAsync();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    // Words that begin with a dollar sign are variables of the environment.
    private Task<CommandRun> RunAsync(int port, string line)
    {
        string[] words = Expand(line, port).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string?> environment = words.Where(static word => word[0] == '$').Select(static word => word[1..].Split('=', 2)).ToDictionary(static pair => pair[0], static string? (pair) => pair[1], StringComparer.Ordinal);
        return CommandRun.OfAsync(OurServer.Path, _folder.Path, environment, ["explain", .. words.Where(static word => word[0] != '$')]);
    }

    private string Expand(string line, int port)
    {
        char[] seed = new char[NkeyPair.SeedTextLength];
        UserPair.ExportSeed(seed);
        (string Name, string File)[] files =
        [
            ("CHAINKEY", certificates.ChainedClient.KeyFile),
            ("CHAIN", _folder.Write("chain.pem", File.ReadAllText(certificates.ChainedClient.CertFile) + File.ReadAllText(certificates.IntermediateFile))),
            ("CERT", certificates.Client.CertFile),
            ("KEY", certificates.Client.KeyFile),
            ("CA", certificates.CaFile),
            ("OTHER", certificates.OtherCaFile),
            ("SEED", _folder.Write("user.seed", new string(seed))),
        ];
        IEnumerable<string> words = line.Replace("PORT", $"{port}", StringComparison.Ordinal).Split(' ').Select(word =>
        {
            string value = word[(word.LastIndexOf('=') + 1)..];
            string? file = files.FirstOrDefault(entry => entry.Name == value.TrimEnd(':')).File;
            return file is null ? word : word[..^value.Length] + file + (value.EndsWith(':') ? ":" : "");
        });
        return string.Join(' ', words);
    }
}
