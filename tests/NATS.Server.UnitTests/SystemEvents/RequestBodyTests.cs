using System.Text;
using NATS.Server.Monitoring;
using NATS.Server.SystemEvents;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class RequestBodyTests
{
    [Fact]
    public void Options_and_filter_are_read_from_one_object()
    {
        const string body = """{"sort":"rtt","SUBSCRIPTIONS":true,"limit":7,"state":2,"acc":"A","server_name":"x","tags":["t"],"unknown":{"deep":[1]}}""";
        Assert.Null(RequestBodies.Connz.Read(Encoding.UTF8.GetBytes(body), out ConnzQuery query, out RequestFilter filter));
        Assert.Equal("rtt", query.Sort);
        Assert.Equal(new ConnzOptions { Subscriptions = true, Limit = 7, State = ConnectionState.All, Account = "A" }, query.Options);
        Assert.Equal("x", filter.ServerName);
        Assert.Equal(["t"], filter.Tags);
    }

    [Fact]
    public void No_body_is_the_defaults()
    {
        Assert.Null(RequestBodies.Jsz.Read(default, out JszOptions options, out RequestFilter filter));
        Assert.Equal(new JszOptions(), options);
        Assert.Same(RequestFilter.All, filter);
    }

    [Theory]
    [InlineData("{\"limit\":\"1\"}", "json: cannot unmarshal string into Go struct field SubszEventOptions.limit of type int")]
    [InlineData("{\"offset\":9223372036854775808}", "json: cannot unmarshal number 9223372036854775808 into Go struct field SubszEventOptions.offset of type int")]
    [InlineData("{\"tags\":\"x\"}", "json: cannot unmarshal string into Go struct field SubszEventOptions.tags of type []string")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type server.SubszEventOptions")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{} {}", "invalid character '{' after top-level value")]
    public void Problems_are_named_in_the_words_of_the_reference(string body, string problem) =>
        Assert.Equal(problem, RequestBodies.Subsz.Read(Encoding.UTF8.GetBytes(body), out _, out _));
}
