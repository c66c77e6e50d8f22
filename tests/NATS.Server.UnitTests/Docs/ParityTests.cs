using System.Text.RegularExpressions;
using NATS.Server.Testing;
using NATS.Server.UnitTests.Architecture;
using Xunit;

namespace NATS.Server.UnitTests.Docs;

/// <summary><c>docs/parity.tsv</c>: one line per capability of the reference, its state here, and the tests that prove it.</summary>
public sealed partial class ParityTests
{
    private const int Capabilities = 846;
    private static readonly char[] Separators = [',', ' '];
    private static readonly string[] Statuses = ["done", "partial", "missing", "not-applicable"];

    private static IReadOnlyList<Row> Rows { get; } = Read();

    [Fact]
    public void Every_capability_has_one_row_in_order()
    {
        Assert.Equal(Capabilities, Rows.Count);
        Assert.All(Rows, row => Assert.Matches(@"^\d\d\.\d\.\d\d$", row.Id));
        Assert.Equal(Rows.Select(row => row.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), Rows.Select(row => row.Id));
    }

    [Fact]
    public void Every_status_is_one_of_four() => Assert.Empty(Rows.Where(row => !Statuses.Contains(row.Status)).Select(row => $"{row.Id}: {row.Status}"));

    [Fact]
    public void What_is_done_names_a_test() => Assert.Empty(Rows.Where(row => row.Status == "done" && row.Tests.Count == 0).Select(row => row.Id));

    [Fact]
    public void What_is_partial_or_not_applicable_says_why() =>
        Assert.Empty(Rows.Where(row => row.Status is "partial" or "not-applicable" && row.Note.Length == 0).Select(row => row.Id));

    [Fact]
    public void Named_tests_exist()
    {
        HashSet<string> tests = [.. SourceTree.Below("tests").SelectMany(file => TestsIn(file.Text))];
        Assert.Contains("ParityTests.Named_tests_exist", tests);
        Assert.Empty(Rows.SelectMany(row => row.Tests.Where(test => !tests.Contains(test)).Select(test => $"{row.Id}: {test}")));
    }

    private static List<Row> Read()
    {
        string[] lines = File.ReadAllLines(Repository.PathOf("docs", "parity.tsv"));
        Assert.Equal("id\tstatus\ttests\tnote", lines[0]);
        List<Row> rows = [];
        foreach (string line in lines.Skip(1))
        {
            string[] cells = line.Split('\t');
            Assert.True(cells.Length == 4, "four cells, separated by tabs: " + line);
            rows.Add(new Row(cells[0], cells[1], cells[2].Split(Separators, StringSplitOptions.RemoveEmptyEntries), cells[3]));
        }

        return rows;
    }

    // Class.Method for every method of a file that carries a Fact, Theory or Property attribute.
    private static IEnumerable<string> TestsIn(string text)
    {
        string name = "";
        foreach (Match match in ClassOrTest().Matches(text))
        {
            if (match.Groups["class"].Success) name = match.Groups["class"].Value;
            else yield return name + "." + match.Groups["test"].Value;
        }
    }

    [GeneratedRegex(@"^\s*(?:public|internal)[\w ]* class (?<class>\w+)|\[(?:Fact|Theory|Property)\b.*?\bpublic (?:static )?(?:async )?[\w<>]+ (?<test>\w+)\(", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ClassOrTest();

    private sealed record Row(string Id, string Status, IReadOnlyList<string> Tests, string Note);
}
