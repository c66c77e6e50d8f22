using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Options;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("a:1", "a", 1)]
    [InlineData(":1", "", 1)]
    [InlineData("[::1]:1", "::1", 1)]
    [InlineData("a:-1", "a", -1)]
    public void Parses_listen_addresses(string text, string host, int port)
    {
        Assert.True(HostPort.TryParseListen(text, out var address, out _));
        Assert.Equal(new HostPort(host, port), address);
    }

    [Theory]
    [InlineData("a", "could not parse address string \"a\"")]
    [InlineData("::1:4222", "could not parse address string \"::1:4222\"")]
    [InlineData("[::1]", "could not parse address string \"[::1]\"")]
    [InlineData("[::1", "could not parse address string \"[::1\"")]
    [InlineData("[::1]x:1", "could not parse address string \"[::1]x:1\"")]
    [InlineData("a]:1", "could not parse address string \"a]:1\"")]
    [InlineData("a:", "could not parse port \"\"")]
    [InlineData("a:b", "could not parse port \"b\"")]
    [InlineData("a: 1", "could not parse port \" 1\"")]
    public void Refuses_bad_listen_addresses(string text, string expected)
    {
        Assert.False(HostPort.TryParseListen(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("a", "a", 9)]
    [InlineData("a:1", "a", 1)]
    [InlineData("a:0", "a", 9)]
    [InlineData("a:-1", "a", 9)]
    [InlineData("[::1]", "::1", 9)]
    [InlineData(" a : 1 ", "a", 1)]
    public void Parses_advertised_addresses_with_a_default_port(string text, string host, int port)
    {
        Assert.True(HostPort.TryParseAdvertise(text, 9, out var address, out _));
        Assert.Equal(new HostPort(host, port), address);
    }

    [Theory]
    [InlineData("", "no hostport specified")]
    [InlineData("a:b:c", "address a:b:c: too many colons in address")]
    [InlineData("[a:1", "address [a:1: missing ']' in address")]
    [InlineData("a[:1", "address a[:1: unexpected '[' in address")]
    [InlineData("a:x", "strconv.Atoi: parsing \"x\": invalid syntax")]
    public void Refuses_bad_advertised_addresses(string text, string expected)
    {
        Assert.False(HostPort.TryParseAdvertise(text, 9, out _, out var error));
        Assert.Equal(expected, error);
    }
}
