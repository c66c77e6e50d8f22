using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Security;
using NATS.Server.Host.Explain;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class NatsConversationTests
{
    private const string Info = "INFO {\"server_id\":\"NID\",\"server_name\":\"east\",\"version\":\"2.15.1\",\"nonce\":\"abc\"} \r\n";
    private const string SystemInfo = "INFO {\"connect_info\":true,\"remote_account\":\"$SYS\",\"acc_is_sys\":true} \r\n";
    private static readonly (string, string) Welcome = ("PING\r\n", "PONG\r\n" + SystemInfo);
    private static readonly byte[] Question = "{}"u8.ToArray();

    [Fact]
    public async Task A_question_goes_out_and_its_answer_comes_back()
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", "MSG in.1 1 4\r\n{  }\r\n"));

        IReadOnlyList<byte[]> answers = await AskAsync(wire);

        Assert.Equal(["{  }"], Texts(answers));
        Assert.EndsWith("SUB in.1 1\r\nPUB ask in.1 2\r\n{}\r\n", wire.Heard, StringComparison.Ordinal);
        Assert.Null(wire.HeardBeforeTls);
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one()
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", "PING\r\n+OK\r\nHMSG in.1 1 12 15\r\nNATS/1.0\r\n\r\nabc\r\n")) { Piece = 1 };

        Assert.Equal(["abc"], Texts(await AskAsync(wire)));
        Assert.EndsWith("PONG\r\n", wire.Heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_larger_than_the_buffer_come_whole()
    {
        string large = new('x', 3_000_000);
        await using var wire = new FakeWire(Info, Welcome, ("PUB", $"MSG in.1 1 {large.Length}\r\n{large}\r\n"));

        Assert.Equal([large], Texts(await AskAsync(wire)));
    }

    [Fact]
    public async Task Nobody_who_listens_is_no_answer()
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", "HMSG in.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"));

        Assert.Empty(await AskAsync(wire));
    }

    [Fact]
    public async Task Several_servers_may_answer_until_it_is_quiet()
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", "MSG in.1 1 1\r\na\r\nMSG in.1 1 1\r\nb\r\n")) { Closes = true };

        Assert.Equal(["a", "b"], Texts(await AskAsync(wire, wantsAll: true)));
    }

    [Fact]
    public async Task The_account_is_known_once_the_server_has_said_it()
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", "MSG in.1 1 0\r\n\r\n"));
        NatsConversation conversation = await OpenAsync(wire);
        Assert.Equal(("NID", "east", "2.15.1", (bool?)null), (conversation.Server.Id, conversation.Server.Name, conversation.Server.Version, conversation.Server.IsSystemAccount));

        await conversation.AskAsync("ask", "in.1", Question, wantsAll: false, TestContext.Current.CancellationToken);

        Assert.Equal(("NID", "$SYS", true), (conversation.Server.Id, conversation.Server.Account, conversation.Server.IsSystemAccount));
    }

    [Theory]
    [InlineData("-ERR 'Authorization Violation'\r\n", "Authorization Violation")]
    [InlineData("-ERR 'Permissions Violation for Publish to \"ask\"'\r\n", "Permissions Violation for Publish to \"ask\"")]
    [InlineData("", "the server closed the connection")]
    [InlineData("MSG in.1 1 5\r\nabc", "the server closed the connection")]
    [InlineData("MSG in.1 1 99999999999\r\n", "it is no NATS server: it says MSG in.1 1 99999999999")]
    [InlineData("HMSG in.1 1 5 3\r\n", "it is no NATS server: it says HMSG in.1 1 5 3")]
    [InlineData("MSG\r\n", "it is no NATS server: it says MSG")]
    public async Task What_goes_wrong_with_a_question_is_said(string said, string problem)
    {
        await using var wire = new FakeWire(Info, Welcome, ("PUB", said)) { Closes = true };

        Assert.Equal(problem, (await Assert.ThrowsAsync<ExplainException>(() => AskAsync(wire))).Message);
    }

    [Theory]
    [InlineData("", "the server closed the connection")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "it is no NATS server: it says SSH-2.0-OpenSSH_9.2")]
    [InlineData("PING\r\n", "it is no NATS server: it does not begin with INFO")]
    [InlineData("INFO {\r\n", "the server's INFO cannot be read")]
    [InlineData("-ERR 'maximum connections exceeded'\r\n", "maximum connections exceeded")]
    public async Task What_is_no_server_is_said(string said, string problem)
    {
        await using var wire = new FakeWire(said) { Closes = true };

        Assert.Equal(problem, (await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(wire))).Message);
        Assert.True(wire.IsDisposed);
    }

    [Fact]
    public async Task Lines_without_end_are_not_waited_for()
    {
        await using var wire = new FakeWire(new string('x', 1_100_000));

        Assert.StartsWith("it is no NATS server: it says xxx", (await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(wire))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_said_nothing_of_himself_is_told_how_to()
    {
        (string, string) refusal = ("PING\r\n", "-ERR 'Authorization Violation'\r\n");
        await using var nobody = new FakeWire(Info, refusal);
        await using var somebody = new FakeWire(Info, refusal);

        Assert.Equal(
            "Authorization Violation: log in with --user and --password, --creds or --nkey", (await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(nobody))).Message);
        Assert.Equal("Authorization Violation", (await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(somebody, new NatsLogin { User = "u", Password = "p" }))).Message);
    }

    [Fact]
    public async Task A_user_logs_in_with_a_password_or_a_token()
    {
        JsonElement byPassword = await ConnectAsync(new NatsLogin { User = "u", Password = "p\"" });
        JsonElement byToken = await ConnectAsync(new NatsLogin { Token = "t" });

        Assert.Equal(("u", "p\""), (byPassword.GetProperty("user").GetString(), byPassword.GetProperty("pass").GetString()));
        Assert.Equal(("t", false), (byToken.GetProperty("auth_token").GetString(), byToken.TryGetProperty("user", out _)));
        Assert.True(byPassword.GetProperty("headers").GetBoolean() && byPassword.GetProperty("no_responders").GetBoolean() && !byPassword.GetProperty("verbose").GetBoolean());
    }

    [Fact]
    public async Task A_key_signs_what_the_server_asks_for()
    {
        NkeyPair key = NkeyPair.Create(NkeyRole.User, new byte[NkeyPair.SeedSize]);

        JsonElement alone = await ConnectAsync(new NatsLogin { Key = key });
        JsonElement withToken = await ConnectAsync(new NatsLogin { Key = key, Jwt = "a.b.c" });

        Assert.Equal(key.PublicKey.ToString(), alone.GetProperty("nkey").GetString());
        Assert.Equal(("a.b.c", false), (withToken.GetProperty("jwt").GetString(), withToken.TryGetProperty("nkey", out _)));
        Assert.All(new[] { alone, withToken }, connect => Assert.True(key.PublicKey.Verify("abc"u8, Base64Url.DecodeFromChars(connect.GetProperty("sig").GetString()))));
    }

    [Fact]
    public async Task A_server_that_asks_for_no_signature_gets_none()
    {
        await using var wire = new FakeWire("INFO {}\r\n");

        ExplainException problem = await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(wire, new NatsLogin { Key = NkeyPair.Create(NkeyRole.User, new byte[NkeyPair.SeedSize]) }));

        Assert.Equal(("nobody can log in with a key: the server asks for no signature", ""), (problem.Message, wire.Heard));
    }

    [Theory]
    [InlineData("INFO {\"tls_required\":true}\r\n", false, false, "", true)]
    [InlineData("INFO {\"tls_available\":true}\r\n", false, false, "", false)]
    [InlineData("INFO {\"tls_available\":true}\r\n", true, false, "", true)]
    [InlineData("", true, false, "INFO {}\r\n", true)]
    [InlineData("", true, true, "INFO {}\r\n", true)]
    public async Task Tls_begins_when_one_side_wants_it(string greeting, bool wantsTls, bool isFirst, string greetingOverTls, bool isSecured)
    {
        await using var wire = new FakeWire(greeting, Welcome) { GreetingOverTls = greetingOverTls };

        await NatsConversation.OpenAsync(wire, new NatsLogin { User = "u", Password = "p" }, wantsTls, isFirst, TestContext.Current.CancellationToken);

        Assert.Equal(isSecured ? "" : null, wire.HeardBeforeTls);
        Assert.Contains($"\"tls_required\":{(isSecured ? "true" : "false")}", wire.Heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INFO {}\r\n", "the server offers no TLS")]
    [InlineData("INFO {\"tls_required\":true}\r\nINFO {}\r\n", "the server went on in clear where TLS should begin")]
    public async Task No_password_is_said_in_clear_where_tls_is_wanted(string greeting, string problem)
    {
        await using var wire = new FakeWire(greeting, Welcome);

        ExplainException refused = await Assert.ThrowsAsync<ExplainException>(
            () => NatsConversation.OpenAsync(wire, new NatsLogin { User = "u", Password = "p" }, wantsTls: true, isTlsFirst: false, TestContext.Current.CancellationToken));

        Assert.Equal((problem, ""), (refused.Message, wire.Heard));
    }

    [Fact]
    public async Task A_server_that_wants_a_certificate_and_ends_without_is_why()
    {
        await using var wire = new FakeWire("INFO {\"tls_required\":true,\"tls_verify\":true}\r\n") { Closes = true };

        Assert.Equal("the server asks for a certificate: --tlscert and --tlskey", (await Assert.ThrowsAsync<ExplainException>(() => OpenAsync(wire))).Message);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_waited_for_no_longer_than_wanted()
    {
        using var deadline = new CancellationTokenSource();
        await using var wire = new FakeWire(Info, Welcome);
        NatsConversation conversation = await OpenAsync(wire);
        Task<IReadOnlyList<byte[]>> asked = conversation.AskAsync("ask", "in.1", Question, wantsAll: false, deadline.Token);

        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    private static IEnumerable<string> Texts(IEnumerable<byte[]> answers) => answers.Select(Encoding.UTF8.GetString);

    private static Task<NatsConversation> OpenAsync(FakeWire wire, NatsLogin? login = null) =>
        NatsConversation.OpenAsync(wire, login ?? NatsLogin.None, wantsTls: false, isTlsFirst: false, TestContext.Current.CancellationToken);

    private static async Task<IReadOnlyList<byte[]>> AskAsync(FakeWire wire, bool wantsAll = false) =>
        await (await OpenAsync(wire)).AskAsync("ask", "in.1", Question, wantsAll, TestContext.Current.CancellationToken);

    private static async Task<JsonElement> ConnectAsync(NatsLogin login)
    {
        await using var wire = new FakeWire(Info, Welcome);
        await OpenAsync(wire, login);
        string[] lines = wire.Heard.Split("\r\n");
        Assert.Equal("PING", lines[1]);
        Assert.StartsWith("CONNECT {", lines[0], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(lines[0]["CONNECT ".Length..]);
        return json.RootElement.Clone();
    }
}
