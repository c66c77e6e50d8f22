using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Jwt;

public sealed class ClaimValidatorTests
{
    private const long Now = 1_700_000_000;

    private readonly OperatorSetup _operator = new() { Now = Now };
    private readonly ClaimValidator _validator = new(Now, static name => name == "Europe/Berlin" ? TimeZoneInfo.Utc : null);

    [Fact]
    public void Times_are_checked_without_blocking()
    {
        ClaimIssues expired = _validator.Validate(new GenericClaims { Expires = Now - 1 });
        Assert.Equal("claim is expired", expired.FirstError(withTimes: true));
        Assert.False(expired.IsBlocking(withTimes: false));
        Assert.True(expired.IsBlocking(withTimes: true));
        Assert.Equal("claim is not yet valid", _validator.Validate(new GenericClaims { NotBefore = Now + 1 }).ToString());
        Assert.Equal("", _validator.Validate(new GenericClaims { Expires = Now, NotBefore = Now }).ToString());
    }

    [Theory]
    [InlineData("1.2", "assert server version error: asserted server version must be of the form <major>.<minor>.<update>")]
    [InlineData("1.x.3", "assert server version error: asserted server version cant parse x to int")]
    [InlineData("1.-2.3", "assert server version error: asserted server version can'b contain negative values: 1.-2.3")]
    [InlineData("2.15.0", "")]
    public void Asserted_versions_are_checked(string version, string expected) =>
        Assert.Equal(expected, _validator.Validate(_operator.Claims with { AssertServerVersion = version }).ToString());

    [Theory]
    [InlineData("nats://h:1", "")]
    [InlineData("http://h", "operator service url \"http://h\" - protocol not supported (only 'nats', 'tls', 'ws', 'wss' only)")]
    [InlineData("nats://u:p@h", "operator service url \"nats://u:p@h\" - credentials are not supported")]
    [InlineData("nats://h/p", "operator service url \"nats://h/p\" - paths are not supported")]
    public void Service_urls_are_checked(string url, string expected) =>
        Assert.Equal(expected, _validator.Validate(_operator.Claims with { OperatorServiceUrls = [url] }).ToString());

    [Fact]
    public void Keys_of_operators_are_checked()
    {
        string account = _operator.AddAccount("A").Id;
        Assert.Equal(account + " is not an operator public key", _validator.Validate(_operator.Claims with { SigningKeys = [account] }).ToString());
        string own = _operator.Key.ToString();
        Assert.Equal(own + " is not an account public key", _validator.Validate(_operator.Claims with { SystemAccount = own }).ToString());
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.1.2.3/8", true)]
    [InlineData("::1/128", true)]
    [InlineData("2001:db8::/32", true)]
    [InlineData("10.0.0.0", false)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("10.0.0/8", false)]
    [InlineData("010.0.0.0/8", false)]
    [InlineData("10.0.0.0/+8", false)]
    [InlineData("/8", false)]
    [InlineData("", false)]
    public void Sources_must_be_networks(string source, bool isValid)
    {
        string expected = isValid ? "" : $"invalid cidr \"{source}\" in user src limits";
        Assert.Equal(expected, _validator.Validate(new UserClaims { Rights = UserRights.None with { Sources = [source] } }).ToString());
    }

    [Theory]
    [InlineData("08:00:00", "17:00:00", "")]
    [InlineData("8:00:00", "17:00:00", "")]
    [InlineData("", "17:00:00", "time ranges start must contain a start")]
    [InlineData("08:00:00", "", "time ranges end must contain an end")]
    [InlineData("24:00:00", "17:00:00", "start in time range is invalid \"24:00:00\"")]
    [InlineData("08:00:00", "17:00", "end in time range is invalid \"17:00\"")]
    public void Times_of_day_are_checked(string start, string end, string expected) =>
        Assert.Equal(expected, _validator.Validate(new UserClaims { Rights = UserRights.None with { Times = [new TimeRange(start, end)] } }).ToString());

    // A name of a time zone is a path: one that leads elsewhere must not reach whoever opens it.
    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Europe/Nowhere", false)]
    [InlineData("../../dev/zero", false)]
    [InlineData("/dev/zero", false)]
    [InlineData("Europe/../../dev/zero", false)]
    public void Time_zones_are_checked(string zone, bool isValid)
    {
        List<string> asked = [];
        var validator = new ClaimValidator(Now, name =>
        {
            asked.Add(name);
            return name == "Europe/Berlin" ? TimeZoneInfo.Utc : null;
        });
        ClaimIssues issues = validator.Validate(new UserClaims { Rights = UserRights.None with { TimeZone = zone } });
        Assert.Equal(isValid, !issues.IsBlocking(withTimes: false));
        Assert.DoesNotContain(asked, name => name.Contains("dev", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a b", "Permission Subject \"a b\" is not allowed to contain queue")]
    [InlineData("a b c", "Permission Subject \"a b c\" contains too many spaces")]
    [InlineData(".a", "subject \".a\" cannot start or end with a `.`")]
    [InlineData("a..b", "subject \"a..b\" cannot contain consecutive `.`")]
    [InlineData("", "subject cannot be empty")]
    public void Permissions_are_checked(string subject, string expected)
    {
        UserRights rights = UserRights.None with { Permissions = new ClaimPermissions(new PermissionList([subject], []), PermissionList.None) };
        Assert.Equal(expected, _validator.Validate(new UserClaims { Rights = rights }).ToString());
    }

    [Fact]
    public void An_activation_must_be_made_for_the_importer_by_the_exporter_for_the_subject()
    {
        AccountSetup exporter = _operator.AddAccount("E");
        AccountSetup importer = _operator.AddAccount("I");
        AccountSetup stranger = _operator.AddAccount("S");
        string right = exporter.Activate(importer, "q.>", ExportKind.Service);

        Assert.Equal("", Check(right, "q.a"));
        Assert.Equal("activation token import subject \"q.>\" doesn't match import \"p\"", Check(right, "p"));
        Assert.Equal("import \"q.a\" contains an invalid activation token", Check("x", "q.a"));
        Assert.Equal("activation token doesn't match account it is being included in, \"q.a\"", Check(exporter.Activate(stranger, "q.>", ExportKind.Service), "q.a"));
        Assert.Equal("activation token doesn't match account for import \"q.a\"", Check(stranger.Activate(importer, "q.>", ExportKind.Service), "q.a"));
        Assert.Equal("mismatch between token import type stream and type of import service", Check(exporter.Activate(importer, "q.>", ExportKind.Stream), "q.a"));

        string Check(string token, string subject)
        {
            var import = new ClaimImport { Account = exporter.Id, Subject = subject, Token = token, Kind = ExportKind.Service };
            return _validator.Validate(importer.Claims with { Imports = [import] }).ToString();
        }
    }

    [Theory]
    [InlineData("a.*", "b.$1", "")]
    [InlineData("a.*", "b.*", "")]
    [InlineData("a.*.*", "b.$2.$1", "")]
    [InlineData("a.*", "b", "subject does not contain enough * or reference wildcards $[0-9]")]
    [InlineData("a.*", "b.$2", "Reference $2 in \"b.$2\" reference * in \"a.*\" that do not exist; subject does not contain enough * or reference wildcards $[0-9]")]
    [InlineData("a.>", "b", "both, renaming subject and subject, need to end or not end in >")]
    public void Local_subjects_are_checked(string subject, string local, string expected)
    {
        var import = new ClaimImport { Account = _operator.AddAccount("E").Id, Subject = subject, LocalSubject = local, Kind = ExportKind.Stream };
        Assert.Equal(expected, Validate(account => account with { Imports = [import] }));
    }

    [Fact]
    public void Service_imports_of_one_exporter_may_not_overlap()
    {
        string exporter = _operator.AddAccount("E").Id;
        ClaimImport first = new() { Account = exporter, Subject = "a.*", Kind = ExportKind.Service };
        Assert.Equal($"overlapping subject namespace for \"a.b\" and \"a.*\" in same account \"{exporter}\"", Validate(account => account with { Imports = [first, first with { Subject = "a.b" }] }));
        Assert.Equal("", Validate(account => account with { Imports = [first, first with { Subject = "a.b", Account = _operator.AddAccount("F").Id }] }));
    }

    [Fact]
    public void Exports_are_checked()
    {
        var service = new ClaimExport { Subject = "a.*", Kind = ExportKind.Service };
        Assert.Equal("", Validate(service));
        Assert.Equal("invalid export type: \"unknown\"", Validate(service with { Kind = ExportKind.Unknown }));
        Assert.Equal("invalid response type for service: \"X\"", Validate(service with { ResponseType = "X" }));
        Assert.Equal("Account Token Position 3 exceeds length of subject 'a.*'", Validate(service with { AccountTokenPosition = 3 }));
        Assert.Equal("Account Token Position 1 matches 'a' but must match a * in: a.*", Validate(service with { AccountTokenPosition = 1 }));
        Assert.Equal("sampling percentage needs to be between 1-100", Validate(service with { Latency = new ClaimLatency(101, "l") }));
        Assert.Equal("service export subject \"a.*\" already exports \"a.b\"", this.Validate(account => account with { Exports = [service, service with { Subject = "a.b" }] }));

        string Validate(ClaimExport export) => this.Validate(account => account with { Exports = [export] });
    }

    [Fact]
    public void Limits_of_the_operator_are_kept()
    {
        var import = new ClaimImport { Account = _operator.AddAccount("E").Id, Subject = "a", Kind = ExportKind.Stream };
        Assert.StartsWith("the account contains more imports than allowed by the operator", Validate(account => account with { Imports = [import], Limits = account.Limits with { Imports = 0 } }));
        var export = new ClaimExport { Subject = "a.*", Kind = ExportKind.Stream };
        Assert.Equal("the account contains more exports than allowed by the operator", Validate(account => account with { Exports = [export], Limits = account.Limits with { Exports = 0 } }));
        Assert.Equal("the account contains wildcard exports that are not allowed by the operator", Validate(account => account with { Exports = [export], Limits = account.Limits with { Exports = 1, WildcardExports = false } }));
    }

    [Fact]
    public void Mappings_may_not_exceed_the_whole()
    {
        Assert.Equal("Mapping \"a\" exceeds 100% among all of it's weighted to mappings", Validate(account => account with { Mappings = Map(new("b", 60), new("c", 60)) }));
        Assert.Equal("Mapping \"a\" in cluster \"x\" exceeds 100% among all of it's weighted to mappings", Validate(account => account with { Mappings = Map(new("b"), new("c", 60, "x"), new("d", 60, "x")) }));

        static Dictionary<string, IReadOnlyList<WeightedDestination>> Map(params WeightedDestination[] destinations) => new(StringComparer.Ordinal) { ["a"] = destinations };
    }

    [Fact]
    public void External_authorization_is_checked()
    {
        string user = _operator.NewKey(NkeyRole.User).ToString();
        Assert.Equal("External authorization cannot have accounts without users specified", Validate(account => account with { Authorization = new ExternalAuthorization([], ["*"], "") }));
        Assert.Equal("AuthUser \"x\" is not a valid user public key", Validate(account => account with { Authorization = new ExternalAuthorization(["x"], [], "") }));
        Assert.Equal("XKey \"x\" is not a valid public xkey", Validate(account => account with { Authorization = new ExternalAuthorization([user], [], "x") }));
    }

    private string Validate(Func<AccountClaims, AccountClaims> change) => _validator.Validate(change(_operator.AddAccount("A").Claims)).ToString();
}
