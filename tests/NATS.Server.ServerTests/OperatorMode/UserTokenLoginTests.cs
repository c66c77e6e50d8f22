using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using static NATS.Server.ServerTests.OperatorMode.OperatorServer;

namespace NATS.Server.ServerTests.OperatorMode;

/// <summary>Who is let in by a token.</summary>
public sealed class UserTokenLoginTests
{
    private readonly OperatorSetup _operator = new();

    [Fact]
    public async Task A_user_of_a_known_account_logs_in_by_its_signature()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartAsync(_operator);

        Assert.Equal(Pong, await server.AnswerAsync(user));
        Assert.Equal(Violation, await server.AnswerAsync(user with { Key = _operator.NewKey(NkeyRole.User) }));
        Assert.Equal(Violation, await server.AnswerAsync(user with { Token = "" }));
        Assert.Equal(Violation, await server.AnswerAsync(_operator.AddAccount("unknown").AddUser("V")));
    }

    [Fact]
    public async Task Accounts_are_isolated()
    {
        AccountSetup one = _operator.AddAccount("A");
        AccountSetup other = _operator.AddAccount("B");
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient a = await server.LoginAsync(one.AddUser("a"));
        await using RawClient b = await server.LoginAsync(other.AddUser("b"));
        await using RawClient second = await server.LoginAsync(one.AddUser("c"));
        await a.SendAsync("SUB x 1\r\n");
        await a.PingAsync();
        await b.SendAsync("PUB x 1\r\nb\r\n");
        await b.PingAsync();
        await second.SendAsync("PUB x 1\r\nc\r\n");
        Assert.Equal("MSG x 1 1\r\nc\r\n", await a.ReadUntilAsync("c\r\n"));
    }

    [Fact]
    public async Task An_account_of_another_operator_is_refused()
    {
        var stranger = new OperatorSetup(first: 1000);
        AccountSetup foreign = stranger.AddAccount("F");
        await using OperatorServer server = await StartAsync(_operator, change: options => options with
        {
            Operator = options.Operator with { Preload = options.Operator.Preload.Append(new(foreign.Id, foreign.Token)).ToDictionary(StringComparer.Ordinal) },
        });
        Assert.Equal(Violation, await server.AnswerAsync(foreign.AddUser("U")));
    }

    [Fact]
    public async Task A_signing_key_signs_for_its_account_only()
    {
        NkeyPair key = _operator.NewKey(NkeyRole.Account);
        AccountSetup account = _operator.AddAccount("A", claims => claims with { SigningKeys = Keys(key, null) });
        AccountSetup other = _operator.AddAccount("B");
        UserSetup user = account.AddUser("U", claims => claims with { Rights = UserRights.Standard }, key);
        UserSetup foreign = other.AddUser("V", claims => claims with { Rights = UserRights.Standard }, key);
        await using OperatorServer server = await StartAsync(_operator);
        Assert.Equal(Pong, await server.AnswerAsync(user));
        Assert.Equal(Violation, await server.AnswerAsync(foreign));
    }

    [Fact]
    public async Task A_strict_operator_wants_signing_keys()
    {
        var keys = new OperatorSetup(first: 500);
        NkeyPair signer = keys.NewKey(NkeyRole.Operator);
        var strict = new OperatorSetup(claims => claims with { StrictSigningKeyUsage = true, SigningKeys = [signer.ToString()] });
        NkeyPair accountSigner = keys.NewKey(NkeyRole.Account);
        AccountSetup good = strict.AddAccount("A", claims => claims with { SigningKeys = Keys(accountSigner, null) }, signer);
        AccountSetup bad = strict.AddAccount("B");
        AccountSetup system = strict.AddAccount("S", null, signer);
        await using OperatorServer server = await StartAsync(strict, change: options => options with
        {
            SystemAccount = system.Id,
            Operator = options.Operator with { Preload = new[] { good, bad, system }.ToDictionary(account => account.Id, account => account.Token, StringComparer.Ordinal) },
        });

        Assert.Equal(Pong, await server.AnswerAsync(good.AddUser("U", claims => claims with { Rights = UserRights.Standard }, accountSigner)));
        Assert.Equal(Violation, await server.AnswerAsync(good.AddUser("V")));
        Assert.Equal(Violation, await server.AnswerAsync(bad.AddUser("W")));
    }

    [Fact]
    public async Task Bearers_need_no_signature_unless_their_account_forbids_it()
    {
        AccountSetup lenient = _operator.AddAccount("A");
        AccountSetup strict = _operator.AddAccount("B", claims => claims with { Limits = claims.Limits with { DisallowBearer = true } });
        await using OperatorServer server = await StartAsync(_operator);
        NkeyPair wrong = _operator.NewKey(NkeyRole.User);
        Assert.Equal(Pong, await server.AnswerAsync(lenient.AddUser("U", Bearer) with { Key = wrong }));
        Assert.Equal(Violation, await server.AnswerAsync(strict.AddUser("V", Bearer) with { Key = wrong }));
    }

    [Theory]
    [InlineData("exp", false)]
    [InlineData("nbf", false)]
    [InlineData("src-no", false)]
    [InlineData("src-yes", true)]
    [InlineData("type-no", false)]
    [InlineData("type-unknown", false)]
    [InlineData("type-yes", true)]
    [InlineData("times-no", false)]
    [InlineData("times-yes", true)]
    [InlineData("proxy", false)]
    [InlineData("bad-permission", false)]
    public async Task What_the_token_says_must_hold(string what, bool isLetIn)
    {
        AccountSetup account = _operator.AddAccount("A");
        long now = _operator.Now;
        DateTime hour = DateTime.UtcNow;
        UserSetup user = account.AddUser("U", claims => what switch
        {
            "exp" => claims with { Expires = now - 10 },
            "nbf" => claims with { NotBefore = now + 1000 },
            "src-no" => With(claims, rights => rights with { Sources = ["10.0.0.0/8"] }),
            "src-yes" => With(claims, rights => rights with { Sources = ["10.0.0.0/8", "127.0.0.0/8"] }),
            "type-no" => With(claims, rights => rights with { AllowedConnectionTypes = ["WEBSOCKET"] }),
            "type-unknown" => With(claims, rights => rights with { AllowedConnectionTypes = ["PIGEON"] }),
            "type-yes" => With(claims, rights => rights with { AllowedConnectionTypes = ["PIGEON", "standard"] }),
            "times-no" => With(claims, rights => rights with { Times = [new TimeRange(At(hour.AddHours(2)), At(hour.AddHours(3)))], TimeZone = "UTC" }),
            "times-yes" => With(claims, rights => rights with { Times = [new TimeRange(At(hour.AddHours(-1)), At(hour.AddHours(1)))], TimeZone = "UTC" }),
            "proxy" => With(claims, rights => rights with { IsProxyRequired = true }),
            _ => With(claims, rights => rights with { Permissions = new ClaimPermissions(new PermissionList(["a..b"], []), PermissionList.None) }),
        });
        await using OperatorServer server = await StartAsync(_operator);
        string answer = await server.AnswerAsync(user);
        Assert.Equal(isLetIn, answer == Pong);

        static string At(DateTime time) => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Permissions_and_limits_of_the_token_hold()
    {
        AccountSetup account = _operator.AddAccount("A", claims => claims with { DefaultPermissions = new ClaimPermissions(new PermissionList(["default"], []), PermissionList.None) });
        UserSetup user = account.AddUser("U", claims => With(claims, rights => rights with
        {
            Permissions = new ClaimPermissions(new PermissionList(["ok"], []), new PermissionList([], ["secret"])),
            Payload = 4,
            Subscriptions = 1,
        }));
        UserSetup plain = account.AddUser("V");
        await using OperatorServer server = await StartAsync(_operator);

        await using RawClient client = await server.LoginAsync(user);
        await client.SendAsync("PUB no 0\r\n\r\nSUB secret 1\r\nSUB a 2\r\nPING\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"no\"'\r\n-ERR 'Permissions Violation for Subscription to \"secret\"'\r\nPONG\r\n", await client.ReadUntilAsync("PONG\r\n"));
        await client.SendAsync("SUB b 3\r\n");
        Assert.Equal("-ERR 'maximum subscriptions exceeded'\r\n", await client.ReadUntilAsync("\r\n"), ignoreCase: true);

        await using RawClient large = await server.LoginAsync(user);
        await large.SendAsync("PUB ok 5\r\nhello\r\n");
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", await large.ReadToCloseAsync());

        await using RawClient other = await server.LoginAsync(plain);
        await other.SendAsync("PUB ok 0\r\n\r\nPUB default 0\r\n\r\nPING\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"ok\"'\r\nPONG\r\n", await other.ReadUntilAsync("PONG\r\n"));
    }

    [Fact]
    public async Task Scoped_users_get_the_rights_of_the_template()
    {
        NkeyPair key = _operator.NewKey(NkeyRole.Account);
        var scope = new SigningKeyScope
        {
            Key = key.ToString(),
            Template = UserRights.Standard with { Permissions = new ClaimPermissions(new PermissionList(["team.{{tag(team)}}.{{name()}}"], []), PermissionList.None) },
        };
        AccountSetup account = _operator.AddAccount("A", claims => claims with { SigningKeys = Keys(key, scope) });
        UserSetup user = account.AddUser("joe", claims => claims with { Tags = ["team:red"] }, key);
        UserSetup greedy = account.AddUser("jim", claims => claims with { Rights = UserRights.Standard }, key);
        await using OperatorServer server = await StartAsync(_operator);

        await using RawClient client = await server.LoginAsync(user);
        await client.SendAsync("PUB team.red.joe 0\r\n\r\nPUB team.blue.joe 0\r\n\r\nPING\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"team.blue.joe\"'\r\nPONG\r\n", await client.ReadUntilAsync("PONG\r\n"));
        Assert.Equal(Violation, await server.AnswerAsync(greedy));
    }

    [Fact]
    public async Task Revoked_users_are_refused()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        UserSetup other = account.AddUser("V");
        account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [user.Id] = _operator.Now }) });
        await using OperatorServer server = await StartAsync(_operator);
        Assert.Equal(Violation, await server.AnswerAsync(user));
        Assert.Equal(Pong, await server.AnswerAsync(other));
    }

    [Fact]
    public async Task Only_pinned_accounts_may_connect()
    {
        AccountSetup pinned = _operator.AddAccount("A");
        AccountSetup other = _operator.AddAccount("B");
        await using OperatorServer server = await StartAsync(_operator, change: options => options with { Operator = options.Operator with { PinnedAccounts = [pinned.Id] } });
        Assert.Equal(Pong, await server.AnswerAsync(pinned.AddUser("U")));
        Assert.Equal(Violation, await server.AnswerAsync(other.AddUser("V")));
        Assert.Equal(1, server.Server.NumPinnedAccountFailures);
        Assert.Equal(Pong, await server.AnswerAsync(server.System.AddUser("W")));
    }

    [Fact]
    public async Task The_sentinel_stands_for_those_without_a_token()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup sentinel = account.AddUser("U", Bearer);
        await using OperatorServer server = await StartAsync(_operator, change: options => options with { Operator = options.Operator with { DefaultSentinel = sentinel.Token } });
        Assert.Equal(Pong, await server.AnswerAsync(sentinel with { Token = "" }));
        Assert.Equal(Pong, await server.AnswerAsync(sentinel with { Token = "eyJhbGciOiJIUzI1NiJ9.e30.x" }));
    }

    // The key of the service's user is public: claiming it beside one's own token must not spare a client the service.
    [Theory]
    [InlineData("nkey")]
    [InlineData("user")]
    public async Task Nobody_passes_for_a_services_user_by_claiming_its_key(string field)
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup service = account.AddUser("service");
        UserSetup user = account.AddUser("U");
        account.Reissue(claims => claims with { Authorization = new ExternalAuthorization([service.Id], [], "") });
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient client = await RawClient.ConnectAsync(server.Server.ClientEndPoint!);
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        string connect = user.Connect(info.RootElement.GetProperty("nonce").GetString()!);
        await client.SendAsync($"CONNECT {connect[..^1]},\"{field}\":\"{service.Id}\"}}\r\nPING\r\n");
        Assert.Equal(Violation, await client.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task Users_of_an_authorization_service_are_not_let_in_without_it()
    {
        UserSetup? service = null;
        AccountSetup account = _operator.AddAccount("A");
        service = account.AddUser("service");
        account.Reissue(claims => claims with { Authorization = new ExternalAuthorization([service.Id], [], "") });
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartAsync(_operator);
        Assert.Equal(Pong, await server.AnswerAsync(service));
        Assert.Equal(Violation, await server.AnswerAsync(user));
    }

    [Fact]
    public async Task Connections_of_an_account_are_limited()
    {
        AccountSetup account = _operator.AddAccount("A", claims => claims with { Limits = claims.Limits with { Connections = 1 } });
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient first = await server.LoginAsync(account.AddUser("U"));
        Assert.Equal("-ERR 'maximum account active connections exceeded'\r\n", await server.AnswerAsync(account.AddUser("V")));
    }

    // More than 32 bits: not a small or negative number.
    [Fact]
    public async Task Large_limits_do_not_overflow()
    {
        AccountSetup account = _operator.AddAccount("A", claims => claims with { Limits = claims.Limits with { Connections = 1L << 32, Payload = (1L << 32) + 1, Subscriptions = long.MaxValue } });
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient client = await server.LoginAsync(account.AddUser("U"));
        await client.SendAsync("SUB a 1\r\nPUB a 5\r\nhello\r\n");
        Assert.Equal("MSG a 1 5\r\nhello\r\n", await client.ReadUntilAsync("hello\r\n"));
    }

    [Fact]
    public async Task A_server_does_not_start_without_its_system_account()
    {
        AccountSetup unknown = new OperatorSetup(first: 900).AddAccount("X");
        var problem = await Assert.ThrowsAsync<NatsServerException>(() => StartAsync(_operator, change: options => options with { SystemAccount = unknown.Id }));
        Assert.Equal("error resolving system account: account missing", problem.Message);
    }

    private static UserClaims Bearer(UserClaims claims) => With(claims, rights => rights with { IsBearer = true });

    private static UserClaims With(UserClaims claims, Func<UserRights, UserRights> change) => claims with { Rights = change(claims.Rights) };

    private static Dictionary<string, SigningKeyScope?> Keys(NkeyPair key, SigningKeyScope? scope) => new(StringComparer.Ordinal) { [key.ToString()] = scope };
}
