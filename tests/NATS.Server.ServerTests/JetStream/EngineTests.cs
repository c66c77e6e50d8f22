using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.JetStream;

/// <summary>Messages through a server with JetStream, without its API: published, stored, acknowledged, pulled, pushed, and there again after a restart.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_acknowledged_pulled_and_acknowledged_again_after_a_restart(bool isRelaxed)
    {
        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            Stream stream = CreateStream(server, new StreamConfig { Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File });
            CreateConsumer(server, stream, new ConsumerConfig { Durable = "C", AckPolicy = AckPolicy.Explicit, AckWaitNs = 30_000_000_000, MaxAckPending = 100 });
            await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
            await client.SendAsync("SUB inbox.* 1\r\nPUB s.one inbox.ack 2\r\nhi\r\nPUB s.two inbox.ack 2\r\nho\r\n");
            await client.ReadUntilAsync("MSG inbox.ack 1 22\r\n{\"stream\":\"S\",\"seq\":1}\r\n");
            await client.ReadUntilAsync("MSG inbox.ack 1 22\r\n{\"stream\":\"S\",\"seq\":2}\r\n");
            await client.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C inbox.next 1\r\n1\r\n");
            string delivered = await client.ReadUntilAsync("\r\nhi\r\n");
            Assert.Contains("MSG s.one 1 $JS.ACK.S.C.1.1.1.", delivered, StringComparison.Ordinal);
            string reply = delivered.Split("MSG s.one 1 ")[1].Split(' ')[0];
            Assert.EndsWith(".1", reply, StringComparison.Ordinal);
            await client.SendAsync($"PUB {reply} inbox.done 4\r\n+ACK\r\n");
            await client.ReadUntilAsync("MSG inbox.done 1 0\r\n\r\n");
        }

        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            Stream stream = Assert.Single(Account(server).Streams);
            Assert.Equal(2UL, stream.Store.State.Messages);
            Assert.Single(stream.Consumers);
            await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
            await client.SendAsync("SUB inbox.* 1\r\nPUB $JS.API.CONSUMER.MSG.NEXT.S.C inbox.next 1\r\n1\r\n");
            string delivered = await client.ReadUntilAsync("\r\nho\r\n");
            Assert.Contains("MSG s.two 1 $JS.ACK.S.C.1.2.2.", delivered, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Messages_are_pushed_to_whoever_subscribes_and_new_ones_as_they_come()
    {
        await using NatsServer server = await StartAsync(isRelaxed: true);
        Stream stream = CreateStream(server, new StreamConfig { Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.Memory });
        CreateConsumer(server, stream, new ConsumerConfig { Name = "P", DeliverSubject = "push", AckPolicy = AckPolicy.None, FilterSubject = "s.yes.>" });
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await client.SendAsync("PUB s.yes.1 1\r\na\r\nPUB s.no.1 1\r\nb\r\nSUB push 9\r\n");
        await client.ReadUntilAsync("MSG s.yes.1 9 $JS.ACK.S.P.1.1.1.");
        await client.SendAsync("PUB s.no.2 1\r\nb\r\nPUB s.yes.2 1\r\nc\r\n");
        string second = await client.ReadUntilAsync("\r\nc\r\n");
        Assert.Contains("MSG s.yes.2 9 $JS.ACK.S.P.1.4.2.", second, StringComparison.Ordinal);
        Assert.DoesNotContain("s.no", client.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_a_work_queue_goes_away_with_its_acknowledgement_and_others_are_delivered_again()
    {
        await using NatsServer server = await StartAsync(isRelaxed: true);
        Stream stream = CreateStream(server, new StreamConfig { Name = "W", Subjects = ["w"], Replicas = 1, Retention = RetentionPolicy.WorkQueue, Storage = StorageType.File });
        CreateConsumer(server, stream, new ConsumerConfig { Durable = "C", AckPolicy = AckPolicy.Explicit, AckWaitNs = 250_000_000, MaxAckPending = 100, MaxDeliver = -1 });
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await client.SendAsync("SUB inbox.* 1\r\nPUB w 1\r\na\r\nPUB w 1\r\nb\r\nPUB $JS.API.CONSUMER.MSG.NEXT.W.C inbox.next 2\r\n10\r\n");
        string first = await client.ReadUntilAsync("\r\na\r\n");
        string reply = first.Split("MSG w 1 ")[1].Split(' ')[0];
        await client.SendAsync($"PUB {reply} inbox.done 0\r\n\r\n");
        await client.ReadUntilAsync("MSG w 1 $JS.ACK.W.C.2.2.");
        Assert.Equal(1UL, stream.Store.State.Messages);
    }

    private static Stream CreateStream(NatsServer server, StreamConfig config)
    {
        Assert.Null(Account(server).CreateStream(config, out Stream? stream));
        return stream!;
    }

    private static Consumer CreateConsumer(NatsServer server, Stream stream, ConsumerConfig config)
    {
        string name = config.Durable.Length > 0 ? config.Durable : config.Name;
        Assert.Null(Account(server).CreateConsumer(stream, new PlannedConsumer(name, config, config, IsNew: true), out Consumer? consumer));
        return consumer!;
    }

    private static JetStreamAccount Account(NatsServer server)
    {
        Assert.True(server.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        return account;
    }

    private Task<NatsServer> StartAsync(bool isRelaxed) => NatsServer.StartAsync(new ServerOptions
    {
        Port = ServerOptions.RandomPort,
        JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = isRelaxed ? TimeSpan.FromMinutes(2) : null },
    });
}
