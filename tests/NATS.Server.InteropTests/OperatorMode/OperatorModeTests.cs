using System.Text.RegularExpressions;
using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.OperatorMode;

/// <summary>Operator mode, played against both servers.</summary>
public sealed partial class OperatorModeTests
{
    private readonly OperatorSetup _operator = new();

    [Fact]
    public async Task Both_let_in_the_same_users()
    {
        NkeyPair plainKey = _operator.NewKey(NkeyRole.Account);
        NkeyPair scopedKey = _operator.NewKey(NkeyRole.Account);
        NkeyPair unknownKey = _operator.NewKey(NkeyRole.Account);
        var scope = new SigningKeyScope
        {
            Key = scopedKey.ToString(),
            Template = UserRights.Standard with
            {
                Permissions = new ClaimPermissions(new PermissionList(["t.{{tag(team)}}.{{name()}}", "s.{{subject()}}", "{{tag(none)}}"], []), new PermissionList([], ["d.{{account-name()}}"])),
            },
        };
        AccountSetup account = _operator.AddAccount("A", claims => claims with
        {
            SigningKeys = Keys(plainKey, null, scopedKey, scope),
            DefaultPermissions = new ClaimPermissions(new PermissionList(["default.>", "t.>", "s.>"], []), PermissionList.None),
        });
        AccountSetup strict = _operator.AddAccount("B", claims => claims with { Limits = claims.Limits with { DisallowBearer = true, Connections = 1, Payload = 10 } });
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup revoked = account.AddUser("revoked");
        account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [revoked.Id] = _operator.Now }) });

        (string What, UserSetup User)[] users =
        [
            ("plain", account.AddUser("plain")),
            ("wrong key", account.AddUser("wrong") with { Key = _operator.NewKey(NkeyRole.User) }),
            ("no token", account.AddUser("none") with { Token = "" }),
            ("garbage", account.AddUser("garbage") with { Token = "eyJhbGciOiJIUzI1NiJ9.e30.x" }),
            ("account token", account.AddUser("account") with { Token = account.Token }),
            ("signing key", account.AddUser("signed", claims => claims with { Rights = UserRights.Standard }, plainKey)),
            ("scoped", account.AddUser("scoped", claims => claims with { Tags = ["team:red"] }, scopedKey)),
            ("scoped without tag", account.AddUser("scopedtoo", null, scopedKey)),
            ("scoped and greedy", account.AddUser("greedy", claims => claims with { Rights = UserRights.Standard }, scopedKey)),
            ("unknown signing key", account.AddUser("stranger", claims => claims with { Rights = UserRights.Standard }, unknownKey)),
            ("expired", account.AddUser("expired", claims => claims with { Expires = _operator.Now - 5 })),
            ("not yet", account.AddUser("early", claims => claims with { NotBefore = _operator.Now + 500 })),
            ("revoked", revoked),
            ("bearer", account.AddUser("bearer", Bearer) with { Key = _operator.NewKey(NkeyRole.User) }),
            ("forbidden bearer", strict.AddUser("bearer", Bearer)),
            ("source", account.AddUser("source", claims => With(claims, rights => rights with { Sources = ["127.0.0.1/32"] }))),
            ("other source", account.AddUser("elsewhere", claims => With(claims, rights => rights with { Sources = ["10.0.0.0/8"] }))),
            ("bad source", account.AddUser("nowhere", claims => With(claims, rights => rights with { Sources = ["10.0.0"] }))),
            ("connection type", account.AddUser("type", claims => With(claims, rights => rights with { AllowedConnectionTypes = ["standard", "PIGEON"] }))),
            ("other type", account.AddUser("othertype", claims => With(claims, rights => rights with { AllowedConnectionTypes = ["MQTT"] }))),
            ("unknown type", account.AddUser("unknowntype", claims => With(claims, rights => rights with { AllowedConnectionTypes = ["PIGEON"] }))),
            ("all day", account.AddUser("day", claims => With(claims, rights => rights with { Times = [new TimeRange("00:00:00", "23:59:59")], TimeZone = "Asia/Tokyo" }))),
            ("bad zone", account.AddUser("zone", claims => With(claims, rights => rights with { Times = [new TimeRange("00:00:00", "23:59:59")], TimeZone = "Mars/Olympus" }))),
            ("unknown account", new OperatorSetup(first: 700).AddAccount("X").AddUser("unknown")),
        ];
        UserSetup limited = strict.AddUser("limited");
        UserSetup second = strict.AddUser("second");
        string config = _operator.Configuration(system);

        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            foreach ((string what, UserSetup user) in users) await play.LoginAsync(what, user);
            foreach (UserSetup user in new[] { users[0].User, users[6].User, users[7].User })
            {
                await using RawClient client = await play.LoginAsync(user);
                await client.SendAsync($"PUB default.x 0\r\n\r\nPUB t.red.scoped 0\r\n\r\nPUB t.blue.scoped 0\r\n\r\nPUB s.{user.Id} 0\r\n\r\nPUB other 0\r\n\r\nSUB d.A 1\r\nSUB d.B 2\r\nPING\r\n");
                play.Note("permissions", await client.ReadUntilAsync("PONG\r\n"));
            }

            await using RawClient first = await play.LoginAsync(limited);
            await play.LoginAsync("second connection", second);
            await first.SendAsync("PUB a 11\r\n01234567890\r\n");
            play.Note("payload", await first.ReadToCloseAsync());
        });
    }

    [Fact]
    public async Task Both_manage_the_tokens_of_a_folder_alike()
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup system = _operator.AddAccount("SYS");
        AccountSetup unknown = _operator.AddAccount("U");
        string config = _operator.Configuration(system, Folder, [system]);
        string first = account.Token;
        string second = account.Reissue(claims => claims with { Description = "second" });
        AccountSetup broken = _operator.AddAccount("broken", claims => claims with { ClusterTraffic = "nobody" });

        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.RequestAsync("push", "$SYS.REQ.CLAIMS.UPDATE", first);
            await play.RequestAsync("push again", "$SYS.REQ.CLAIMS.UPDATE", first);
            await play.RequestAsync("push later", $"$SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.UPDATE", second);
            await play.RequestAsync("push by the old subject", $"$SYS.ACCOUNT.{account.Id}.CLAIMS.UPDATE", first);
            await play.RequestAsync("push for another", $"$SYS.REQ.ACCOUNT.{unknown.Id}.CLAIMS.UPDATE", first);
            await play.RequestAsync("push garbage", "$SYS.REQ.CLAIMS.UPDATE", "garbage");
            await play.RequestAsync("push garbage for one", $"$SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.UPDATE", "garbage");
            await play.RequestAsync("push an operator", "$SYS.REQ.CLAIMS.UPDATE", _operator.Token);
            await play.RequestAsync("push what is invalid", "$SYS.REQ.CLAIMS.UPDATE", broken.Token);
            await play.RequestAsync("look up", $"$SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.LOOKUP", "");
            await play.RequestAsync("look up what is unknown", $"$SYS.REQ.ACCOUNT.{unknown.Id}.CLAIMS.LOOKUP", "");
            await play.RequestAsync("list", "$SYS.REQ.CLAIMS.LIST", "");
            await play.RequestAsync("pack", "$SYS.REQ.CLAIMS.PACK", "", answers: 3);
            await play.RequestAsync("delete garbage", "$SYS.REQ.CLAIMS.DELETE", "garbage");
            await play.RequestAsync("delete by a stranger", "$SYS.REQ.CLAIMS.DELETE", Deletion(account.Key, account.Id));
            await play.RequestAsync("delete the system account", "$SYS.REQ.CLAIMS.DELETE", Deletion(_operator.Key, system.Id));
            await play.RequestAsync("delete nonsense", "$SYS.REQ.CLAIMS.DELETE", Deletion(_operator.Key, "nonsense"));
            await play.RequestAsync("delete", "$SYS.REQ.CLAIMS.DELETE", Deletion(_operator.Key, account.Id));
            await play.RequestAsync("delete again", "$SYS.REQ.CLAIMS.DELETE", Deletion(_operator.Key, account.Id));
            await play.RequestAsync("list the rest", "$SYS.REQ.CLAIMS.LIST", "");
            play.Note("files", string.Join(' ', Directory.GetFiles(Path.Combine(play.Server.Folder, "jwt")).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        });
    }

    [Fact]
    public async Task Both_make_clients_follow_a_pushed_token()
    {
        NkeyPair key = _operator.NewKey(NkeyRole.Account);
        AccountSetup account = _operator.AddAccount("A", claims => claims with { SigningKeys = Keys(key, new SigningKeyScope { Key = key.ToString() }) });
        AccountSetup exporter = _operator.AddAccount("E", claims => claims with
        {
            Exports = [new ClaimExport { Subject = "news.>", Kind = ExportKind.Stream }, new ClaimExport { Subject = "private.>", Kind = ExportKind.Stream, TokenRequired = true }],
        });
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup revoked = account.AddUser("revoked");
        UserSetup staying = account.AddUser("staying");
        UserSetup scoped = account.AddUser("scoped", null, key);
        UserSetup bearer = account.AddUser("bearer", Bearer);
        UserSetup source = exporter.AddUser("source");
        string config = _operator.Configuration(system, Folder, [account, exporter, system]);
        string activation = exporter.Activate(account, "private.>", ExportKind.Stream);

        string importing = account.Reissue(claims => claims with
        {
            Imports =
            [
                new ClaimImport { Account = exporter.Id, Subject = "news.*", LocalSubject = "their.$1", Kind = ExportKind.Stream },
                new ClaimImport { Account = exporter.Id, Subject = "private.>", Kind = ExportKind.Stream, Token = activation },
            ],
            Mappings = new Dictionary<string, IReadOnlyList<WeightedDestination>>(StringComparer.Ordinal) { ["old.*"] = [new WeightedDestination("new.$1")] },
        });
        string restricted = account.Reissue(claims => claims with { DefaultPermissions = new ClaimPermissions(PermissionList.None, new PermissionList(["their.>", "private.>", "new.>"], [])) }, later: 2);
        string rescoped = account.Reissue(claims => claims with { SigningKeys = Keys(key, new SigningKeyScope { Key = key.ToString(), Template = UserRights.Standard with { Subscriptions = 9 } }) }, later: 3);
        string revoking = account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [revoked.Id] = _operator.Now }) }, later: 4);
        string unbearable = account.Reissue(claims => claims with { Limits = claims.Limits with { DisallowBearer = true } }, later: 5);
        string taken = exporter.Reissue(claims => claims with { Exports = [claims.Exports[1] with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { ["*"] = _operator.Now + 10 }) }] });
        string small = account.Reissue(claims => claims with { Limits = claims.Limits with { Connections = 1 } }, later: 6);

        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await using RawClient a = await play.LoginAsync(staying);
            await using RawClient b = await play.LoginAsync(revoked);
            await using RawClient c = await play.LoginAsync(scoped);
            await using RawClient d = await play.LoginAsync(bearer);
            await using RawClient e = await play.LoginAsync(source);
            await a.SendAsync("SUB their.> 1\r\nSUB private.> 2\r\nSUB new.> 3\r\nSUB gone 4\r\n");
            await a.PingAsync();

            await play.RequestAsync("imports and mappings", "$SYS.REQ.CLAIMS.UPDATE", importing);
            await e.SendAsync("PUB news.a 1\r\n1\r\nPUB private.a 1\r\n2\r\n");
            await e.PingAsync();
            play.Note("imported", await a.ReadUntilAsync("\r\n2\r\n"));
            await a.SendAsync("PUB old.x 1\r\n3\r\n");
            play.Note("mapped", await a.ReadUntilAsync("\r\n3\r\n"));

            await play.RequestAsync("default permissions", "$SYS.REQ.CLAIMS.UPDATE", restricted);
            play.Note("taken away", await a.ReadUntilAsync("\r\n"));
            await play.RequestAsync("scope", "$SYS.REQ.CLAIMS.UPDATE", rescoped);
            play.Note("scoped", await c.ReadToCloseAsync());
            await play.RequestAsync("revocation", "$SYS.REQ.CLAIMS.UPDATE", revoking);

            // Default permissions were none before: whoever was there has none to lose but what was subscribed.
            string last = await b.ReadToCloseAsync();
            play.Note("revoked", last[last.LastIndexOf("-ERR", StringComparison.Ordinal)..]);
            await play.LoginAsync("revoked", revoked);
            await play.RequestAsync("no bearers", "$SYS.REQ.CLAIMS.UPDATE", unbearable);
            play.Note("bearer", await d.ReadToCloseAsync());

            await play.RequestAsync("exports", "$SYS.REQ.CLAIMS.UPDATE", taken);
            await e.SendAsync("PUB news.b 1\r\n4\r\nPUB private.b 1\r\n5\r\n");
            await e.PingAsync();
            await a.SendAsync("PUB old.y 1\r\n6\r\n");
            play.Note("no longer imported", await a.ReadUntilAsync("\r\n6\r\n"));

            await using RawClient f = await play.LoginAsync(account.AddUser("late"));
            await play.RequestAsync("connections", "$SYS.REQ.CLAIMS.UPDATE", small);
            play.Note("late", await f.ReadToCloseAsync());
            play.Note("early", await a.PingAsync());
        });
    }

    [Theory]
    [InlineData("MEMORY")]
    [InlineData("{ type: cache, dir: \"$FOLDER/jwt\" }")]
    public async Task Both_update_accounts_in_use_only(string resolver)
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup idle = _operator.AddAccount("B");
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup user = account.AddUser("u");
        string config = _operator.Configuration(system, resolver);
        string revoking = account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { ["*"] = _operator.Now }) });
        string other = idle.Reissue(claims => claims with { Description = "other" });

        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await using RawClient client = await play.LoginAsync(user);
            await play.RequestAsync("in use", $"$SYS.REQ.ACCOUNT.{account.Id}.CLAIMS.UPDATE", revoking);
            play.Note("revoked", await client.ReadToCloseAsync());
            await play.RequestAsync("not in use", $"$SYS.REQ.ACCOUNT.{idle.Id}.CLAIMS.UPDATE", other);
            await play.RequestAsync("for another", $"$SYS.REQ.ACCOUNT.{idle.Id}.CLAIMS.UPDATE", revoking);
            await play.RequestAsync("garbage", $"$SYS.REQ.ACCOUNT.{idle.Id}.CLAIMS.UPDATE", "garbage");
        });
    }

    // A folder without the system account: its users are let in, so that they can bring tokens.
    [Fact]
    public async Task Both_can_be_filled_from_nothing()
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup user = account.AddUser("u");
        string config = _operator.Configuration(system, Folder, []).Replace("resolver_preload: {\n}\n", "", StringComparison.Ordinal);
        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.RequestAsync("system account", "$SYS.REQ.CLAIMS.UPDATE", system.Token);
            await play.RequestAsync("account", "$SYS.REQ.CLAIMS.UPDATE", account.Token);
            await play.LoginAsync("user", user);
        });
    }

    [Fact]
    public async Task Both_tell_of_operators_and_of_pinned_accounts()
    {
        AccountSetup pinned = _operator.AddAccount("A");
        AccountSetup other = _operator.AddAccount("B");
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup sentinel = pinned.AddUser("sentinel", Bearer);
        string config = _operator.Configuration(system) + $"resolver_pinned_accounts: [{pinned.Id}]\ndefault_sentinel: {sentinel.Token}\nhttp: 127.0.0.1:-1\n";
        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.LoginAsync("pinned", pinned.AddUser("u"));
            await play.LoginAsync("not pinned", other.AddUser("v"));
            await play.LoginAsync("system", system.AddUser("w"));
            await play.LoginAsync("no token", sentinel with { Token = "" });
            await play.VarzAsync("trusted_operators_jwt", "trusted_operators_claim", "pinned_account_fails");
        });
    }

    // A list that says nothing but blanks must not be taken for one that allows everything, nor end the server.
    [Fact]
    public async Task Both_take_a_permission_of_blanks_alike()
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup system = _operator.AddAccount("SYS");
        PermissionList blanks = new([" ", "\t"], []);
        PermissionList noBlanks = new([], ["   "]);
        (string What, UserSetup User)[] users =
        [
            ("subscribe", account.AddUser("u", claims => With(claims, rights => rights with { Permissions = new ClaimPermissions(PermissionList.None, blanks) }))),
            ("publish", account.AddUser("v", claims => With(claims, rights => rights with { Permissions = new ClaimPermissions(blanks, PermissionList.None) }))),
            ("deny subscribe", account.AddUser("w", claims => With(claims, rights => rights with { Permissions = new ClaimPermissions(PermissionList.None, noBlanks) }))),
            ("deny publish", account.AddUser("x", claims => With(claims, rights => rights with { Permissions = new ClaimPermissions(noBlanks, PermissionList.None) }))),
        ];
        await OperatorPlay.CompareAsync(_operator.Configuration(system), system, async play =>
        {
            foreach ((string what, UserSetup user) in users)
            {
                await using RawClient client = await play.DialAsync(user);
                await client.SendAsync("PING\r\n");
                string answer = await client.ReadUntilAsync("\r\n");
                play.Note(what, answer);
                if (answer != "PONG\r\n") continue;
                await client.SendAsync("SUB a 1\r\nPUB b 0\r\n\r\nPING\r\n");
                play.Note("may", await client.ReadUntilAsync("PONG\r\n"));
            }
        });
    }

    [Fact]
    public async Task Both_name_accounts_and_users_in_connz()
    {
        AccountSetup account = _operator.AddAccount("APP");
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup user = account.AddUser("u", claims => claims with { Tags = ["blue", "fast"] });
        await OperatorPlay.CompareAsync(_operator.Configuration(system) + "http: 127.0.0.1:-1\n", system, async play =>
        {
            await using RawClient client = await play.LoginAsync(user);
            using var http = new HttpClient();
            using JsonDocument connz = JsonDocument.Parse(
                await http.GetStringAsync(new Uri($"http://127.0.0.1:{play.Server.MonitorPort}/connz?auth=1")));
            JsonElement shown = connz.RootElement.GetProperty("connections")[0];
            foreach (string field in (string[])["authorized_user", "account", "issuer_key", "name_tag", "tags"])
            {
                play.Note(field, shown.TryGetProperty(field, out JsonElement value) ? Blanks().Replace(value.GetRawText(), "") : "none");
            }
        });
    }

    [Fact]
    public async Task Neither_shows_the_token_of_a_bearer_in_connz()
    {
        AccountSetup account = _operator.AddAccount("A");
        AccountSetup system = _operator.AddAccount("SYS");
        UserSetup bearer = account.AddUser("bearer", Bearer);
        await OperatorPlay.CompareAsync(_operator.Configuration(system) + "http: 127.0.0.1:-1\n", system, async play =>
        {
            await using RawClient client = await play.LoginAsync(bearer);
            using var http = new HttpClient();
            foreach (string query in (string[])["auth=1", "auth=1&subs=detail", "auth=1&state=all"])
            {
                string connz = await http.GetStringAsync(new Uri($"http://127.0.0.1:{play.Server.MonitorPort}/connz?{query}"));
                Assert.Contains(bearer.Id, connz, StringComparison.Ordinal);
                Assert.DoesNotContain(bearer.Token, connz, StringComparison.Ordinal);
                Assert.DoesNotContain("\"jwt\"", connz, StringComparison.Ordinal);
            }
        });
    }

    // Tokens of the first version of the format, as old tools made them.
    [Fact]
    public async Task Both_read_tokens_of_version_1()
    {
        AccountSetup system = _operator.AddAccount("SYS");
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        NkeyPair signer = _operator.NewKey(NkeyRole.Account);
        NkeyPair user = _operator.NewKey(NkeyRole.User);
        string accountToken = Old(_operator.Key, $$"""{"iss":"{{_operator.Key}}","sub":"{{account}}","name":"A","iat":{{_operator.Now}},"type":"account","nats":{"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"signing_keys":["{{signer}}"]} }""");
        string userToken = Old(signer, $$"""{"iss":"{{signer}}","sub":"{{user}}","name":"u","iat":{{_operator.Now}},"type":"user","issuer_account":"{{account}}","nats":{"pub":{"allow":["ok"]},"src":"127.0.0.0/8"} }""");
        string foreignToken = Old(signer, $$"""{"iss":"{{signer}}","sub":"{{user}}","name":"u","iat":{{_operator.Now}},"type":"user","issuer_account":"{{account}}","nats":{"src":"10.0.0.0/8"} }""");
        string unsigned = Old(account, $$"""{"iss":"{{signer}}","sub":"{{user}}","iat":{{_operator.Now}},"type":"user","issuer_account":"{{account}}","nats":{} }""");
        string config = _operator.Configuration(system).Replace("resolver_preload: {", $"resolver_preload: {{\n  {account}: {accountToken}", StringComparison.Ordinal);
        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.LoginAsync("user", new UserSetup(user, userToken));
            await play.LoginAsync("elsewhere", new UserSetup(user, foreignToken));
            await play.LoginAsync("unsigned", new UserSetup(user, unsigned));
            await using RawClient client = await play.LoginAsync(new UserSetup(user, userToken));
            await client.SendAsync("PUB ok 0\r\n\r\nPUB no 0\r\n\r\nPING\r\n");
            play.Note("permissions", await client.ReadUntilAsync("PONG\r\n"));
        });
    }

    private static string Old(NkeyPair signer, string json)
    {
        string claims = Base64Text.Encode(System.Text.Encoding.UTF8.GetBytes(json));
        return $"{Base64Text.Encode("""{"typ":"jwt","alg":"ed25519"}"""u8)}.{claims}.{Base64Text.Encode(signer.Sign(System.Text.Encoding.ASCII.GetBytes(claims)))}";
    }

    private const string Folder = "{ type: full, dir: \"$FOLDER/jwt\", allow_delete: true }";

    private string Deletion(NkeyPair signer, params string[] accounts)
    {
        using var document = System.Text.Json.JsonDocument.Parse($"[{string.Join(',', accounts.Select(account => $"\"{account}\""))}]");
        var claims = new GenericClaims { Subject = signer.ToString(), Data = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal) { ["accounts"] = document.RootElement } };
        return JwtToken.Encode(claims, signer, _operator.Now);
    }

    private static UserClaims Bearer(UserClaims claims) => With(claims, rights => rights with { IsBearer = true });

    private static UserClaims With(UserClaims claims, Func<UserRights, UserRights> change) => claims with { Rights = change(claims.Rights) };

    private static Dictionary<string, SigningKeyScope?> Keys(NkeyPair key, SigningKeyScope? scope, NkeyPair? second = null, SigningKeyScope? secondScope = null)
    {
        var keys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [key.ToString()] = scope };
        if (second is not null) keys[second.ToString()] = secondScope;
        return keys;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
