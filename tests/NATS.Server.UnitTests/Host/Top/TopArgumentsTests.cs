using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopArgumentsTests
{
    [Fact]
    public void Without_options_it_is_as_with_nats_top()
    {
        TopArguments asked = Parse();

        Assert.Equal("http://127.0.0.1:8222/", asked.Address.ToString());
        Assert.Equal((TimeSpan.FromSeconds(1), 0L), (asked.Delay, asked.Looks));
        Assert.Equal(new TopState { View = TopView.Connections, ConnectionOrder = "cid", Limit = 1024 }, asked.State);
    }

    [Theory]
    [InlineData("-s example.com", "http://example.com:8222/")]
    [InlineData("-s example.com:80", "http://example.com:80/")]
    [InlineData("-s example.com:9000", "http://example.com:9000/")]
    [InlineData("-s ::1", "http://[::1]:8222/")]
    [InlineData("-s [::1]:9000", "http://[::1]:9000/")]
    [InlineData("-m 9000", "http://127.0.0.1:9000/")]
    [InlineData("-s example.com:80 -m 9000", "http://example.com:9000/")]
    [InlineData("-s example.com -ms 8443", "https://example.com:8443/")]
    [InlineData("-s https://example.com", "https://example.com:443/")]
    [InlineData("-s https://example.com:8443/nats", "https://example.com:8443/nats/")]
    public void The_server_is_a_host_or_a_url(string line, string address) => Assert.Equal(new Uri(address), Parse(line.Split(' ')).Address);

    [Fact]
    public void Options_are_taken()
    {
        TopArguments asked = Parse("-n", "7", "-d", "0.5", "-r=3", "--sort", "bytes_to", "-u", "-lookup", "-b", "-cid", "9", "-o", "-", "-l", ";", "-k");

        Assert.Equal(new TopState { ConnectionOrder = "bytes_to", Limit = 7, ShowsSubjects = true, LooksUpNames = true, IsRaw = true, Cid = 9 }, asked.State);
        Assert.Equal((TimeSpan.FromSeconds(0.5), 3L, "-", ";", true), (asked.Delay, asked.Looks, asked.Output, asked.Delimiter, asked.AcceptsAnyCertificate));
        Assert.Equal("pending", Parse("-view", "streams", "-sort", "pending").State.StreamOrder);
    }

    [Theory]
    [InlineData("-x", "flag provided but not defined: -x")]
    [InlineData("-n", "flag needs an argument: -n")]
    [InlineData("-n 0", "-n takes a number of connections, 1 or more")]
    [InlineData("-m 70000", "invalid monitoring endpoint")]
    [InlineData("-m 0", "invalid monitoring endpoint")]
    [InlineData("-s ftp://x", "invalid monitoring endpoint")]
    [InlineData("-s a/b?c", "invalid monitoring endpoint")]
    [InlineData("-d 0", "-d takes seconds, 0.1 or more")]
    [InlineData("-d NaN", "-d takes seconds, 0.1 or more")]
    [InlineData("-d -1", "-d takes seconds, 0.1 or more")]
    [InlineData("-sort stop", "invalid option to sort by: stop")]
    [InlineData("-sort name", "invalid option to sort by: name")]
    [InlineData("-view streams -sort cid", "invalid option to sort by: cid")]
    [InlineData("-view all", "unknown view all: server, connections, subscriptions or streams")]
    [InlineData("-cid 0", "-cid takes the number of a connection")]
    [InlineData("-r -1", "-r takes a number of looks, 0 for no end")]
    [InlineData("-cert a", "-cert and -key go together")]
    [InlineData("-json -l ,", "-json and -l are two forms of output")]
    [InlineData("-l=", "-l takes a delimiter")]
    [InlineData("-o=", "-o takes a file, or - for standard output")]
    [InlineData("here", "unexpected argument here")]
    public void What_cannot_be_is_refused(string line, string reason)
    {
        Assert.False(TopArguments.TryParse(line.Split(' '), out _, out string? problem));
        Assert.Equal(reason, problem);
    }

    private static TopArguments Parse(params string[] arguments)
    {
        Assert.True(TopArguments.TryParse(arguments, out TopArguments? read, out string? problem), problem);
        return read;
    }
}
