using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class SubjectNameTests
{
    private static SubjectName Name(string text) => SubjectName.TryParse(text, out SubjectName name) ? name : throw new FormatException(text);

    [Theory]
    [InlineData("CN=a,O=b", "CN=a,O=b", true, true)]
    [InlineData("cn=a,o=b", "CN=a,O=b", true, true)]
    [InlineData("CN=a, O=b ", "CN=a,O=b", true, true)]
    [InlineData("O=b,CN=a", "CN=a,O=b", false, true)]
    [InlineData("CN=A,O=b", "CN=a,O=b", false, false)]
    [InlineData("CN=a", "CN=a,O=b", false, false)]
    [InlineData("CN=a+OU=x,O=b", "OU=x+CN=a,O=b", true, true)]
    [InlineData("CN=a+OU=x,O=b", "CN=a,OU=x,O=b", false, false)]
    [InlineData("CN=a\\,b", "CN=a\\2cb", true, true)]
    [InlineData("CN=\\ a\\ ", "CN=\\20a\\20", true, true)]
    [InlineData("DC=com,DC=acme,CN=a", "CN=a,DC=acme,DC=com", false, true)]
    public void Names_are_compared_part_by_part(string first, string second, bool same, bool sameParts)
    {
        Assert.Equal(same, Name(first).IsSameAs(Name(second)));
        Assert.Equal(same, Name(second).IsSameAs(Name(first)));
        Assert.Equal(sameParts, Name(first).HasSameParts(Name(second)));
        Assert.Equal(sameParts, Name(second).HasSameParts(Name(first)));
    }

    // 2026-13 (CVE-2026-33248): parts that occur twice were matched by one.
    [Theory]
    [InlineData("CN=a,OU=x,OU=x", "CN=a,OU=x,OU=y")]
    [InlineData("CN=a,OU=x,OU=y", "CN=a,OU=x,OU=x")]
    [InlineData("DC=a,DC=a,DC=b", "DC=a,DC=b,DC=b")]
    [InlineData("CN=a+CN=a+CN=b", "CN=a+CN=b+CN=b")]
    public void Advisory_2026_13_parts_count_as_often_as_they_occur(string first, string second)
    {
        Assert.False(Name(first).HasSameParts(Name(second)));
        Assert.False(Name(second).HasSameParts(Name(first)));
    }

    [Theory]
    [InlineData("joe")]
    [InlineData("=a")]
    [InlineData("CN=a,joe")]
    [InlineData("CN=a,,O=b")]
    [InlineData("CN=#0401")]
    [InlineData("CN=a\\")]
    [InlineData("CN=a\\4")]
    [InlineData("CN=a\\zz")]
    public void What_is_no_name_is_refused(string text) => Assert.False(SubjectName.TryParse(text, out _));
}
