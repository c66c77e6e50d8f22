using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>What monitoring shows of JetStream, of both servers that were treated alike.</summary>
public sealed class JetStreamInteropTests
{
    private static readonly string[] Ignored = ["server_id", "now", "created", "ts", "first_ts", "last_ts", "last_active", "store_dir", "start", "uptime", "mem", "cpu", "active", "pause_remaining", "leader"];

    [Theory]
    [InlineData("/jsz")]
    [InlineData("/jsz?accounts=1")]
    [InlineData("/jsz?streams=1")]
    [InlineData("/jsz?consumers=1")]
    [InlineData("/jsz?consumers=1&config=1")]
    [InlineData("/jsz?acc=$G")]
    [InlineData("/jsz?acc=$G&streams=1&config=1")]
    [InlineData("/jsz?acc=unknown")]
    [InlineData("/jsz?accounts=1&offset=1")]
    [InlineData("/jsz?accounts=1&limit=-1&raft=1")]
    [InlineData("/jsz?leader-only=1&stream-leader-only=1&consumers=1&direct-consumers=1")]
    [InlineData("/healthz")]
    [InlineData("/healthz?js-enabled-only=1")]
    [InlineData("/healthz?account=$G")]
    [InlineData("/healthz?account=none")]
    [InlineData("/healthz?account=none&details=1")]
    [InlineData("/healthz?account=$G&stream=ORDERS")]
    [InlineData("/healthz?account=$G&stream=NONE")]
    [InlineData("/healthz?account=$G&stream=NONE&details=1")]
    [InlineData("/healthz?account=$G&stream=ORDERS&consumer=worker")]
    [InlineData("/healthz?account=$G&stream=ORDERS&consumer=nobody")]
    [InlineData("/healthz?account=$G&stream=ORDERS&consumer=nobody&details=1")]
    public async Task Streams_and_consumers_look_the_same(string target)
    {
        using var folder = new TemporaryFolder();
        await using MonitoredPair pair = await StartAsync(folder);
        await pair.OnBoth(FillAsync);
        await pair.AssertSameJson(target, Ignored);
    }

    [Theory]
    [InlineData("/jsz")]
    [InlineData("/jsz?consumers=1")]
    [InlineData("/healthz")]
    public async Task Without_JetStream_it_is_disabled(string target)
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync();
        await pair.AssertSameJson(target, Ignored);
    }

    [Theory]
    [InlineData("/jsz?streams=x")]
    [InlineData("/jsz?limit=x")]
    [InlineData("/jsz?leader-only=1")]
    public async Task Bad_requests_are_refused_in_the_same_words(string target)
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync();
        Assert.Equal(await MonitoredPair.Get(pair.Reference, target), await MonitoredPair.Get(pair.Ours, target));
    }

    [Fact]
    public async Task The_section_of_varz_is_the_same()
    {
        using var folder = new TemporaryFolder();
        await using MonitoredPair pair = await StartAsync(folder);
        await pair.OnBoth(FillAsync);
        (_, _, string reference) = await MonitoredPair.Get(pair.Reference, "/varz");
        (_, _, string ours) = await MonitoredPair.Get(pair.Ours, "/varz");
        JsonShape.AssertNone(JsonShape.Differences(Section(reference), Section(ours), Ignored));
    }

    private static string Section(string varz)
    {
        using var document = System.Text.Json.JsonDocument.Parse(varz);
        return document.RootElement.GetProperty("jetstream").GetRawText();
    }

    // A directory for each: the file is the same for both.
    private static Task<MonitoredPair> StartAsync(TemporaryFolder folder) =>
        MonitoredPair.StartAsync(server => $"jetstream: {{ store_dir: \"{folder.Path}/{server}\", max_memory_store: 64MB, max_file_store: 1GB }}\n");

    // One stream: the reference lists several in any order.
    private static async Task FillAsync(MonitoredServer server)
    {
        RawClient client = await server.Connect("\"name\":\"c\"", "SUB answer.* 1\r\n");
        await AskAsync(client, "STREAM.CREATE.ORDERS", "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"],\"storage\":\"file\",\"max_bytes\":100000}");
        await AskAsync(client, "CONSUMER.CREATE.ORDERS.worker", "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"worker\",\"ack_policy\":\"explicit\"}}");
        await AskAsync(client, "CONSUMER.CREATE.NONE.worker", "{\"stream_name\":\"NONE\",\"config\":{\"durable_name\":\"worker\"}}");
        await client.SendAsync("PUB orders.new answer.ack 5\r\nhello\r\n");
        await client.ReadUntilAsync("\"seq\":1}");
        await client.SendAsync("PUB orders.old answer.ack 5\r\nhello\r\n");
        await client.ReadUntilAsync("\"seq\":2}");
        await client.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.ORDERS.worker answer.next 1\r\n1\r\n");
        await client.ReadUntilAsync("$JS.ACK.");
        await client.PingAsync();
    }

    private static async Task AskAsync(RawClient client, string subject, string request)
    {
        await client.SendAsync($"PUB $JS.API.{subject} answer.api {request.Length}\r\n{request}\r\n");
        await client.ReadUntilAsync("\"type\":");
        await client.PingAsync();
    }
}
