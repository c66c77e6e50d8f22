using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>The same authorization service before the reference server and before ours: both ask the same, and believe the same.</summary>
public sealed class CalloutInteropTests(CalloutInteropTests.Pair servers, CalloutInteropTests.EncryptedPair encrypted)
    : IClassFixture<CalloutInteropTests.Pair>, IClassFixture<CalloutInteropTests.EncryptedPair>
{
    private const string Connect = """CONNECT {"verbose":false,"user":"joe","pass":"secret","auth_token":"t","name":"n","lang":"l","version":"1.2","protocol":1}""";

    public static TheoryData<string> Servers => new(ServerPair.Names);

    private static string Config(string extra) => $$"""
        authorization {
          timeout: 10
          users: [ { user: auth, password: p }, { user: plain, password: p } ]
          auth_callout { issuer: {{CalloutService.Issuer}}, auth_users: [auth] {{extra}} }
        }
        accounts { APP: { users: [ { user: app, password: p } ] } }
        """;

    private static async Task<RawClient> DialAsync(ServerProcess server, string connect)
    {
        RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendAsync(connect + "\r\nPING\r\n");
        return client;
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task The_request_says_the_same(string name)
    {
        ServerProcess server = await servers.StartedAsync(name);
        await using CalloutService service = await CalloutService.StartAsync(server.Port, "auth", "p");
        await using RawClient client = await DialAsync(server, Connect);
        CalloutRequestMessage request = await service.NextAsync();
        AuthorizationRequestClaims claims = request.Claims;

        Assert.StartsWith("$SYS._INBOX.", request.Reply, StringComparison.Ordinal);
        Assert.Equal(("nats-authorization-request", CalloutService.Issuer.ToString(), claims.Issuer), (claims.Audience, claims.Subject, claims.Server.Id));
        Assert.Equal(("2.15.1", "", "0.0.0.0".Length > 0), (claims.Server.Version, claims.Server.XKey, claims.Server.Host.Length > 0));
        Assert.Equal(("127.0.0.1", "joe", "n", "Client", "nats", ""), (claims.Client.Host, claims.Client.User, claims.Client.Name, claims.Client.Kind, claims.Client.Type, claims.Client.Nonce));
        Assert.Equal(("joe", "secret", "t", "n", "l", "1.2", 1L), (claims.Connect.Username, claims.Connect.Password, claims.Connect.Token, claims.Connect.Name, claims.Connect.Language, claims.Connect.Version, claims.Connect.Protocol));
        Assert.Equal(("", "", ""), (claims.Connect.Jwt, claims.Connect.Nkey, claims.Connect.SignedNonce));
        Assert.True(Nkey.IsValid(claims.UserNkey, NkeyRole.User));
        Assert.Equal(10, claims.Expires - claims.IssuedAt);
        Assert.Null(claims.Tls);
        await service.AllowAsync(request);
        await client.ExpectAsync("PONG\r\n");
    }

    public static TheoryData<string, string> Answers
    {
        get
        {
            var data = new TheoryData<string, string>();
            string[] answers =
            [
                "allowed", "named", "other account", "empty", "garbage", "error", "other issuer", "other user", "other subject", "other server", "expired", "expires",
                "not yet", "issuer account", "no account", "no audience", "unknown type", "permissions", "proxy",
            ];
            foreach (string answer in answers)
            {
                foreach (string server in ServerPair.Names) data.Add(server, answer);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answers_are_believed_alike(string name, string answer)
    {
        ServerProcess server = await servers.StartedAsync(name);
        await using CalloutService service = await CalloutService.StartAsync(server.Port, "auth", "p");
        await using RawClient client = await DialAsync(server, Connect);
        CalloutRequestMessage request = await service.NextAsync();
        string stranger = CalloutService.Pair(NkeyRole.User, 99).ToString();
        bool isAllowed = answer is "allowed" or "named" or "other account" or "expires" or "permissions";
        await (answer switch
        {
            "named" => service.AllowAsync(request, static user => user with { Name = "Joe" }),
            "other account" => service.AllowAsync(request, static user => user with { Audience = "APP" }),
            "empty" => service.AnswerAsync(request, default),
            "garbage" => service.AnswerAsync(request, "garbage"u8.ToArray()),
            "error" => service.DenyAsync(request, "no"),
            "other issuer" => service.AllowAsync(request, signer: CalloutService.Pair(NkeyRole.Account, 98)),
            "other user" => service.AllowAsync(request, user => user with { Subject = stranger }),
            "other subject" => service.AllowAsync(request, changeResponse: response => response with { Subject = stranger }),
            "other server" => service.AllowAsync(request, changeResponse: static response => response with { Audience = CalloutService.Pair(NkeyRole.Server, 1).ToString() }),
            "expired" => service.AllowAsync(request, static user => user with { Expires = 1 }),
            "expires" => service.AllowAsync(request, static user => user with { Expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600 }),
            "not yet" => service.AllowAsync(request, static user => user with { NotBefore = 32503680000 }),
            "issuer account" => service.AllowAsync(request, static user => user with { IssuerAccount = CalloutService.Issuer.ToString() }),
            "no account" => service.AllowAsync(request, static user => user with { Audience = "NONE" }),
            "no audience" => service.AllowAsync(request, static user => user with { Audience = "" }),
            "unknown type" => service.AllowAsync(request, static user => user with { Rights = user.Rights with { AllowedConnectionTypes = ["CARRIER_PIGEON"] } }),
            "proxy" => service.AllowAsync(request, static user => user with { Rights = user.Rights with { IsProxyRequired = true } }),
            "permissions" => service.AllowAsync(request, static user => user with
            {
                Rights = user.Rights with { Permissions = new ClaimPermissions(new PermissionList(["ok"], []), new PermissionList([], ["no"])) },
            }),
            _ => service.AllowAsync(request),
        });

        if (!isAllowed)
        {
            Assert.StartsWith("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync(), StringComparison.Ordinal);
            return;
        }

        await client.ExpectAsync("PONG\r\n");
        if (answer != "permissions") return;
        await client.SendAsync("PUB ok 0\r\n\r\nPUB bad 0\r\n\r\nSUB no 1\r\nSUB yes 2\r\nPING\r\n");
        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"bad\"'\r\n-ERR 'Permissions Violation for Subscription to \"no\"'\r\nPONG\r\n",
            WithoutInfo(await client.ReadUntilAsync("PONG\r\n")));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Who_is_in_the_services_account_cannot_ask_it(string name)
    {
        ServerProcess server = await servers.StartedAsync(name);
        await using CalloutService service = await CalloutService.StartAsync(server.Port, "auth", "p");
        await service.Client.SendAsync("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n");
        await service.Client.ExpectAsync("-ERR 'Permissions Violation for Publish to \"$SYS.REQ.USER.AUTH\"'\r\n");
        await using RawClient client = await DialAsync(server, Connect.Replace("\"protocol\":1", "\"protocol\":0", StringComparison.Ordinal));
        await service.AllowAsync(await service.NextAsync());
        await client.ExpectAsync("PONG\r\n");

        await client.SendAsync("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n");

        await client.ExpectAsync("-ERR 'Permissions Violation for Publish to \"$SYS.REQ.USER.AUTH\"'\r\n");
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Configured_users_are_delegated_but_for_the_services_own(string name)
    {
        ServerProcess server = await servers.StartedAsync(name);
        await using CalloutService service = await CalloutService.StartAsync(server.Port, "auth", "p");
        foreach (string user in (string[])["plain", "app"])
        {
            await using RawClient client = await DialAsync(server, $$"""CONNECT {"verbose":false,"user":"{{user}}","pass":"p"}""");
            CalloutRequestMessage request = await service.NextAsync();
            Assert.Equal(user, request.Claims.Client.User);
            await service.AllowAsync(request);
            await client.ExpectAsync("PONG\r\n");
        }

        await using RawClient wrong = await DialAsync(server, """CONNECT {"verbose":false,"user":"auth","pass":"wrong"}""");
        Assert.StartsWith("-ERR 'Authorization Violation'\r\n", await wrong.ReadToCloseAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Requests_are_encrypted_for_the_service(string name)
    {
        ServerProcess server = await encrypted.StartedAsync(name);
        await using CalloutService service = await CalloutService.StartAsync(server.Port, "auth", "p");
        await using RawClient client = await DialAsync(server, Connect);
        CalloutRequestMessage request = await service.NextAsync();

        Assert.Equal(request.Claims.Server.XKey, request.ServerKey);
        Assert.True(Nkey.IsValid(request.ServerKey, NkeyRole.Curve));
        await service.AllowAsync(request);
        await client.ExpectAsync("PONG\r\n");
    }

    private static string WithoutInfo(string received) =>
        string.Concat(received.Split("\r\n").SkipLast(1).Where(static line => !line.StartsWith("INFO ", StringComparison.Ordinal)).Select(static line => line + "\r\n"));

    public sealed class Pair() : ServerPair(Config(""));

    public sealed class EncryptedPair() : ServerPair(Config($", xkey: {CalloutService.Curve}"));
}
