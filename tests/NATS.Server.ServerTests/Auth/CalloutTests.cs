using System.Text;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Auth;

/// <summary>A server with an authorization service.</summary>
public sealed class CalloutTests
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    private static ServerOptions Options(Func<AuthCalloutOptions, AuthCalloutOptions>? change = null)
    {
        var callout = new AuthCalloutOptions { Issuer = CalloutService.Issuer.ToString(), Account = "AUTH", AuthUsers = ["auth"] };
        return new ServerOptions
        {
            Host = "127.0.0.1",
            Port = ServerOptions.RandomPort,
            EventLoops = 1,
            Authorization = new AuthorizationOptions { IsDefined = true, Timeout = TimeSpan.FromSeconds(15), Callout = change?.Invoke(callout) ?? callout },
            Accounts =
            [
                new AccountOptions { Name = "AUTH", Users = [new UserOptions { Username = "auth", Password = "p" }, new UserOptions { Username = "other", Password = "p" }] },
                new AccountOptions { Name = "APP", Users = [new UserOptions { Username = "app", Password = "p" }] },
            ],
        };
    }

    private static async Task<RawClient> DialAsync(NatsServer server, string connect = """{"verbose":false,"user":"joe","pass":"secret","name":"n","lang":"l","version":"1"}""")
    {
        RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!);
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");
        return client;
    }

    private static Task<CalloutService> ServeAsync(NatsServer server) => CalloutService.StartAsync(server.ClientEndPoint!.Port, "auth", "p");

    [Fact]
    public async Task The_service_lets_a_client_in_and_says_who_and_where_it_is()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await DialAsync(server);

        CalloutRequestMessage request = await service.NextAsync();
        Assert.Equal((server.ServerId, "nats-authorization-request", CalloutService.Issuer.ToString()), (request.Claims.Issuer, request.Claims.Audience, request.Claims.Subject));
        Assert.Equal(("joe", "secret", "n"), (request.Claims.Connect.Username, request.Claims.Connect.Password, request.Claims.Connect.Name));
        Assert.Equal(("127.0.0.1", "joe", "Client", "nats"), (request.Claims.Client.Host, request.Claims.Client.User, request.Claims.Client.Kind, request.Claims.Client.Type));
        Assert.Equal("", request.ServerKey);
        await service.AllowAsync(request, static user => user with
        {
            Name = "Joe",
            Audience = "APP",
            Rights = user.Rights with { Permissions = new ClaimPermissions(new PermissionList(["ok"], []), PermissionList.None) },
        });

        await client.ExpectAsync("PONG\r\n");
        await client.SendAsync("SUB a 1\r\nPUB no 0\r\n\r\nPING\r\n");
        Assert.Contains("Permissions Violation for Publish to \"no\"", await client.ReadUntilAsync("PONG\r\n"), StringComparison.Ordinal);
        await using RawClient app = await DialAsync(server, """{"verbose":false,"user":"app","pass":"p"}""");
        await service.AllowAsync(await service.NextAsync(), static user => user with { Audience = "APP" });
        await app.ExpectAsync("PONG\r\n");
        await app.SendAsync("PUB a 2\r\nhi\r\n");
        await client.ExpectAsync("MSG a 1 2\r\nhi\r\n");
    }

    [Fact]
    public async Task An_encrypted_request_is_answered_plainly_or_encrypted()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options(static callout => callout with { XKey = CalloutService.Curve.ToString() }));
        await using CalloutService service = await ServeAsync(server);

        await using RawClient plain = await DialAsync(server);
        CalloutRequestMessage request = await service.NextAsync();
        Assert.Equal(request.Claims.Server.XKey, request.ServerKey);
        Assert.NotEqual("", request.ServerKey);
        await service.AllowAsync(request);
        await plain.ExpectAsync("PONG\r\n");

        await using RawClient secret = await DialAsync(server);
        request = await service.NextAsync();
        var user = new UserClaims { Subject = request.Claims.UserNkey, Audience = "$G", Rights = UserRights.Standard };
        string jwt = JwtToken.Encode(user, CalloutService.Issuer, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var response = new AuthorizationResponseClaims { Subject = user.Subject, Audience = server.ServerId, Jwt = jwt };
        byte[] text = Encoding.ASCII.GetBytes(JwtToken.Encode(response, CalloutService.Issuer, DateTimeOffset.UtcNow.ToUnixTimeSeconds()));
        Assert.True(Nkey.TryParse(request.ServerKey, NkeyRole.Curve, out Nkey serverKey));
        Assert.True(CalloutService.Curve.TrySeal(text, serverKey, new byte[24], out byte[]? box));
        await service.AnswerAsync(request, box);
        await secret.ExpectAsync("PONG\r\n");
    }

    public static TheoryData<string> WrongAnswers => ["empty", "garbage", "error", "other issuer", "other user", "other subject", "other server", "expired", "not yet", "issuer account", "no account", "type", "source"];

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task A_wrong_answer_lets_nobody_in(string what)
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await DialAsync(server);
        CalloutRequestMessage request = await service.NextAsync();
        string stranger = CalloutService.Pair(NkeyRole.User, 99).ToString();
        await (what switch
        {
            "empty" => service.AnswerAsync(request, default),
            "garbage" => service.AnswerAsync(request, "garbage"u8.ToArray()),
            "error" => service.DenyAsync(request, "no"),
            "other issuer" => service.AllowAsync(request, signer: CalloutService.Pair(NkeyRole.Account, 98)),
            "other user" => service.AllowAsync(request, user => user with { Subject = stranger }),
            "other subject" => service.AllowAsync(request, changeResponse: response => response with { Subject = stranger }),
            "other server" => service.AllowAsync(request, changeResponse: static response => response with { Audience = CalloutService.Pair(NkeyRole.Server, 1).ToString() }),
            "expired" => service.AllowAsync(request, static user => user with { Expires = 1 }),
            "not yet" => service.AllowAsync(request, static user => user with { NotBefore = 32503680000 }),
            "issuer account" => service.AllowAsync(request, static user => user with { IssuerAccount = CalloutService.Issuer.ToString() }),
            "no account" => service.AllowAsync(request, static user => user with { Audience = "NONE" }),
            "type" => service.AllowAsync(request, static user => user with { Rights = user.Rights with { AllowedConnectionTypes = ["MQTT"] } }),
            _ => service.AllowAsync(request, static user => user with { Rights = user.Rights with { Sources = ["10.0.0.0/8"] } }),
        });

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task The_services_own_users_are_not_delegated_and_nobody_may_make_up_requests()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using CalloutService service = await ServeAsync(server);
        await service.Client.SendAsync("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n");
        await service.Client.ExpectAsync("-ERR 'Permissions Violation for Publish to \"$SYS.REQ.USER.AUTH\"'\r\n");

        await using RawClient other = await DialAsync(server);
        await service.AllowAsync(await service.NextAsync(), static user => user with { Audience = "AUTH" });
        await other.ExpectAsync("PONG\r\n");
        await other.SendAsync("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n");
        await other.ExpectAsync("-ERR 'Permissions Violation for Publish to \"$SYS.REQ.USER.AUTH\"'\r\n");
    }

    [Fact]
    public async Task Users_of_accounts_that_are_not_delegated_log_in_as_configured()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options(static callout => callout with { AllowedAccounts = ["OTHER"] }));
        await using RawClient app = await DialAsync(server, """{"verbose":false,"user":"app","pass":"p"}""");

        await app.ExpectAsync("PONG\r\n");
    }

    [Fact]
    public async Task Without_a_service_nobody_gets_in()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using RawClient client = await DialAsync(server);

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    // A key is not looked at when the name and the password decide: it must not say who the client is either.
    [Theory]
    [InlineData("""{"verbose":false,"user":"app","pass":"p","nkey":"auth"}""")]
    [InlineData("""{"verbose":false,"user":"app","pass":"p","auth_token":"auth","jwt":"auth"}""")]
    public async Task Nobody_passes_for_the_services_user_by_claiming_its_name_beside_good_credentials(string connect)
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using RawClient client = await DialAsync(server, connect);

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task Whom_the_service_put_into_an_account_that_a_reload_takes_out_has_to_leave()
    {
        ServerOptions options = Options();
        await using NatsServer server = await NatsServer.StartAsync(options with { Accounts = [.. options.Accounts, new AccountOptions { Name = "GONE" }] });
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await DialAsync(server);
        await service.AllowAsync(await service.NextAsync(), static user => user with { Audience = "GONE", Name = "joe" });
        await client.ExpectAsync("PONG\r\n");

        Assert.Empty(server.Reload(options).Errors);

        Assert.Equal("", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_service_that_does_not_answer_lets_nobody_in()
    {
        ServerOptions options = Options();
        await using NatsServer server = await NatsServer.StartAsync(options with { Authorization = options.Authorization with { Timeout = TimeSpan.FromMilliseconds(300) } });
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await DialAsync(server);

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    // 544a1ec0d: a client that begins with PING became the user for such without the service, and stayed beyond its expiry.
    [Fact]
    public async Task A_client_that_begins_with_ping_is_delegated_as_well_and_expires()
    {
        ServerOptions options = Options() with { NoAuthUser = "app" };
        await using NatsServer server = await NatsServer.StartAsync(options);
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!);
        await client.ReadLineAsync();
        await client.SendAsync("PING\r\n");

        CalloutRequestMessage request = await service.NextAsync();
        Assert.Equal("app", request.Claims.Connect.Username);
        await service.AllowAsync(request, static user => user with { Expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 2 });
        Assert.Equal("PONG\r\n-ERR 'User Authentication Expired'\r\n", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_reload_keeps_those_whom_the_service_let_in()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options());
        await using CalloutService service = await ServeAsync(server);
        await using RawClient client = await DialAsync(server);
        await service.AllowAsync(await service.NextAsync(), static user => user with { Audience = "APP", Name = "joe" });
        await client.ExpectAsync("PONG\r\n");

        Assert.Empty(server.Reload(server.Options).Errors);

        Assert.Equal("PONG\r\n", await client.PingAsync());
    }
}
