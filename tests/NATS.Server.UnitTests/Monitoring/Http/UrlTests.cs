using System.Text;
using NATS.Server.Monitoring.Http;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Http;

public sealed class UrlTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("varz", "/varz")]
    [InlineData("//varz", "/varz")]
    [InlineData("/./varz", "/varz")]
    [InlineData("/a/../varz", "/varz")]
    [InlineData("/varz/../..", "/")]
    [InlineData("/varz/", "/varz/")]
    [InlineData("/varz//", "/varz/")]
    [InlineData("nats//x/", "/nats/x/")]
    [InlineData("/...", "/...")]
    public void Paths_are_cleaned(string path, string expected) => Assert.Equal(expected, UrlPath.Clean(path));

    [Theory]
    [InlineData("a=1&b=2", "b", "2")]
    [InlineData("a=1&a=2", "a", "1")]
    [InlineData("a", "a", "")]
    [InlineData("a=b=c", "a", "b=c")]
    [InlineData("&&a=1&", "a", "1")]
    [InlineData("a=x+y%20z%2B", "a", "x y z+")]
    [InlineData("%61=1", "a", "1")]
    [InlineData("a=%zz", "a", "")]
    [InlineData("a=%zz&a=2", "a", "2")]
    [InlineData("a=1;b=2&a=3", "a", "3")]
    [InlineData("a=%C3%A4", "a", "ä")]
    [InlineData("A=1", "a", "")]
    [InlineData("", "a", "")]
    public void Parameters_are_decoded_and_undecodable_pairs_are_dropped(string query, string name, string expected) =>
        Assert.Equal(expected, new UrlQuery(query).Text(name));

    [Fact]
    public void Values_keep_their_bytes() => Assert.Equal([0xff, 0], new UrlQuery("a=%ff%00").Bytes("a").ToArray());

    [Theory]
    [InlineData("/a%2Fb%41", true, "/a/bA")]
    [InlineData("/%c3%a4", true, "/ä")]
    [InlineData("/%ff", true, "/\ufffd")]
    [InlineData("/a+b", true, "/a+b")]
    [InlineData("/%", false, "")]
    [InlineData("/%4", false, "")]
    [InlineData("/%g0", false, "")]
    public void Percent_encoding_is_removed_from_paths(string encoded, bool isValid, string expected)
    {
        Assert.Equal(isValid, UrlPath.TryDecode(Encoding.Latin1.GetBytes(encoded), out string decoded));
        Assert.Equal(expected, decoded);
    }
}
