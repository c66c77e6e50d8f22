using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using NATS.Server.SystemEvents;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class RequestFilterTests
{
    private static readonly ServerInfo Info = new() { ServerId = "N", ServerName = "east-1", Host = "10.0.0.7" };
    private static readonly ServerOptions Options = new() { Tags = ["rack:1", "ssd"], JetStreamSettings = new JetStreamOptions { Domain = "hub" } };

    [Theory]
    [InlineData("{}", true)]
    [InlineData("{\"server_name\":\"east\"}", true)]
    [InlineData("{\"server_name\":\"East\"}", false)]
    [InlineData("{\"server_name\":\"east\",\"exact_match\":true}", false)]
    [InlineData("{\"server_name\":\"east-1\",\"exact_match\":true}", true)]
    [InlineData("{\"host\":\"0.0\"}", true)]
    [InlineData("{\"host\":\"0.0\",\"exact_match\":true}", false)]
    [InlineData("{\"cluster\":\"any\"}", false)]
    [InlineData("{\"tags\":[\"SSD\",\"rack:1\"]}", true)]
    [InlineData("{\"tags\":[\"ssd\",\"rack:2\"]}", false)]
    [InlineData("{\"domain\":\"hub\"}", true)]
    [InlineData("{\"domain\":\"hu\"}", false)]
    [InlineData("{\"server_name\":\"east\",\"domain\":\"leaf\"}", false)]
    public void A_server_is_meant_when_all_of_it_fits(string body, bool isMeant)
    {
        RequestBody<object?> reader = RequestBodies.FilterOnly("VarzEventOptions");
        Assert.Null(reader.Read(Encoding.UTF8.GetBytes(body), out _, out RequestFilter filter));
        Assert.Equal(isMeant, filter.Includes(Info, Options));
    }
}
