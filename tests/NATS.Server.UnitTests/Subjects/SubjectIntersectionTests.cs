using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SubjectIntersectionTests
{
    [Theory]
    [InlineData("foo", "foo", "foo")]
    [InlineData("foo", "bar", null)]
    [InlineData("foo", "*", "foo")]
    [InlineData("foo.bar", "*", null)]
    [InlineData("foo.bar", ">", "foo.bar")]
    [InlineData("*", ">", "*")]
    [InlineData(">", ">", ">")]
    [InlineData("foo.*", "*.bar", "foo.bar")]
    [InlineData("foo.>", "foo", null)]
    [InlineData("foo.>", "foo.bar.*", "foo.bar.*")]
    [InlineData("foo.*.>", "*.bar.*", "foo.bar.*")]
    [InlineData("foo.>", "*.bar.>", "foo.bar.>")]
    [InlineData("*.*", "foo.>", "foo.*")]
    [InlineData("*.*.x", "foo.>", "foo.*.x")]
    [InlineData("a.*.c", "a.b.*.d", null)]
    public void The_intersection_is_what_both_match_whichever_comes_first(string first, string second, string? expected)
    {
        Assert.Equal(expected, Text(SubjectIntersection.Of(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(second))));
        Assert.Equal(expected, Text(SubjectIntersection.Of(Encoding.UTF8.GetBytes(second), Encoding.UTF8.GetBytes(first))));
    }

    // Every pattern of up to three tokens against every other, judged by every literal of up to four.
    [Fact]
    public void A_literal_matches_the_intersection_exactly_when_it_matches_both()
    {
        string[] tokens = ["a", "b", "*"];
        string[][] heads = [[], .. tokens.Select(t => new[] { t }), .. from x in tokens from y in tokens select new[] { x, y }];
        byte[][] patterns = [.. heads.SelectMany(head => tokens.Append(">").Select(last => Encoding.UTF8.GetBytes(string.Join('.', [.. head, last]))))];
        string[] letters = ["a", "b", "c"];
        IEnumerable<string> literals = letters;
        for (int length = 2; length <= 4; length++) literals = literals.Concat(literals.SelectMany(l => letters.Select(x => $"{l}.{x}"))).Distinct();
        byte[][] subjects = [.. literals.Select(Encoding.UTF8.GetBytes)];
        foreach (byte[] first in patterns)
        {
            foreach (byte[] second in patterns)
            {
                byte[]? common = SubjectIntersection.Of(first, second);
                foreach (byte[] subject in subjects)
                {
                    bool both = Subject.MatchesLiteral(subject, first) && Subject.MatchesLiteral(subject, second);
                    Assert.Equal(both, common is not null && Subject.MatchesLiteral(subject, common));
                }
            }
        }
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
