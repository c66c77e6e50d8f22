using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Options;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class OperatorReaderTests
{
    private readonly OperatorSetup _operator = new();

    [Fact]
    public void An_operator_names_resolver_and_system_account()
    {
        var named = new OperatorSetup(claims => claims with { AccountServerUrl = "http://localhost/jwt/v1", SystemAccount = "A" });
        var options = Read($"operator: {named.Token}");
        Assert.Equal(new ResolverOptions(ResolverKind.Url) { Url = "http://localhost/jwt/v1/accounts/" }, options.Operator.Resolver);
        Assert.Equal("A", options.SystemAccount);
        Assert.Equal([named.Token], options.Operator.Tokens);
        Assert.True(options.Operator.IsEnabled);
    }

    [Theory]
    [InlineData("resolver: MEM\noperator: $OP\nsystem_account: B")]
    [InlineData("system_account: B\noperator: $OP\nresolver: MEM")]
    public void What_the_file_says_wins_over_the_operator(string text)
    {
        var named = new OperatorSetup(claims => claims with { AccountServerUrl = "http://localhost/jwt/v1", SystemAccount = "A" });
        var options = Read(text.Replace("$OP", named.Token, StringComparison.Ordinal));
        Assert.Equal(ResolverKind.Memory, options.Operator.Resolver!.Kind);
        Assert.Equal("B", options.SystemAccount);
    }

    [Fact]
    public void Several_operators_name_nothing()
    {
        var other = new OperatorSetup(claims => claims with { SystemAccount = "A" }, first: 50);
        var options = Read($"operators: [ {_operator.Token}, {other.Token} ]");
        Assert.Equal(2, options.Operator.Tokens.Count);
        Assert.Null(options.Operator.Resolver);
        Assert.Equal("", options.SystemAccount);
    }

    [Fact]
    public void A_token_can_be_in_a_file_between_lines_of_dashes()
    {
        var text = $"-----BEGIN NATS OPERATOR JWT-----\n{_operator.Token}\n------END NATS OPERATOR JWT------\n";
        var loader = new OptionsLoader(path => new ConfigFile(Encoding.UTF8.GetBytes(path == "op.jwt" ? text : "operator: op.jwt")), _ => null);
        Assert.DoesNotContain(loader.Load("test.conf", FlagOverrides.None).Errors, error => error.Contains("parsing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mem", ResolverKind.Memory, "")]
    [InlineData("URL(http://a/b)", ResolverKind.Url, "http://a/b/")]
    [InlineData("\"url( \\\"http://a/\\\" )\"", ResolverKind.Url, "http://a/")]
    [InlineData("{ type: MEMORY }", ResolverKind.Memory, "")]
    public void Resolvers_without_a_directory(string text, ResolverKind kind, string url) =>
        Assert.Equal(new ResolverOptions(kind) { Url = url }, Read($"resolver: {text}").Operator.Resolver);

    [Fact]
    public void Resolvers_with_a_directory()
    {
        Assert.Equal(
            new ResolverOptions(ResolverKind.Full)
            {
                Directory = "d",
                AllowDelete = true,
                HardDelete = true,
                SyncInterval = TimeSpan.FromMinutes(2),
                Limit = 5,
                FetchTimeout = TimeSpan.FromSeconds(1),
            },
            Read("resolver { type: full, dir: d, allow_delete: true, hard_delete: true, interval: \"2m\", limit: 5, timeout: \"1s\" }").Operator.Resolver);
        Assert.Equal(
            new ResolverOptions(ResolverKind.Cache) { Directory = "d", TimeToLive = TimeSpan.FromHours(1) },
            Read("resolver { type: Cache, dir: d, ttl: \"1h\" }").Operator.Resolver);
    }

    [Fact]
    public void Preloaded_accounts_are_kept_as_text()
    {
        var account = _operator.AddAccount("A");
        Assert.Equal(account.Token, Read($"resolver_preload {{ {account.Id}: {account.Token} }}").Operator.Preload[account.Id]);
    }

    [Fact]
    public void Operator_mode_is_judged_in_the_reference_s_words()
    {
        var mode = new OperatorOptions { Tokens = [_operator.Token], Resolver = new ResolverOptions(ResolverKind.Memory) };
        var good = new ServerOptions { Operator = mode };
        var user = _operator.AddAccount("A").AddUser("u");
        var bearer = _operator.Accounts[0].AddUser("b", claims => claims with { Rights = claims.Rights with { IsBearer = true } });

        Assert.Null(First(good));
        Assert.Null(First(good with { Operator = mode with { DefaultSentinel = bearer.Token } }));
        Assert.Equal("default sentinel requires operators and accounts", First(new ServerOptions { Operator = new OperatorOptions { DefaultSentinel = "x" } }));
        Assert.Equal("default sentinel JWT not valid", First(good with { Operator = mode with { DefaultSentinel = "x" } }));
        Assert.Equal("default sentinel must be a bearer token", First(good with { Operator = mode with { DefaultSentinel = user.Token } }));
        Assert.Equal("operators require an account resolver to be configured", First(good with { Operator = mode with { Resolver = null } }));
        Assert.Equal("operators do not allow Accounts to be configured directly", First(good with { Accounts = [new AccountOptions { Name = "A" }] }));
        Assert.Equal("operators do not allow Accounts to be configured directly", First(good with { Mappings = [new SubjectMappingOptions("a", [])] }));
        Assert.Equal(
            "operators do not allow users to be configured directly",
            First(good with { Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "a" }] } }));
        Assert.Equal(
            "conflicting options for 'TrustedKeys' and 'TrustedOperators'",
            First(good with { Operator = mode with { TrustedKeys = [_operator.Key.ToString()] } }));
        Assert.Equal("no_auth_user not compatible with Trusted Operator", First(good with { NoAuthUser = "a" }));
        Assert.Equal("pinned account key \"x\" is not a valid public account nkey", First(good with { Operator = mode with { PinnedAccounts = ["x"] } }));
        Assert.Equal(
            "using nats based account resolver - the system account needs to be specified in configuration or the operator jwt",
            First(good with { Operator = mode with { Resolver = new ResolverOptions(ResolverKind.Full) } }));
        Assert.Equal(
            "operators do not allow authorization callouts to be configured directly",
            First(good with { Authorization = new AuthorizationOptions { Callout = new AuthCalloutOptions { Issuer = "A" } } }));
        Assert.Equal(
            "resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR",
            First(good with { Operator = mode with { Resolver = new ResolverOptions(ResolverKind.Url), Preload = new Dictionary<string, string> { ["A"] = "b" } } }));
    }

    [Theory]
    [InlineData("3.0.0", "expected major version 3 > server major version 2")]
    [InlineData("2.16.0", "expected minor version 16 > server minor version 15")]
    [InlineData("2.15.2", "expected update version 2 > server update version 1")]
    [InlineData("2.15.1", null)]
    [InlineData("1.99.99", null)]
    [InlineData("x", "expects version x got error instead: asserted server version must be of the form <major>.<minor>.<update>")]
    public void An_operator_may_want_a_newer_server(string version, string? fault)
    {
        var demanding = new OperatorSetup(claims => claims with { AssertServerVersion = version });
        var options = new ServerOptions { Operator = new OperatorOptions { Tokens = [demanding.Token], Resolver = new ResolverOptions(ResolverKind.Memory) } };
        Assert.Equal(fault is null ? null : $"operator {demanding.Key} {fault}", First(options));
    }

    [Fact]
    public void The_system_account_must_be_the_operator_s()
    {
        var named = new OperatorSetup(claims => claims with { SystemAccount = "A" });
        var options = new ServerOptions
        {
            Operator = new OperatorOptions { Tokens = [named.Token], Resolver = new ResolverOptions(ResolverKind.Memory) },
            SystemAccount = "B",
        };
        Assert.Equal("system_account in config and operator JWT must be identical", First(options));
        Assert.Null(First(options with { SystemAccount = "A" }));
    }

    [Fact]
    public void Operator_options_tell_no_tokens()
    {
        var options = new OperatorOptions { Tokens = [_operator.Token], DefaultSentinel = "secret", Preload = new Dictionary<string, string> { ["A"] = "secret" } };
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_operator.Token, options.ToString(), StringComparison.Ordinal);
    }

    // What nothing acts on yet is refused, too; it is not what these tests are about.
    private static string? First(ServerOptions options) => OptionsValidator.Validate(options).FirstOrDefault(static error => !error.EndsWith("not built yet", StringComparison.Ordinal));

    private static ServerOptions Read(string text)
    {
        var diagnostics = new OptionsDiagnostics();
        Assert.True(ConfigParser.Parse(Encoding.UTF8.GetBytes(text), "test.conf", ConfigSources.None).TryGetRoot(out var root, out var error), error);
        var options = OptionsReader.Read(root, "test.conf", diagnostics, allowUnknown: false);
        Assert.DoesNotContain(diagnostics.Errors, static message => !message.EndsWith("not built yet", StringComparison.Ordinal));
        return options;
    }
}
