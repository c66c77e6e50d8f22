using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Telemetry;

/// <summary>What the executable sends to a collector, by its configuration.</summary>
public sealed class OtlpExportTests
{
    private const string Parent = "NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
    private const string Unsampled = "NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-00\r\n\r\n";

    [Fact]
    public async Task Metrics_reach_a_collector()
    {
        await using var collector = new OtlpReceiver();
        await using ServerProcess process = await OurServer.StartAsync(new ServerProcessOptions
        {
            Config = $"server_name: \"told\"\nmetrics {{ prefix: nats, otlp: \"{collector.Address}\", otlp_interval: 1s }}\n",
        });
        await using RawClient client = await RawClient.HandshakeAsync(process.Port);
        await client.SendAsync("SUB foo 1\r\nPUB foo 5\r\nhello\r\n");
        await client.PingAsync();

        // What is on its way when the message comes may not know of it.
        ProtobufMessage resource;
        Dictionary<string, ProtobufMessage> metrics;
        do
        {
            resource = (await collector.ReadAsync("/v1/metrics")).Message(1);
            metrics = resource.Messages(2).SelectMany(static scope => scope.Messages(2)).ToDictionary(static metric => metric.Text(1), StringComparer.Ordinal);
        }
        while (!metrics.TryGetValue("nats_varz_in_msgs", out ProtobufMessage? received) || ValueOf(received) < 1);
        Assert.Equal(("nats-server", "told"), (Attribute(resource.Message(1), 1, "service.name"), Attribute(resource.Message(1), 1, "service.instance.id")));
        Assert.Equal((5, 1, 1), (ValueOf(metrics["nats_varz_in_bytes"]), ValueOf(metrics["nats_varz_out_msgs"]), ValueOf(metrics["nats_varz_connections"])));
        Assert.Equal("", metrics["nats_varz_in_bytes"].Text(3));
        Assert.Equal(0, ValueOf(metrics["nats_healthz_status"]));
    }

    [Fact]
    public async Task Spans_reach_a_collector()
    {
        using var folder = new TemporaryFolder();
        await using var collector = new OtlpReceiver();
        await using ServerProcess process = await OurServer.StartAsync(new ServerProcessOptions
        {
            Config = $"server_name: told\njetstream: {{ store_dir: \"{folder.Path}\" }}\ntraces {{ otlp: \"{collector.Address}\", sampling: 0 }}\n",
        });
        await using (RawClient client = await RawClient.HandshakeAsync(process.Port, "CONNECT {\"verbose\":false,\"headers\":true,\"name\":\"publisher\"}\r\n"))
        {
            await client.SendAsync("SUB foo 1\r\nSUB answer 2\r\n");
            await client.SendAsync($"HPUB foo {Parent.Length} {Parent.Length + 5}\r\n{Parent}hello\r\nHPUB foo {Unsampled.Length} {Unsampled.Length + 2}\r\n{Unsampled}hi\r\nPUB foo 2\r\nhi\r\n");
            await client.SendAsync($"HPUB $JS.API.STREAM.INFO.NONE answer {Parent.Length} {Parent.Length}\r\n{Parent}\r\nPUB $JS.API.INFO answer 0\r\n\r\n");
            await client.ReadUntilAsync("account_info_response");
        }

        // What is not sent yet is sent at the end.
        Assert.Equal(0, await process.StopAsync());
        List<ProtobufMessage> spans = [];
        ProtobufMessage resource;
        do
        {
            resource = (await collector.ReadAsync("/v1/traces")).Message(1);
            spans.AddRange(resource.Messages(2).SelectMany(static scope => scope.Messages(2)));
        }
        while (spans.Count < 3);

        Assert.Equal("nats-server", Attribute(resource.Message(1), 1, "service.name"));
        Assert.All(spans, static span => Assert.Equal(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 2UL), (span.Hex(1), span.Hex(4), span.Number(6))));
        Assert.Equal(["$JS.API.STREAM.INFO.*", "route", "route"], spans.Select(static span => span.Text(5)).Order(StringComparer.Ordinal));
        ProtobufMessage message = spans.Single(static span => Attribute(span, 9, "messaging.destination.name") == "foo");
        Assert.Equal(("nats", "publisher", "told"), (Attribute(message, 9, "messaging.system"), Attribute(message, 9, "messaging.client.id"), Attribute(message, 9, "nats.server.name")));
        ProtobufMessage request = spans.Single(static span => span.Text(5) != "route");
        Assert.Equal((2UL, "stream not found"), (request.Message(15).Number(3), request.Message(15).Text(2)));
    }

    private static double ValueOf(ProtobufMessage metric) => metric.Message(5).Messages(1).First().Double(4);

    private static string? Attribute(ProtobufMessage owner, int field, string name) =>
        owner.Messages(field).FirstOrDefault(attribute => attribute.Text(1) == name)?.Message(2).Text(1);
}
