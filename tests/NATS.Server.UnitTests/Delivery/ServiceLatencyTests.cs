using System.Buffers;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Delivery;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

public sealed class ServiceLatencyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly Account Exporter = new("B");

    [Fact]
    public void An_answered_request_is_told_field_for_field()
    {
        var measurement = new ServiceMeasurement
        {
            Exporter = Exporter,
            Subject = "lat"u8.ToArray(),
            Requestor = new RequestOrigin(new ClientIdentity { Account = new Account("A") }, 1000, IsDetailed: false, NamesServer: false, Service: null),
            Time = Noon,
            Timestamp = 0,
            HeaderJson = "{\"B3\":[\"1\"]}"u8.ToArray(),
        };
        var responder = new RequestOrigin(new ClientIdentity { Account = Exporter, Start = Noon, Id = 3 }, 400, IsDetailed: true, NamesServer: true, Service: null);
        Assert.Equal(
            "{\"type\":\"io.nats.server.metric.v1.service_latency\",\"id\":\"ID\",\"timestamp\":\"2026-11-22T12:00:01Z\",\"status\":200,"
            + "\"requestor\":{\"acc\":\"A\",\"rtt\":1000},"
            + "\"responder\":{\"start\":\"2026-11-22T12:00:00Z\",\"id\":3,\"acc\":\"B\",\"rtt\":400,\"server\":\"S\",\"kind\":\"Client\",\"client_type\":\"nats\"},"
            + "\"header\":{\"B3\":[\"1\"]},\"start\":\"2026-11-22T11:59:59.999999Z\",\"service\":4600,\"system\":20,\"total\":6020}",
            Json(ServiceLatency.Answered(measurement, responder, Noon.AddSeconds(1), tookNs: 5000, systemNs: 20)));
    }

    [Fact]
    public void Estimates_never_make_a_time_negative()
    {
        var responder = new RequestOrigin(new ClientIdentity { Account = Exporter }, 9000, IsDetailed: true, NamesServer: true, Service: null);
        Assert.Equal(0, ServiceLatency.Answered(Unknown(), responder, Noon, tookNs: 5000, systemNs: 0).ServiceNs);
    }

    [Theory]
    [InlineData("BadRequest", 400, "Bad Request")]
    [InlineData("InterestLost", 408, "Request Timeout")]
    [InlineData("Undelivered", 503, "Service Unavailable")]
    [InlineData("Timeout", 504, "Service Timeout")]
    public void An_unanswered_request_has_a_status(string end, int status, string description) =>
        Assert.Equal(
            $"{{\"type\":\"io.nats.server.metric.v1.service_latency\",\"id\":\"ID\",\"timestamp\":\"2026-11-22T12:00:00Z\",\"status\":{status},"
            + $"\"description\":\"{description}\",\"start\":\"2026-11-22T12:00:00Z\",\"service\":0,\"system\":0,\"total\":0}}",
            Json(ServiceLatency.Unanswered(Unknown(), Enum.Parse<RequestEnd>(end), Noon)));

    [Fact]
    public void A_measurement_is_published_in_the_exporting_account()
    {
        ServiceWorld world = Measured(out ServicePeer latencies, out ServicePeer responder, out ServicePeer requester);
        requester.Publish("req.x", "inbox.1");
        Assert.EndsWith(".T", responder.LastReply, StringComparison.Ordinal);
        responder.Publish(responder.LastReply);
        Eventually.Equal(1, () => latencies.Received.Count, "the measurement is published");
        Assert.Contains("\"status\":200", latencies.Received[0].Payload, StringComparison.Ordinal);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void Without_a_system_account_nothing_is_published()
    {
        ServiceWorld world = Measured(out ServicePeer latencies, out ServicePeer responder, out ServicePeer requester);
        Account? system = world.Accounts.System;
        world.Accounts.System = null;
        requester.Publish("req.x", "inbox.1");
        responder.Publish(responder.LastReply);
        world.Accounts.System = system;
        requester.Publish("req.x");
        Eventually.Equal(1, () => latencies.Received.Count, "the second one is published");
        Assert.Contains("\"status\":400", latencies.Received[0].Payload, StringComparison.Ordinal);
    }

    private static ServiceWorld Measured(out ServicePeer latencies, out ServicePeer responder, out ServicePeer requester)
    {
        var export = new ExportOptions(ExportKind.Service, "req.*") { Latency = new ServiceLatencyOptions(100, "lat") };
        var world = new ServiceWorld(new AccountOptions { Name = "B", Exports = [export] }, ServiceWorld.Importer());
        latencies = world.Peer("B", "lat");
        responder = world.Peer("B", "req.*");
        requester = world.Peer("A", "inbox.>");
        return world;
    }

    private static ServiceMeasurement Unknown() => new() { Exporter = Exporter, Subject = [], Requestor = default, Time = Noon, Timestamp = 0 };

    private static string Json(ServiceLatency latency)
    {
        var output = new ArrayBufferWriter<byte>();
        latency.Write("ID", "\"S\""u8.ToArray(), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
