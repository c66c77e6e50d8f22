using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.ServerTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.ServerTests.Auth;

/// <summary>Secrets are put wherever a client, a service or a configuration can say one, and looked for wherever the server says something.</summary>
public sealed partial class SecretsCanaryTests
{
    private const string Canary = "c4n4ry";

    private static readonly NkeyPair Alice = CalloutService.Pair(NkeyRole.User, 21);

    private static async Task<string> AnswerAsync(NatsServer server, string connect)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!);
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");
        try
        {
            await client.ReadUntilAsync("PONG\r\n");
        }
        catch (EndOfStreamException)
        {
            // Refused: what was said before is the answer.
        }

        return client.Received;
    }

    private static async Task<string> MonitorAsync(NatsServer server)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.MonitorEndPoint!.Port}/") };
        var all = new StringBuilder();
        foreach (string path in (string[])["varz", "connz?auth=true&state=all&subs=detail", "accountz", "subsz?subs=true", "healthz"])
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative));
            all.Append(await response.Content.ReadAsStringAsync());
        }

        return all.ToString();
    }

    private static string Seed(NkeyPair pair)
    {
        var text = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(text);
        return new string(text);
    }

    public static TheoryData<string> Connects =>
    [
        $$"""{"user":"u","pass":"{{Canary}}"}""",
        $$"""{"user":"u","pass":"{{Canary}}wrong"}""",
        $$"""{"user":"u","pass":"a,\"}{{Canary}}"}""",
        $$"""{"user":"u","p\u0061ss":"{{Canary}}"}""",
        $$"""{"user":"u","PASS":"{{Canary}}","Auth_Token":"{{Canary}}"}""",
        $$"""{"user":"u","pass":["{{Canary}}"]}""",
        "{\"user\":\"u\",\"pass\":{\"a\":\"" + Canary + "\"}}",
        $$"""{"user":"u","pass":"{{Canary}}" """,
        $$"""{"user":"u","p\u0061ss":"{{Canary}}" """,
        $$"""{"user":"u","password":"{{Canary}}","pass":1}""",
        $$"""{"auth_token":"{{Canary}}"}""",
        $$"""{"jwt":"{{Canary}}","sig":"{{Canary}}"}""",
        $$"""{"jwt":"eyJ0eXAiOiJKV1QifQ.{{Canary}}.x","user":"u","pass":"p"}""",
        $$"""{"nkey":"{{Alice}}","sig":"{{Canary}}"}""",
        $$"""{"user":"u","pass":"p","proxy_sig":"{{Canary}}"}""",
    ];

    [Theory]
    [MemberData(nameof(Connects))]
    public async Task What_a_client_keeps_secret_is_told_nobody(string connect)
    {
        using var log = new AllLines();
        await using NatsServer server = await NatsServer.StartAsync(
            new ServerOptions
            {
                Host = "127.0.0.1",
                Port = ServerOptions.RandomPort,
                HttpHost = "127.0.0.1",
                HttpPort = ServerOptions.RandomPort,
                EventLoops = 1,
                Debug = true,
                Trace = true,
                TraceVerbose = true,
                TrustedProxies = [CalloutService.Pair(NkeyRole.User, 22).ToString()],
                Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "u", Password = Canary }, new UserOptions { Username = "", Nkey = Alice.ToString() }] },
            },
            new NatsServerServices { LoggerFactory = log });

        string answer = await AnswerAsync(server, connect);

        Assert.DoesNotContain(Canary, answer, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, await MonitorAsync(server), StringComparison.Ordinal);
        Assert.Contains(log.All, static line => line.Contains("CONNECT", StringComparison.Ordinal));
        Assert.DoesNotContain(log.All, static line => line.Contains(Canary, StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, server.Options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_service_is_asked_and_answers_is_told_nobody()
    {
        using var log = new AllLines();
        await using NatsServer server = await NatsServer.StartAsync(
            new ServerOptions
            {
                Host = "127.0.0.1",
                Port = ServerOptions.RandomPort,
                HttpHost = "127.0.0.1",
                HttpPort = ServerOptions.RandomPort,
                EventLoops = 1,
                Debug = true,
                Authorization = new AuthorizationOptions
                {
                    Users = [new UserOptions { Username = "auth", Password = "p" }],
                    Callout = new AuthCalloutOptions { Issuer = CalloutService.Issuer.ToString(), AuthUsers = ["auth"] },
                },
            },
            new NatsServerServices { LoggerFactory = log });
        await using CalloutService service = await CalloutService.StartAsync(server.ClientEndPoint!.Port, "auth", "p");

        Task<string> refused = AnswerAsync(server, $$"""{"user":"joe","pass":"{{Canary}}","auth_token":"{{Canary}}"}""");
        CalloutRequestMessage request = await service.NextAsync();
        Assert.Equal(Canary, request.Claims.Connect.Password);
        await service.AnswerAsync(request, Encoding.ASCII.GetBytes(Canary));
        Assert.DoesNotContain(Canary, await refused, StringComparison.Ordinal);
        Task<string> accepted = AnswerAsync(server, $$"""{"user":"joe","pass":"{{Canary}}"}""");
        await service.AllowAsync(await service.NextAsync());
        Assert.Contains("PONG", await accepted, StringComparison.Ordinal);

        Assert.DoesNotContain(Canary, await MonitorAsync(server), StringComparison.Ordinal);
        Assert.DoesNotContain(log.All, static line => line.Contains(Canary, StringComparison.Ordinal));
    }

    // A token is as good as a password where its user is a bearer, so no token is shown, nor any signature.
    [Theory]
    [InlineData("user")]
    [InlineData("bearer")]
    [InlineData("sentinel")]
    [InlineData("wrong key")]
    [InlineData("revoked")]
    [InlineData("strange account")]
    [InlineData("broken")]
    public async Task Tokens_of_users_are_told_nobody(string who)
    {
        using var log = new AllLines();
        var setup = new OperatorSetup();
        AccountSetup account = setup.AddAccount("A");
        UserSetup bearer = account.AddUser("bearer", static claims => claims with { Rights = claims.Rights with { IsBearer = true } });
        UserSetup plain = account.AddUser("plain");
        UserSetup revoked = account.AddUser("revoked");
        account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [revoked.Id] = setup.Now }) });
        await using OperatorServer server = await OperatorServer.StartAsync(
            setup,
            change: options => options with
            {
                HttpHost = "127.0.0.1",
                HttpPort = ServerOptions.RandomPort,
                Debug = true,
                Trace = true,
                TraceVerbose = true,
                Operator = options.Operator with { DefaultSentinel = bearer.Token },
            },
            services: new NatsServerServices { LoggerFactory = log });
        UserSetup user = who switch
        {
            "bearer" => bearer,
            "sentinel" => bearer with { Token = "" },
            "wrong key" => plain with { Key = setup.NewKey(NkeyRole.User) },
            "revoked" => revoked,
            "strange account" => new OperatorSetup(first: 900).AddAccount("X").AddUser("x"),
            "broken" => plain with { Token = plain.Token[..^4] },
            _ => plain,
        };
        await using RawClient client = await server.DialAsync(user);
        await client.SendAsync("PING\r\n");
        string answer = await client.ReadUntilAsync("\r\n");
        Assert.Equal(who is "user" or "bearer" or "sentinel" or "broken" ? OperatorServer.Pong : OperatorServer.Violation, answer);

        // Header and claims may be guessed; what follows them is the signature, which makes a token of them.
        string[] secrets = [.. new[] { user.Token, bearer.Token }.Where(static token => token.Length > 0).Select(static token => token[(token.LastIndexOf('.') + 1)..])];
        string monitoring = await MonitorAsync(server.Server);
        Assert.Contains(log.All, static line => line.Contains("CONNECT", StringComparison.Ordinal));
        foreach (string secret in secrets)
        {
            Assert.DoesNotContain(secret, answer, StringComparison.Ordinal);

            // A token that needs a key beside it is shown as by the reference: whoever looks at monitoring cannot log in with it.
            if (bearer.Token.EndsWith(secret, StringComparison.Ordinal)) Assert.DoesNotContain(secret, monitoring, StringComparison.Ordinal);
            Assert.DoesNotContain(log.All, line => line.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, server.Server.Options.ToString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(log.All, static line => SignatureInConnect().IsMatch(line));
    }

    [Theory]
    [InlineData("authorization { user: u, password: c4n4ry, passwort: c4n4ry }")]
    [InlineData("authorization { users: [ { user: u, password: c4n4ry, nkey: c4n4ry } ] }")]
    [InlineData("authorization { token: c4n4ry, users: [ { user: u, password: c4n4ry } ] }")]
    [InlineData("authorization { users: [ { user: u, password: c4n4ry, permissions: { publish: 1 } } ] }")]
    [InlineData("authorization { user: u, password: [c4n4ry] }")]
    [InlineData("accounts { A: { users: [ { user: u, password: c4n4ry }, { user: u, password: c4n4ry } ] } }")]
    public void Errors_of_a_configuration_tell_no_passwords(string config)
    {
        LoadResult result = OptionsLoader.ForThisProcess.LoadText(config);

        Assert.NotEmpty(result.Errors);
        Assert.DoesNotContain(result.Errors.Concat(result.Warnings), static line => line.Contains("\"c4n4ry\"", StringComparison.Ordinal) && !line.Contains("nkey", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_and_options_tell_no_secrets()
    {
        string seed = Seed(Alice);

        Assert.DoesNotContain(seed, Alice.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, new UserOptions { Username = "u", Password = Canary }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, new AuthorizationOptions { Password = Canary, Token = Canary }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, new OperatorOptions { DefaultSentinel = Canary, Tokens = [Canary] }.ToString(), StringComparison.Ordinal);
    }

    [GeneratedRegex("""sig\\?":\\?"[A-Za-z0-9_-]{86}""")]
    private static partial Regex SignatureInConnect();

    /// <summary>Thread-safe. Keeps everything that is logged, at every level.</summary>
    private sealed class AllLines : ILoggerFactory, ILogger
    {
        private readonly LogLines _lines = new();

        public IReadOnlyList<string> All => _lines.All;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Log(logLevel, eventId, state, exception, formatter);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose() => _lines.Dispose();
    }
}
