using NATS.Server.Monitoring;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class HealthBuilderTests
{
    private readonly FakeMonitoredServer _server = new();

    [Fact]
    public void A_server_whose_listeners_are_up_is_ok_whatever_is_asked_about_jetstream()
    {
        HealthzOptions[] questions =
        [
            new(), new() { JsEnabledOnly = true }, new() { JsServerOnly = true }, new() { JsMetaOnly = true }, new() { Details = true }, new() { Account = "a" },
            new() { Account = "a", Stream = "s" }, new() { Account = "a", Stream = "s", Consumer = "c" },
        ];
        Assert.All(questions, x => Assert.Equal(new HealthStatus { Status = "ok", StatusCode = 200 }, HealthBuilder.Build(x, _server)));
    }

    [Theory]
    [InlineData("", "s", "", "\"account\" must not be empty when checking stream health")]
    [InlineData("", "", "c", "\"stream\" must not be empty when checking consumer health")]
    [InlineData("a", "", "c", "\"stream\" must not be empty when checking consumer health")]
    public void A_stream_needs_its_account_and_a_consumer_its_stream(string account, string stream, string consumer, string error)
    {
        var options = new HealthzOptions { Account = account, Stream = stream, Consumer = consumer };
        HealthStatus plain = HealthBuilder.Build(options, _server);
        Assert.Equal(("error", 400, error, null), (plain.Status, plain.StatusCode, plain.Error, plain.Errors));

        HealthStatus detailed = HealthBuilder.Build(options with { Details = true }, _server);
        Assert.Equal(("error", 400, null), (detailed.Status, detailed.StatusCode, detailed.Error));
        Assert.Equal(new HealthzError { Type = HealthzErrorType.BadRequest, Error = error }, Assert.Single(detailed.Errors!));
    }

    [Fact]
    public void A_listener_that_is_down_is_named()
    {
        _server.Listeners.Clear();
        _server.Listeners.AddRange([new("server", false, "accept failed"), new("route", true), new("mqtt", false), new("leafnode", true, "odd")]);
        HealthStatus status = HealthBuilder.Build(new HealthzOptions(), _server);
        Assert.Equal(("error", 500), (status.Status, status.StatusCode));
        Assert.Equal("failed to be ready for connections after 1ms: server(accept failed), mqtt, leafnode(ok, but odd)", status.Error);
        HealthzError detail = Assert.Single(HealthBuilder.Build(new HealthzOptions { Details = true }, _server).Errors!);
        Assert.Equal((HealthzErrorType.Connection, status.Error), (detail.Type, detail.Error));
    }
}
