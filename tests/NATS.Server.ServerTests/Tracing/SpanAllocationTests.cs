using System.Text;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tracing;

/// <summary>What it costs that spans could be wanted: nothing, for messages that belong to no trace. Alone, since it counts what the whole process allocates.</summary>
[Collection(nameof(SpanAllocationTests))]
[CollectionDefinition(nameof(SpanAllocationTests), DisableParallelization = true)]
public sealed class SpanAllocationTests
{
    private const int Messages = 20_000;

    [Fact]
    public async Task A_message_that_belongs_to_no_trace_allocates_nothing_for_spans()
    {
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient client = await server.ConnectAsync("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        const string block = "NATS/1.0\r\na: b\r\nNats-Msg-Id: 7\r\n\r\n";
        string batch = new StringBuilder().Insert(0, $"HPUB foo {block.Length} {block.Length + 2}\r\n{block}hi\r\nPUB foo 2\r\nhi\r\n", 100).ToString();
        await PublishAsync(client, batch);
        long unheard = await PublishAsync(client, batch);
        using (new SpanRecorder())
        {
            await PublishAsync(client, batch);
            long heard = await PublishAsync(client, batch);

            // One object for each message would be 24 bytes; the client's own work varies by less than one.
            Assert.InRange(heard - unheard, -Messages * 4, Messages * 4);
        }
    }

    // Also what the client allocates, which is the same each time.
    private static async Task<long> PublishAsync(RawClient client, string batch)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int sent = 0; sent < Messages; sent += 200)
        {
            await client.SendAsync(batch);
            await client.PingAsync();
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
