using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SubjectTests
{
    // Columns: valid, valid literal, literal, valid to publish.
    [Theory]
    [InlineData("", false, false, true, false)]
    [InlineData(".", false, false, true, false)]
    [InlineData(".foo", false, false, true, false)]
    [InlineData("foo.", false, false, true, false)]
    [InlineData("foo..bar", false, false, true, false)]
    [InlineData(">.bar", false, false, false, false)]
    [InlineData("foo.>.bar", false, false, false, false)]
    [InlineData("foo.>.>", false, false, false, false)]
    [InlineData("foo", true, true, true, true)]
    [InlineData("foo.bar.*", true, false, false, false)]
    [InlineData("foo.*.bar", true, false, false, false)]
    [InlineData("foo.bar.>", true, false, false, false)]
    [InlineData("*", true, false, false, false)]
    [InlineData(">", true, false, false, false)]
    [InlineData("*.>", true, false, false, false)]
    [InlineData("foo*", true, true, true, true)]
    [InlineData("foo**", true, true, true, true)]
    [InlineData("foo.**", true, true, true, true)]
    [InlineData("foo*bar", true, true, true, true)]
    [InlineData("foo.*bar", true, true, true, true)]
    [InlineData("foo*.bar", true, true, true, true)]
    [InlineData("*bar", true, true, true, true)]
    [InlineData("foo>", true, true, true, true)]
    [InlineData("foo>>", true, true, true, true)]
    [InlineData("foo.>>", true, true, true, true)]
    [InlineData("foo>bar", true, true, true, true)]
    [InlineData("foo.>bar", true, true, true, true)]
    [InlineData("foo>.bar", true, true, true, true)]
    [InlineData(">bar", true, true, true, true)]
    [InlineData("foo bar", false, true, true, false)]
    [InlineData(" ", false, true, true, false)]
    [InlineData("foo. ", false, true, true, false)]
    [InlineData("foo.\t", false, true, true, false)]
    [InlineData("f\no", false, true, true, false)]
    [InlineData("f\ro", false, true, true, false)]
    [InlineData("\f", false, true, true, false)]
    [InlineData("f\vo", true, true, true, true)]
    [InlineData("foo.\0", true, true, true, true)]
    public void Verdicts_on_a_subject_are_those_of_the_reference(string subject, bool valid, bool validLiteral, bool literal, bool validPublish)
    {
        Assert.Equal(valid, Subject.IsValid(Bytes(subject)));
        Assert.Equal(validLiteral, Subject.IsValidLiteral(Bytes(subject)));
        Assert.Equal(literal, Subject.IsLiteral(Bytes(subject)));
        Assert.Equal(!literal, Subject.HasWildcard(Bytes(subject)));
        Assert.Equal(validPublish, Subject.IsValidPublish(Bytes(subject)));
    }

    [Fact]
    public void A_subject_that_is_text_has_no_nul_byte_and_is_well_formed_UTF8()
    {
        Assert.True(Subject.IsValidText("foo.bar.zürich.✓.😀"u8));
        Assert.False(Subject.IsValidText("foo.bar.baz.\0"u8));
        Assert.False(Subject.IsValidText([(byte)'f', 0xFF]));
        Assert.False(Subject.IsValidText([(byte)'f', 0xC3]));
        Assert.False(Subject.IsValidText("foo.\uFFFD"u8));
        Assert.False(Subject.IsValidText("foo..bar"u8));
        Assert.False(Subject.IsValidText(""u8));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("foo", 1)]
    [InlineData("foo.bar", 2)]
    [InlineData("foo..bar", 3)]
    [InlineData(".", 2)]
    public void Tokens_are_counted(string subject, int count) => Assert.Equal(count, Subject.TokenCount(Bytes(subject)));

    [Theory]
    [InlineData("foo.bar.baz.*", 0, "")]
    [InlineData("foo.bar.baz.*", 1, "foo")]
    [InlineData("foo.bar.baz.*", 2, "bar")]
    [InlineData("foo.bar.baz.*", 3, "baz")]
    [InlineData("foo.bar.baz.*", 4, "*")]
    [InlineData("foo.bar.baz.*", 5, "")]
    [InlineData("", 1, "")]
    [InlineData("foo..bar", 2, "")]
    [InlineData("foo..bar", 3, "bar")]
    public void A_token_is_found_by_its_position(string subject, int position, string token) =>
        Assert.Equal(token, Encoding.UTF8.GetString(Subject.TokenAt(Bytes(subject), position)));

    [Fact]
    public void Walking_tokens_yields_empty_ones_too()
    {
        List<string> tokens = [];
        foreach (ReadOnlySpan<byte> token in Subject.Tokens(".a..bc."u8))
        {
            tokens.Add(Encoding.UTF8.GetString(token));
        }

        Assert.Equal(["", "a", "", "bc", ""], tokens);
    }

    [Theory]
    [InlineData("foo.bar", "foo.bar", true)]
    [InlineData("foo.*", ">", true)]
    [InlineData("foo.*", "*.*", true)]
    [InlineData("foo.*", "foo.*", true)]
    [InlineData("foo.*", "foo.bar", false)]
    [InlineData("foo.>", ">", true)]
    [InlineData("foo.>", "*.>", true)]
    [InlineData("foo.>", "foo.>", true)]
    [InlineData("foo.>", "foo.bar", false)]
    [InlineData("foo.>", "foo.*", false)]
    [InlineData("foo.*", "foo.>", true)]
    [InlineData("foo", "foo.>", false)]
    [InlineData("foo.bar", "foo", false)]
    [InlineData("foo", "foo.bar", false)]
    [InlineData("foo..bar", "foo.*", false)]
    [InlineData("foo.*", "foo..bar", false)]
    [InlineData("foo.>", "*.*", false)]
    [InlineData("", "", false)]
    [InlineData("", ">", true)]
    [InlineData("foo.bar", "foo.*x", true)] // by the first byte
    [InlineData("foo.bar", "foo.>x", false)]
    public void A_subject_is_a_subset_of_a_filter(string subject, string filter, bool expected)
    {
        Assert.Equal(expected, Subject.IsSubset(Bytes(subject), Bytes(filter)));
        Assert.Equal(expected, Subject.MatchesFilter(Bytes(subject), Bytes(filter)));
    }

    [Theory]
    [InlineData("foo", "foo", true)]
    [InlineData("foo", "bar", false)]
    [InlineData("foo", "*", true)]
    [InlineData("foo", ">", true)]
    [InlineData("foo.bar", ">", true)]
    [InlineData("foo.bar", "foo.>", true)]
    [InlineData("foo.bar", "bar.>", false)]
    [InlineData("foo", "foo.>", false)]
    [InlineData("stats.test.22", "stats.>", true)]
    [InlineData("stats.test.22", "stats.*.*", true)]
    [InlineData("foo.bar", "foo", false)]
    [InlineData("stats.test.foos", "stats.test.foos", true)]
    [InlineData("stats.test.foos", "stats.test.foo", false)]
    [InlineData("stats.test", "stats.test.*", false)]
    [InlineData("stats.test.foos", "stats.*", false)]
    [InlineData("stats.test.foos", "stats.*.*.foos", false)]
    [InlineData("*bar", "*bar", true)]
    [InlineData("abar", "*bar", false)]
    [InlineData("foo*", "foo*", true)]
    [InlineData("foo*bar", "foo*bar", true)]
    [InlineData("foo.***.bar", "foo.***.bar", true)]
    [InlineData(">bar", ">bar", true)]
    [InlineData("foo>", "foo>", true)]
    [InlineData("foo>bar", "foo>bar", true)]
    [InlineData("foo.>>>.bar", "foo.>>>.bar", true)]
    public void A_literal_is_matched_by_a_filter(string literal, string filter, bool expected) =>
        Assert.Equal(expected, Subject.MatchesLiteral(Bytes(literal), Bytes(filter)));

    [Theory]
    [InlineData("foo.*", "foo.*.bar.>", false)]
    [InlineData("foo.*", "foo.foo", true)]
    [InlineData("foo.*", "*.foo", true)]
    [InlineData("foo.bar.>", "*.bar.foo", true)]
    [InlineData("foo", "foo", true)]
    [InlineData("foo", "bar", false)]
    [InlineData("foo.*", "bar.*", false)]
    [InlineData("foo.*", "foo.*", true)]
    [InlineData("foo.>", "foo", false)]
    [InlineData("foo.>", "*.>", true)]
    [InlineData("foo.>", "*", false)]
    [InlineData("foo.*.>", "*.bar", false)]
    [InlineData("foo.*.baz", "foo.bar.*", true)]
    [InlineData("foo.*.baz", "foo.bar.qux", false)]
    [InlineData("foo..*", "foo.*.*", false)]
    [InlineData("foo.*.x*", "foo.a.*", true)]
    [InlineData("foo.*.*x", "foo.*.y", true)] // by the first byte
    public void Two_subjects_collide_when_a_literal_could_match_both(string first, string second, bool expected)
    {
        Assert.Equal(expected, Subject.Collide(Bytes(first), Bytes(second)));
        Assert.Equal(expected, Subject.Collide(Bytes(second), Bytes(first)));
    }

    // Over a small alphabet every question about wildcards can be answered by trying all literals.
    [Fact]
    public void Subset_collision_and_match_agree_with_trying_every_literal()
    {
        string[] filters = [.. Subjects(["a", "b", "*"], 3), .. Subjects(["a", "b", "*"], 2).Select(s => s + ".>"), ">"];
        string[] literals = [.. Subjects(["a", "b", "c"], 4)];
        var matched = filters.ToDictionary(f => f, f => literals.Where(l => SlowMatch.Matches(l, f)).ToHashSet());
        foreach (string filter in filters)
        {
            foreach (string literal in literals)
            {
                Assert.Equal(matched[filter].Contains(literal), Subject.MatchesLiteral(Bytes(literal), Bytes(filter)));
                Assert.Equal(matched[filter].Contains(literal), Subject.MatchesFilter(Bytes(literal), Bytes(filter)));
            }

            foreach (string other in filters)
            {
                Assert.Equal(matched[filter].Overlaps(matched[other]), Subject.Collide(Bytes(filter), Bytes(other)));
                Assert.Equal(matched[filter].IsSubsetOf(matched[other]), Subject.IsSubset(Bytes(filter), Bytes(other)));
            }
        }
    }

    private static IEnumerable<string> Subjects(string[] tokens, int longest)
    {
        IEnumerable<string> subjects = tokens;
        IEnumerable<string> all = subjects;
        for (int i = 1; i < longest; i++)
        {
            subjects = [.. subjects.SelectMany(s => tokens.Select(t => s + "." + t))];
            all = all.Concat(subjects);
        }

        return all;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
