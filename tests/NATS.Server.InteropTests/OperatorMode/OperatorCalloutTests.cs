using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.OperatorMode;

/// <summary>Authorization services that accounts declare in their tokens, played against both servers.</summary>
public sealed class OperatorCalloutTests
{
    private const string Accepted = "PONG\r\n";

    private readonly OperatorSetup _operator = new();
    private readonly NkeyPair _signingKey;
    private readonly NkeyPair _scopedKey;
    private readonly NkeyPair _serviceKey;
    private readonly AccountSetup _application;
    private readonly AccountSetup _other;
    private readonly AccountSetup _service;
    private readonly AccountSetup _sealed;
    private readonly AccountSetup _system;
    private readonly UserSetup _serviceUser;
    private readonly UserSetup _sealedUser;
    private readonly UserSetup _sentinel;
    private readonly UserSetup[] _askers;
    private readonly string _config;

    public OperatorCalloutTests()
    {
        _signingKey = _operator.NewKey(NkeyRole.Account);
        _scopedKey = _operator.NewKey(NkeyRole.Account);
        _serviceKey = _operator.NewKey(NkeyRole.Account);
        var scope = new SigningKeyScope
        {
            Key = _scopedKey.ToString(),
            Template = UserRights.Standard with { Permissions = new ClaimPermissions(new PermissionList(["seen.>"], []), PermissionList.None) },
        };
        _system = _operator.AddAccount("SYS");
        _application = _operator.AddAccount("APP", claims => claims with
        {
            SigningKeys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [_signingKey.ToString()] = null, [_scopedKey.ToString()] = scope },
        });
        _other = _operator.AddAccount("OTHER");
        _service = _operator.AddAccount("AUTH", claims => claims with
        {
            SigningKeys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [_serviceKey.ToString()] = null },
        });
        _serviceUser = _service.AddUser("service");
        _service.Reissue(claims => claims with { Authorization = new ExternalAuthorization([_serviceUser.Id], [_application.Id], "") });
        _sealed = _operator.AddAccount("SEALED");
        _sealedUser = _sealed.AddUser("service");
        _sealed.Reissue(claims => claims with { Authorization = new ExternalAuthorization([_sealedUser.Id], [ExternalAuthorization.AnyAccount], CalloutService.Curve.ToString()) });
        _sentinel = _service.AddUser("sentinel", Powerless);
        _askers = [_service.AddUser("bearer", Powerless), _service.AddUser("signs", static claims => claims with { Tags = ["team:red"] }), _sentinel with { Token = "" }];
        _config = _operator.Configuration(_system) + $"default_sentinel: {_sentinel.Token}\nhttp: 127.0.0.1:-1\nauthorization {{ timeout: 10 }}\n";
    }

    private static UserClaims Powerless(UserClaims claims) => claims with
    {
        Rights = claims.Rights with { IsBearer = true, Permissions = new ClaimPermissions(new PermissionList([], [">"]), new PermissionList([], [">"])) },
    };

    [Fact]
    public Task Both_ask_the_service_of_the_account_and_place_the_user_where_it_says() => OperatorPlay.CompareAsync(_config, _system, async play =>
    {
        await using RawClient observer = await play.LoginAsync(_application.AddUser("observer"));
        await observer.SendAsync("SUB seen.> 1\r\n");
        await observer.PingAsync();
        await using CalloutService service = await CalloutService.StartAsync(play.Server.Port, _serviceUser);
        await service.Client.SendAsync("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n");
        play.Note("the service may not ask", await service.Client.ReadUntilAsync("\r\n"));

        (string What, string Verdict, Func<CalloutRequestMessage, Task> Answer)[] answers =
        [
            ("account's own key", Accepted, request => service.AllowAsync(request, static user => user with { Name = "joe" }, signer: _application.Key, responseSigner: _service.Key)),
            ("without a name", Accepted, request => service.AllowAsync(request, signer: _application.Key, responseSigner: _service.Key)),
            ("signing key", Accepted, request => service.AllowAsync(request, user => user with { Name = "sk", IssuerAccount = _application.Id }, signer: _signingKey, responseSigner: _service.Key)),
            ("scoped key", Accepted, request => service.AllowAsync(request, user => user with { Name = "scoped", IssuerAccount = _application.Id, Rights = UserRights.None }, signer: _scopedKey, responseSigner: _service.Key)),
            ("greedy", "", request => service.AllowAsync(request, user => user with { IssuerAccount = _application.Id }, signer: _scopedKey, responseSigner: _service.Key)),
            ("unknown key", "", request => service.AllowAsync(request, user => user with { IssuerAccount = _application.Id }, signer: _serviceKey, responseSigner: _service.Key)),
            ("forbidden account", "", request => service.AllowAsync(request, signer: _other.Key, responseSigner: _service.Key)),
            ("the service's account", Accepted, request => service.AllowAsync(request, static user => user with { Name = "own" }, signer: _service.Key)),
            ("answer of a stranger", "", request => service.AllowAsync(request, signer: _application.Key)),
            ("answer by a signing key", Accepted, request => service.AllowAsync(
                request, static user => user with { Name = "joe" }, response => response with { IssuerAccount = _service.Id }, _application.Key, _serviceKey)),
            ("not for this server", "", request => service.AllowAsync(
                request, null, response => response with { Audience = CalloutService.Pair(NkeyRole.Server, 1).ToString() }, _application.Key, _service.Key)),
            ("expired", "", request => service.AllowAsync(request, static user => user with { Expires = 1 }, signer: _application.Key, responseSigner: _service.Key)),
            ("nothing", "", request => service.AnswerAsync(request, default)),
        ];
        foreach ((string what, string verdict, Func<CalloutRequestMessage, Task> answer) in answers)
        {
            foreach (UserSetup asker in what == "account's own key" ? _askers : _askers[..1])
            {
                await using RawClient client = await play.DialAsync(asker, ",\"auth_token\":\"t\"");
                await client.SendAsync("PING\r\n");
                CalloutRequestMessage request = await service.NextAsync();
                NoteRequest(play, request, asker);
                await answer(request);
                string seen = await client.ReadUntilAsync("\r\n");
                play.Note(what, seen);
                Assert.Equal(verdict.Length > 0 ? verdict : "-ERR 'Authorization Violation'\r\n", seen);
                if (verdict.Length == 0) continue;
                await NoteConnectionAsync(play, what);
                await client.SendAsync("PUB seen.x 0\r\n\r\nPUB no 0\r\n\r\nPUB $SYS.REQ.USER.AUTH 0\r\n\r\nSUB a 1\r\nPING\r\n");
                play.Note("may", await client.ReadUntilAsync("PONG\r\n"));
                if (what != "the service's account") play.Note("is in the account", await observer.ReadUntilAsync("\r\n\r\n"));
            }
        }
    });

    [Fact]
    public Task Both_encrypt_what_they_ask_the_service_of_an_account() => OperatorPlay.CompareAsync(_config, _system, async play =>
    {
        await using CalloutService service = await CalloutService.StartAsync(play.Server.Port, _sealedUser);
        UserSetup asker = _sealed.AddUser("bearer", Powerless);
        (string What, NkeyPair Signer, NkeyPair Responder, bool IsSealed)[] answers =
        [
            ("plain", _application.Key, _sealed.Key, false),
            ("encrypted", _application.Key, _sealed.Key, true),
            ("any account", _other.Key, _sealed.Key, false),
            ("plain of a stranger", _application.Key, CalloutService.Issuer, false),
            ("encrypted of a stranger", _application.Key, CalloutService.Issuer, true),
        ];
        foreach ((string what, NkeyPair signer, NkeyPair responder, bool isSealed) in answers)
        {
            await using RawClient client = await play.DialAsync(asker);
            await client.SendAsync("PING\r\n");
            CalloutRequestMessage request = await service.NextAsync();
            Assert.Equal(request.Claims.Server.XKey, request.ServerKey);
            await service.AllowAsync(request, static user => user with { Name = "joe" }, signer: signer, responseSigner: responder, isSealed: isSealed);
            play.Note(what, await client.ReadUntilAsync("\r\n"));
        }
    });

    private static void NoteRequest(OperatorPlay play, CalloutRequestMessage request, UserSetup asker)
    {
        AuthorizationRequestClaims claims = request.Claims;
        Assert.Equal("", request.ServerKey);
        Assert.True(claims.Connect.Jwt == asker.Token || asker.Token.Length == 0);
        play.Note("request", $"{claims.Audience} {claims.Subject} {claims.Issuer == claims.Server.Id}");
        play.Note("client", $"{claims.Client.User} {claims.Client.Name} {claims.Client.NameTag} {string.Join(',', claims.Client.Tags)} {claims.Client.Kind} {claims.Client.Type} {claims.Client.Nonce.Length}");
        play.Note("connect", $"{claims.Connect.Jwt} {claims.Connect.Nkey} {claims.Connect.Token} {claims.Connect.SignedNonce.Length}");
    }

    /// <summary>Notes who monitoring says the newest connection is.</summary>
    private static async Task NoteConnectionAsync(OperatorPlay play, string what)
    {
        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{play.Server.MonitorPort}/connz?auth=1&sort=cid"));
        using JsonDocument connections = JsonDocument.Parse(text);
        JsonElement newest = connections.RootElement.GetProperty("connections").EnumerateArray().Last();
        foreach (string field in (string[])["authorized_user", "account"])
        {
            play.Note($"{what} {field}", newest.TryGetProperty(field, out JsonElement value) ? value.GetString()! : "");
        }
    }
}
