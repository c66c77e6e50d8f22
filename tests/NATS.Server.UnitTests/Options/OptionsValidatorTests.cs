using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class OptionsValidatorTests
{
    private static readonly ServerOptions Defaults = new();

    public static TheoryData<ServerOptions, string> Invalid => new()
    {
        {
            Defaults with { LameDuckDuration = TimeSpan.FromSeconds(30), LameDuckGracePeriod = TimeSpan.FromSeconds(30) },
            "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)"
        },
        { Defaults with { MaxPayload = 11, MaxPending = 10 }, "max_payload (11) cannot be higher than max_pending (10)" },
        { Defaults with { ServerName = "a b" }, "server name cannot contain spaces" },
        { Defaults with { NoAuthUser = "a" }, "no_auth_user: \"a\" present, but users/nkeys are not defined" },
        {
            Defaults with { NoAuthUser = "a", Authorization = Users(new UserOptions { Username = "b" }) },
            "no_auth_user: \"a\" not present as user or nkey in authorization block or account configuration"
        },
        { Defaults with { Authorization = Users(new UserOptions { Username = "b", AllowedConnectionTypes = ["X"] }) }, "unknown connection type \"X\"" },
        {
            Defaults with { Authorization = Users(new UserOptions { Username = "b", Permissions = Subscribe("a..b") }) },
            "invalid permissions for user \"b\": subscribe deny: subject \"a..b\" is not a valid subject"
        },
        { Defaults with { SystemAccount = "S" }, "error resolving system account: account missing" },
        {
            Defaults with { NoAuthUser = "a", Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "b" }] }] },
            "no_auth_user: \"a\" not present as user or nkey in authorization block or account configuration"
        },
        {
            Defaults with { Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "", Nkey = "U", Permissions = Subscribe("a..b") }] }] },
            "invalid permissions for nkey \"U\": subscribe deny: subject \"a..b\" is not a valid subject"
        },
        { Defaults with { Operator = new OperatorOptions { DefaultSentinel = "x" } }, "default sentinel requires operators and accounts" },
        { Defaults with { Operator = new OperatorOptions { TrustedKeys = ["x"] } }, "Error processing trusted operator keys" },
        { Defaults with { TrustedProxies = [""] }, "proxy trusted key \"\" is invalid" },
        {
            Defaults with { Mappings = [new SubjectMappingOptions("a..b", [])] },
            "Error adding mapping for \"a..b\" : invalid subject"
        },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Says_what_is_wrong_as_the_reference_does(ServerOptions options, string expected) => 
        Assert.Equal([expected], OptionsValidator.Validate(options).Where(static error => !error.EndsWith("not built yet", StringComparison.Ordinal)));

    [Fact]
    public void Good_options_have_no_errors() => Assert.Empty(OptionsValidator.Validate(Defaults with
    {
        NoAuthUser = "b",
        Authorization = Users(new UserOptions { Username = "b", Permissions = Subscribe("a q"), AllowedConnectionTypes = [ConnectionTypes.Standard] }),
        Mappings = [new SubjectMappingOptions("a", [new MappingDestinationOptions("b", 100)])],
    }));

    [Fact]
    public void The_user_of_those_without_credentials_may_be_an_nkey_of_an_account() => Assert.Empty(OptionsValidator.Validate(Defaults with
    {
        NoAuthUser = "U",
        Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "", Nkey = "U" }] }],
        SystemAccount = "A",
    }));

    [Fact]
    public void Everything_is_told_at_once() =>
        Assert.Equal(2, OptionsValidator.Validate(Defaults with { ServerName = "a b", MaxPending = 1 }).Count);

    private static AuthorizationOptions Users(params UserOptions[] users) => new() { Users = users };

    private static PermissionsOptions Subscribe(string denied) => new() { Subscribe = new SubjectPermissionOptions { Deny = [denied] } };
}
