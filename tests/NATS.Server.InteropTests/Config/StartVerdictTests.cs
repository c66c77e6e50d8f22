using NATS.Server.InteropTests.Host;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>What a check of the configuration accepts and a start refuses: both servers accept, and both refuse with the same words.</summary>
public sealed class StartVerdictTests : IDisposable
{
    private const string UserKey = "UADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZUQLX";
    private const string OperatorKey = "OADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZVCUO";
    private const string AccountKey = "AADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZVUYI";

    private static readonly OperatorSetup Operator = new();
    private static readonly OperatorSetup OperatorWithSystemAccount = new(claims => claims with { SystemAccount = AccountKey }, first: 100);
    private static readonly AccountSetup Account = Operator.AddAccount("A");
    private static readonly string Mode = $"operator: {Operator.Token}\nresolver: MEM\n";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Contradictions =>
    [
        "max_payload: 200MB",
        "lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"40s\"",
        "system_account: NONE",
        "system_account: \"$SYS\"",
        "no_auth_user: x",
        "no_auth_user: x\nauthorization { users: [] }",
        "no_auth_user: x\nauthorization { user: x }",
        "no_auth_user: x\nauthorization { users: [ { user: y } ] }",
        "no_auth_user: x\naccounts { A {} }",
        "no_auth_user: x\naccounts { A { users: [ { user: y } ] } }",
        $"no_auth_user: x\naccounts {{ A {{ users: [ {{ nkey: {UserKey} }} ] }} }}",
        "default_sentinel: x",
        "proxies { trusted: [ {} ] }",
        $"operator: {Operator.Token}\nresolver: MEM\naccounts {{ A {{}} }}",
        $"operator: {Operator.Token}\nresolver: MEM\naccounts: [A]\nauthorization {{ users: [ {{ user: a }} ] }}",
        Mode + "mappings { a: b }",
        Mode + "authorization { users: [ { user: a } ] }",
        Mode + $"authorization {{ users: [ {{ nkey: {UserKey} }} ] }}",
        Mode + "no_auth_user: x",
        Mode + $"trusted_keys: {OperatorKey}",
        Mode + "default_sentinel: x",
        Mode + $"default_sentinel: {Account.AddUser("u").Token}",
        Mode + $"default_sentinel: {Account.Token}",
        Mode + "resolver_pinned_accounts: [ x ]",
        Mode + $"resolver_pinned_accounts: [ {UserKey} ]",
        Mode + $"authorization {{ auth_callout {{ issuer: {AccountKey}, auth_users: [ a ] }} }}",
        Mode + $"system_account: {AccountKey}\nmax_payload: 200MB",
        $"operator: {OperatorWithSystemAccount.Token}\nresolver: MEM\nsystem_account: {Account.Id}",
        $"operators: [ {Operator.Token}, {OperatorWithSystemAccount.Token} ]",
        $"operator: {Operator.Token}\nresolver {{ type: full, dir: \"./jwt\" }}",
        $"operator: {Operator.Token}\nresolver {{ type: cache, dir: \"./jwt\" }}",
        $"operator: {WithVersion("3.0.0")}\nresolver: MEM",
        $"operator: {WithVersion("2.99.0")}\nresolver: MEM",
        $"operator: {WithVersion("2.15.99")}\nresolver: MEM",
        $"operator: {WithVersion("x")}\nresolver: MEM",
        $"operator: {WithVersion("1.x.1")}\nresolver: MEM",
    ];

    [Theory]
    [MemberData(nameof(Contradictions))]
    public async Task What_only_a_start_refuses_is_refused_in_the_same_words(string text)
    {
        _folder.Write("test.conf", $"listen: \"127.0.0.1:-1\"\n{text}\n");
        var (checkedByReference, checkedByOurs) = await CommandRun.OfBothAsync(_folder.Path, "-t", "-c", "test.conf");
        Assert.Equal((0, 0), (checkedByReference.ExitCode, checkedByOurs.ExitCode));
        Assert.Equal(checkedByReference.ErrorLines, checkedByOurs.ErrorLines);

        var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, "-c", "test.conf");
        Assert.Equal(reference.ErrorLines[0], ours.ErrorLines[0]);
        Assert.Equal((1, 1), (reference.ExitCode, ours.ExitCode));
    }

    public static TheoryData<string> Mistakes =>
    [
        "accounts { A { imports: [ { stream { account: B, subject: x } } ] } }",
        "accounts { A { users: [ { user: a }, { user: a } ] } }",
        "accounts { A { usrs: [] } }",
        "authorization { users: [ { nkey: x } ] }",
        "authorization { auth_callout {} }",
        "proxies { trusted: [ { key: x } ] }",
        "trusted_keys: x",
        "resolver: x",
        "resolver_preload { A: b }",
        "operator: \"none.jwt\"",
        "system_account: 5",
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task What_a_check_refuses_a_start_refuses_in_the_same_words(string text)
    {
        _folder.Write("test.conf", $"listen: \"127.0.0.1:-1\"\n{text}\n");
        foreach (string[] arguments in (string[][])[["-t", "-c", "test.conf"], ["-c", "test.conf"]])
        {
            var (reference, ours) = await CommandRun.OfBothAsync(_folder.Path, arguments);
            Assert.Equal(reference.ErrorLines.Select(WithoutSuggestion), ours.ErrorLines.Select(WithoutSuggestion));
            Assert.Equal((1, 1), (reference.ExitCode, ours.ExitCode));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string WithoutSuggestion(string line) => line.Split(", did you mean", 2)[0];

    private static string WithVersion(string version) => new OperatorSetup(claims => claims with { AssertServerVersion = version }, first: 200).Token;
}
