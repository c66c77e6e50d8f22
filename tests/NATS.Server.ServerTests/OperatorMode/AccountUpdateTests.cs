using NATS.Server.Accounts;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using static NATS.Server.ServerTests.OperatorMode.OperatorServer;
using ExportKind = NATS.Server.Core.Jwt.ExportKind;

namespace NATS.Server.ServerTests.OperatorMode;

/// <summary>What a new token of an account does to those who are connected.</summary>
public sealed class AccountUpdateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OperatorSetup _operator = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Revoked_clients_have_to_leave()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient revoked = await server.LoginAsync(user);
        await using RawClient other = await server.LoginAsync(account.AddUser("V"));

        Assert.Equal("jwt updated", await server.PushAsync(account.Reissue(claims => claims with { Revocations = Revoke(user.Id) })));
        Assert.Equal("-ERR 'User Authentication Revoked'\r\n", await revoked.ReadToCloseAsync());
        await other.PingAsync();
        Assert.Equal(Violation, await server.AnswerAsync(user));
    }

    [Fact]
    public async Task Everybody_can_be_revoked_at_once()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(account.AddUser("U"));
        await server.PushAsync(account.Reissue(claims => claims with { Revocations = Revoke("*") }));
        Assert.Equal("-ERR 'User Authentication Revoked'\r\n", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task Users_of_a_signing_key_that_is_gone_have_to_leave()
    {
        NkeyPair key = _operator.NewKey(NkeyRole.Account);
        AccountSetup account = _operator.AddAccount("A", claims => claims with { SigningKeys = Keys(key, null) });
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(account.AddUser("U", claims => claims with { Rights = UserRights.Standard }, key));
        await using RawClient other = await server.LoginAsync(account.AddUser("V"));
        await server.PushAsync(account.Reissue(claims => claims with { SigningKeys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) }));
        Assert.Equal("", await client.ReadToCloseAsync());
        await other.PingAsync();
    }

    [Fact]
    public async Task Users_of_a_changed_scope_have_to_leave()
    {
        NkeyPair key = _operator.NewKey(NkeyRole.Account);
        var scope = new SigningKeyScope { Key = key.ToString() };
        AccountSetup account = _operator.AddAccount("A", claims => claims with { SigningKeys = Keys(key, scope) });
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(account.AddUser("U", null, key));
        await server.PushAsync(account.Reissue(claims => claims with { Description = "the scope is the same" }));
        await client.PingAsync();
        await server.PushAsync(account.Reissue(claims => claims with { SigningKeys = Keys(key, scope with { Template = UserRights.Standard with { Subscriptions = 5 } }) }, later: 2));
        Assert.Equal("", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task Default_permissions_follow()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(account.AddUser("U"));
        await client.SendAsync("SUB a 1\r\nSUB b 2\r\n");
        await client.PingAsync();
        await server.PushAsync(account.Reissue(claims => claims with { DefaultPermissions = new ClaimPermissions(PermissionList.None, new PermissionList(["b"], [])) }));
        Assert.Equal("-ERR 'Permissions Violation for Subscription to \"a\" (sid \"1\")'\r\n", await client.ReadUntilAsync("\r\n"));
        await server.PushAsync(account.Reissue(claims => claims with { DefaultPermissions = ClaimPermissions.None }, later: 2));
        await client.SendAsync("SUB a 3\r\nPUB a 1\r\nx\r\n");
        Assert.Equal("MSG a 3 1\r\nx\r\n", await client.ReadUntilAsync("x\r\n"));
    }

    [Fact]
    public async Task The_youngest_clients_over_a_lower_limit_have_to_leave()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient old = await server.LoginAsync(account.AddUser("U"));
        await using RawClient young = await server.LoginAsync(account.AddUser("V"));
        await server.PushAsync(account.Reissue(claims => claims with { Limits = claims.Limits with { Connections = 1 } }));
        Assert.Equal("-ERR 'maximum account active connections exceeded'\r\n", await young.ReadToCloseAsync());
        await old.PingAsync();
    }

    [Fact]
    public async Task Bearers_have_to_leave_when_they_are_forbidden()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient bearer = await server.LoginAsync(account.AddUser("U", claims => claims with { Rights = claims.Rights with { IsBearer = true } }));
        await using RawClient other = await server.LoginAsync(account.AddUser("V"));
        await server.PushAsync(account.Reissue(claims => claims with { Limits = claims.Limits with { DisallowBearer = true } }));
        Assert.Equal(Violation, await bearer.ReadToCloseAsync());
        await other.PingAsync();
    }

    [Fact]
    public async Task Mappings_follow()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(account.AddUser("U"));
        await client.SendAsync("SUB new.* 1\r\n");
        await client.PingAsync();
        await server.PushAsync(account.Reissue(claims => claims with
        {
            Mappings = new Dictionary<string, IReadOnlyList<WeightedDestination>>(StringComparer.Ordinal) { ["old.*"] = [new WeightedDestination("new.$1")] },
        }));
        await client.SendAsync("PUB old.a 1\r\nx\r\n");
        Assert.Equal("MSG new.a 1 1\r\nx\r\n", await client.ReadUntilAsync("x\r\n"));
    }

    [Fact]
    public async Task Stream_imports_come_and_go()
    {
        AccountSetup exporter = _operator.AddAccount("E", claims => claims with { Exports = [new ClaimExport { Subject = "news.>", Kind = ExportKind.Stream }] });
        AccountSetup importer = _operator.AddAccount("I");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient source = await server.LoginAsync(exporter.AddUser("U"));
        await using RawClient sink = await server.LoginAsync(importer.AddUser("V"));
        await sink.SendAsync("SUB > 1\r\n");
        await sink.PingAsync();
        await server.PushAsync(importer.Reissue(claims => claims with { Imports = [new ClaimImport { Account = exporter.Id, Subject = "news.*", LocalSubject = "their.$1", Kind = ExportKind.Stream }] }));
        await source.SendAsync("PUB news.a 1\r\nx\r\n");
        await source.PingAsync();
        Assert.Equal("MSG their.a 1 1\r\nx\r\n", await sink.ReadUntilAsync("x\r\n"));

        // The exporter takes it back.
        await server.PushAsync(exporter.Reissue(claims => claims with { Exports = [] }));
        await source.SendAsync("PUB news.b 1\r\ny\r\n");
        await source.PingAsync();
        await sink.SendAsync("PUB mine 1\r\nz\r\n");
        Assert.Equal("MSG mine 1 1\r\nz\r\n", await sink.ReadUntilAsync("z\r\n"));
    }

    [Fact]
    public async Task A_private_export_needs_an_activation_that_is_not_revoked()
    {
        AccountSetup exporter = _operator.AddAccount("E", claims => claims with { Exports = [new ClaimExport { Subject = "news.>", Kind = ExportKind.Stream, TokenRequired = true }] });
        AccountSetup importer = _operator.AddAccount("I");
        AccountSetup thief = _operator.AddAccount("T");
        string activation = exporter.Activate(importer, "news.>", ExportKind.Stream);
        var import = new ClaimImport { Account = exporter.Id, Subject = "news.>", Kind = ExportKind.Stream };
        importer.Reissue(claims => claims with { Imports = [import with { Token = activation }] });
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient source = await server.LoginAsync(exporter.AddUser("U"));
        await using RawClient sink = await server.LoginAsync(importer.AddUser("V"));
        await sink.SendAsync("SUB > 1\r\n");
        await sink.PingAsync();
        await source.SendAsync("PUB news.a 1\r\nx\r\n");
        Assert.Equal("MSG news.a 1 1\r\nx\r\n", await sink.ReadUntilAsync("x\r\n"));

        // Somebody else's activation makes the whole token invalid; none at all leaves the import out.
        Assert.StartsWith("jwt validation failed - validation errors: [activation token doesn't match account it is being included in", await server.PushAsync(thief.Reissue(claims => claims with { Imports = [import with { Token = activation }] })), StringComparison.Ordinal);
        Assert.Equal("jwt updated", await server.PushAsync(thief.Reissue(claims => claims with { Imports = [import] }, later: 2)));
        await using RawClient deaf = await server.LoginAsync(thief.AddUser("W"));
        await deaf.SendAsync("SUB > 1\r\n");
        await deaf.PingAsync();

        await server.PushAsync(exporter.Reissue(claims => claims with { Exports = [claims.Exports[0] with { Revocations = Revoke(importer.Id) }] }));
        await source.SendAsync("PUB news.b 1\r\ny\r\n");
        await source.PingAsync();
        await sink.SendAsync("PUB mine 1\r\nz\r\n");
        Assert.Equal("MSG mine 1 1\r\nz\r\n", await sink.ReadUntilAsync("z\r\n"));
        await deaf.SendAsync("PUB own 1\r\nz\r\n");
        Assert.Equal("MSG own 1 1\r\nz\r\n", await deaf.ReadUntilAsync("z\r\n"));
    }

    // Two accounts that import from each other are found whoever comes first.
    [Fact]
    public async Task Accounts_may_import_from_each_other()
    {
        AccountSetup one = _operator.AddAccount("A", claims => claims with { Exports = [new ClaimExport { Subject = "a.>", Kind = ExportKind.Stream }] });
        AccountSetup other = _operator.AddAccount("B", claims => claims with
        {
            Exports = [new ClaimExport { Subject = "b.>", Kind = ExportKind.Stream }],
            Imports = [new ClaimImport { Account = one.Id, Subject = "a.>", Kind = ExportKind.Stream }],
        });
        one.Reissue(claims => claims with { Imports = [new ClaimImport { Account = other.Id, Subject = "b.>", Kind = ExportKind.Stream }] });
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient a = await server.LoginAsync(one.AddUser("U"));
        await using RawClient b = await server.LoginAsync(other.AddUser("V"));
        await a.SendAsync("SUB b.> 1\r\n");
        await a.PingAsync();
        await b.SendAsync("SUB a.> 1\r\nPUB b.x 1\r\n1\r\n");
        await b.PingAsync();
        Assert.Equal("MSG b.x 1 1\r\n1\r\n", await a.ReadUntilAsync("1\r\n1\r\n"));
        await a.SendAsync("PUB a.x 1\r\n2\r\n");
        Assert.Equal("MSG a.x 1 1\r\n2\r\n", await b.ReadUntilAsync("2\r\n"));
    }

    [Fact]
    public async Task Deleted_accounts_lose_their_clients_and_can_come_back()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartWithFolderAsync();
        await using RawClient client = await server.LoginAsync(user);
        string answer = await server.RequestAsync("$SYS.REQ.CLAIMS.DELETE", Deletion(_operator.Key, account.Id));
        Assert.Contains("\"data\":{\"code\":200,\"message\":\"deleted 1 accounts\"}", answer, StringComparison.Ordinal);
        Assert.Equal("-ERR 'Account Authentication Expired'\r\n", await client.ReadToCloseAsync());
        Assert.Equal(Violation, await server.AnswerAsync(user));
        await server.PushAsync(account.Reissue(claims => claims));
        Assert.Equal(Pong, await server.AnswerAsync(user));
    }

    [Fact]
    public async Task Expiry_of_user_and_account_ends_connections()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(_operator.Now));
        AccountSetup passing = _operator.AddAccount("A", claims => claims with { Expires = _operator.Now + 100 });
        AccountSetup lasting = _operator.AddAccount("B");
        await using OperatorServer server = await StartAsync(_operator, services: new NatsServerServices { TimeProvider = time });
        await using RawClient ofPassing = await server.LoginAsync(passing.AddUser("U"));
        await using RawClient expiring = await server.LoginAsync(lasting.AddUser("V", claims => claims with { Expires = _operator.Now + 50 }));
        await using RawClient other = await server.LoginAsync(lasting.AddUser("W"));
        time.Advance(TimeSpan.FromSeconds(51));
        Assert.EndsWith("-ERR 'User Authentication Expired'\r\n", await expiring.ReadToCloseAsync(), StringComparison.Ordinal);
        await ofPassing.SendAsync("PONG\r\nPING\r\n");
        await ofPassing.ReadUntilAsync(Pong);
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.EndsWith("-ERR 'Account Authentication Expired'\r\n", await ofPassing.ReadToCloseAsync(), StringComparison.Ordinal);
        Assert.Equal(Violation, await server.AnswerAsync(passing.AddUser("X")));
        await other.SendAsync("PONG\r\nPING\r\n");
        await other.ReadUntilAsync(Pong);
    }

    [Fact]
    public async Task Expiry_of_an_activation_ends_the_import()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(_operator.Now));
        AccountSetup exporter = _operator.AddAccount("E", claims => claims with { Exports = [new ClaimExport { Subject = "news.>", Kind = ExportKind.Stream, TokenRequired = true }] });
        AccountSetup importer = _operator.AddAccount("I");
        string activation = exporter.Activate(importer, "news.>", ExportKind.Stream, claims => claims with { Expires = _operator.Now + 30 });
        importer.Reissue(claims => claims with { Imports = [new ClaimImport { Account = exporter.Id, Subject = "news.>", Kind = ExportKind.Stream, Token = activation }] });
        await using OperatorServer server = await StartAsync(_operator, services: new NatsServerServices { TimeProvider = time });
        await using RawClient source = await server.LoginAsync(exporter.AddUser("U"));
        await using RawClient sink = await server.LoginAsync(importer.AddUser("V"));
        await sink.SendAsync("SUB > 1\r\n");
        await sink.PingAsync();
        await source.SendAsync("PUB news.a 1\r\nx\r\n");
        Assert.Equal("MSG news.a 1 1\r\nx\r\n", await sink.ReadUntilAsync("x\r\n"));
        time.Advance(TimeSpan.FromSeconds(31));
        Account imported = server.Server.Context.Accounts.GetOrAdd(importer.Id);
        Eventually.True(() => imported.Model.StreamImports.Count == 0, "the import to end");
        await sink.PingAsync();
        await source.SendAsync("PUB news.b 1\r\ny\r\n");
        await source.PingAsync();
        await sink.SendAsync("PUB mine 1\r\nz\r\n");
        Assert.EndsWith("MSG mine 1 1\r\nz\r\n", await sink.ReadUntilAsync("z\r\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("news.b", sink.Received, StringComparison.Ordinal);
    }

    private Task<OperatorServer> StartWithFolderAsync() =>
        StartAsync(_operator, new ResolverOptions(ResolverKind.Full) { Directory = _folder.Path, AllowDelete = true });

    private string Deletion(NkeyPair signer, params string[] accounts)
    {
        string list = string.Join(',', accounts.Select(account => $"\"{account}\""));
        using var document = System.Text.Json.JsonDocument.Parse($"[{list}]");
        var claims = new GenericClaims { Subject = signer.ToString(), Data = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal) { ["accounts"] = document.RootElement } };
        return JwtToken.Encode(claims, signer, _operator.Now);
    }

    private RevocationList Revoke(string key) => new(new Dictionary<string, long>(StringComparer.Ordinal) { [key] = _operator.Now });

    private static Dictionary<string, SigningKeyScope?> Keys(NkeyPair key, SigningKeyScope? scope) => new(StringComparer.Ordinal) { [key.ToString()] = scope };
}
