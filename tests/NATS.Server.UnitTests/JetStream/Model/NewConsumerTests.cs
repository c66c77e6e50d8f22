using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Model;

/// <summary>What the creator of a consumer is told of it.</summary>
public sealed class NewConsumerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_creator_is_told_what_it_was_before_it_delivered(bool hasDelivered)
    {
        var world = new SimulatedJetStream(seed: 1, isDurable: false);
        var config = new StreamConfig { Name = "S", Subjects = ["s.*"], Storage = StorageType.Memory, Replicas = 1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1 };
        Assert.Null(world.Account.CreateStream(config, out _));
        Assert.True(world.Account.TryGetStream("S", out Stream? stream));
        world.Publish(("s.a", "", "1"), ("s.a", "", "2"));
        world.RunUntilIdle();
        int delivered = 0;
        world.Port.Subscribe("in", _ => delivered++);
        var asked = new ConsumerConfig { Name = "C", Durable = "C", DeliverSubject = "in", AckPolicy = AckPolicy.Explicit, AckWaitNs = 30_000_000_000, MaxDeliver = -1, MaxAckPending = 100, Replicas = 1 };
        Assert.Null(world.Account.CreateConsumer(stream, new PlannedConsumer("C", asked, asked, IsNew: true), out Consumer? consumer));
        if (hasDelivered) world.RunUntilIdle();

        Assert.Equal(hasDelivered ? 2 : 0, delivered);
        ConsumerInfo? told = null;
        consumer!.TellBeginning(info => told = info);
        world.RunUntilIdle();

        Assert.Equal((0UL, 0, 2UL, true), (told!.Delivered.Consumer, told.AckPending, told.Pending, told.IsPushBound));
        Assert.Equal(2, delivered);
        Assert.Equal((2UL, 2, 0UL), (consumer.Info().Delivered.Consumer, consumer.Info().AckPending, consumer.Info().Pending));
    }
}
