using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Accounts;

public sealed class AccountLinkerTests
{
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    [Fact]
    public void An_import_of_what_an_account_exports_is_linked_to_that_account()
    {
        AccountModel importer = Link(Exporting("A", Stream("foo.*")), Importing("B", new ImportOptions(ExportKind.Stream, "A", "foo.bar")))[1];

        StreamImport import = Assert.Single(importer.StreamImports);
        Assert.Same(_accounts["A"], import.Exporter);
        Assert.Null(import.Transform);
        Assert.Empty(_problems);
    }

    [Theory]
    [InlineData("", "pre", "pre.foo.*", "foo.x", "pre.foo.x")]
    [InlineData("", "pre.", "pre.foo.*", "foo.x", "pre.foo.x")]
    [InlineData("bar.$1.end", "", "bar.*.end", "foo.x", "bar.x.end")]
    [InlineData("bar.{{wildcard(1)}}", "", "bar.*", "foo.x", "bar.x")]
    [InlineData("bar.*", "", "bar.*", "foo.x", "bar.x")]
    public void A_stream_import_may_move_its_subjects(string to, string prefix, string pattern, string subject, string expected)
    {
        var declared = new ImportOptions(ExportKind.Stream, "A", "foo.*") { To = to, Prefix = prefix };
        StreamImport import = Assert.Single(Link(Exporting("A", Stream("foo.*")), Importing("B", declared))[1].StreamImports);

        Assert.Equal(pattern, Encoding.UTF8.GetString(import.To));
        Assert.Equal(expected, import.Transform!.Transform(subject, new Random(1)));
        Assert.Equal(subject, import.Reverse!.Transform(expected, new Random(1)));
    }

    [Fact]
    public void A_service_import_leads_from_the_subject_here_to_the_subject_there()
    {
        var declared = new ImportOptions(ExportKind.Service, "A", "svc.*.req") { To = "my.$1" };
        ServiceImport import = Assert.Single(Link(Exporting("A", Service("svc.*.req")), Importing("B", declared))[1].ServiceImports);

        Assert.Equal("my.*", Encoding.UTF8.GetString(import.From));
        Assert.Equal("svc.*.req", Encoding.UTF8.GetString(import.To));
        Assert.Equal("svc.x.req", import.Transform!.Transform("my.x", new Random(1)));
        Assert.Equal("svc.*.req", import.Export.Subject);
    }

    [Theory]
    [InlineData("bar", "stream import not authorized")]
    [InlineData("foo.>", "stream import not authorized")]
    [InlineData("foo..x", "stream import not authorized")]
    public void What_nobody_exports_cannot_be_imported(string subject, string problem)
    {
        Assert.Empty(Link(Exporting("A", Stream("foo.*")), Importing("B", new ImportOptions(ExportKind.Stream, "A", subject)))[1].StreamImports);
        Assert.Equal($"Error adding stream import \"{subject}\": {problem}", Assert.Single(_problems));
    }

    [Fact]
    public void A_private_export_is_for_the_accounts_it_names()
    {
        ImportOptions import = new(ExportKind.Stream, "A", "foo");
        IReadOnlyList<AccountModel> models = Link(Exporting("A", Stream("foo") with { Accounts = ["B"] }), Importing("B", import), Importing("C", import));

        Assert.Single(models[1].StreamImports);
        Assert.Empty(models[2].StreamImports);
        Assert.Equal("Error adding stream import \"foo\": stream import not authorized", Assert.Single(_problems));
    }

    [Fact]
    public void An_export_that_needs_a_token_asks_the_check_of_tokens()
    {
        AccountOptions exporter = Exporting("A", Stream("foo") with { Accounts = [] });
        AccountOptions importer = Importing("B", new ImportOptions(ExportKind.Stream, "A", "foo"));
        AccountModel exporting = Link(exporter)[0];

        foreach (bool isGood in (bool[])[true, false])
        {
            var linker = new AccountLinker(name => name == "A" ? exporting : null, Identify, (_, export, name, _) => isGood && export.Subject == "foo" && name == "B");
            Assert.Equal(isGood ? 1 : 0, linker.Link(importer, _problems.Add).StreamImports.Count);
        }

        Assert.Empty(new AccountLinker(_ => exporting, Identify).Link(importer, _problems.Add).StreamImports);
        Assert.Equal(2, _problems.Count);
    }

    [Theory]
    [InlineData("foo.B.bar", true)]
    [InlineData("foo.C.bar", false)]
    [InlineData("foo.*.bar", false)]
    [InlineData("foo.*.x", false)]
    public void The_token_at_the_accounts_position_must_be_the_importer(string subject, bool isAllowed)
    {
        AccountOptions exporter = Exporting("A", Stream("foo.*.*") with { AccountTokenPosition = 2 });
        AccountModel importer = Link(exporter, Importing("B", new ImportOptions(ExportKind.Stream, "A", subject)))[1];
        Assert.Equal(isAllowed, importer.StreamImports.Count == 1);
    }

    [Fact]
    public void The_same_stream_is_imported_once()
    {
        ImportOptions import = new(ExportKind.Stream, "A", "foo");
        AccountModel importer = Link(Exporting("A", Stream("foo")), Importing("B", import, import with { Prefix = "x" }))[1];

        Assert.Single(importer.StreamImports);
        Assert.Equal("Error adding stream import \"foo\": stream import already exists", Assert.Single(_problems));
    }

    [Theory]
    [InlineData(ExportKind.Stream)]
    [InlineData(ExportKind.Service)]
    public void Imports_that_lead_in_a_circle_are_refused(ExportKind kind)
    {
        AccountOptions Circle(string name, string from) => new()
        {
            Name = name,
            Exports = [new ExportOptions(kind, ">")],
            Imports = [new ImportOptions(kind, from, "x")],
        };
        Link(Circle("A", "B"), Circle("B", "C"), Circle("C", "A"));

        Assert.EndsWith("import forms a cycle", Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Fact]
    public void An_import_from_an_unknown_account_is_reported()
    {
        Link(Importing("B", new ImportOptions(ExportKind.Service, "X", "foo")));
        Assert.Equal("\"X\" account not defined for service import", Assert.Single(_problems));
    }

    [Fact]
    public void A_wildcard_import_must_use_all_wildcards()
    {
        Link(Exporting("A", Stream("foo.*.*")), Importing("B", new ImportOptions(ExportKind.Stream, "A", "foo.*.*") { To = "bar.$1" }));
        Assert.Equal(
            "Error adding stream import \"foo.*.*\": failed to create mapping transform for stream import subject from \"foo.*.*\" to \"bar.$1\": " +
            "invalid mapping destination: not using all of the token wildcard(s) in bar.$1",
            Assert.Single(_problems));
    }

    private static ExportOptions Stream(string subject) => new(ExportKind.Stream, subject);

    private static ExportOptions Service(string subject) => new(ExportKind.Service, subject);

    private static AccountOptions Exporting(string name, params ExportOptions[] exports) => new() { Name = name, Exports = exports };

    private static AccountOptions Importing(string name, params ImportOptions[] imports) => new() { Name = name, Imports = imports };

    private IReadOnlyList<AccountModel> Link(params AccountOptions[] accounts) => AccountLinker.LinkAll(accounts, Identify, _problems.Add);

    private Account Identify(string name)
    {
        if (!_accounts.TryGetValue(name, out Account? account)) _accounts[name] = account = new Account(name);
        return account;
    }
}
