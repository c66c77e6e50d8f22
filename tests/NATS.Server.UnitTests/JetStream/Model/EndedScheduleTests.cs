using System.Text;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Model;

/// <summary>A schedule that has published its message, and another one of its subject.</summary>
public sealed class EndedScheduleTests
{
    [Fact]
    public void A_schedule_that_comes_before_the_ended_one_is_gone_stays()
    {
        var world = new SimulatedJetStream(seed: 1, isDurable: true);
        var config = new StreamConfig
        {
            Name = "S",
            Subjects = ["s.*"],
            Storage = StorageType.File,
            Replicas = 1,
            MaxMessages = -1,
            MaxBytes = -1,
            MaxMessagesPerSubject = -1,
            AllowRollup = true,
            AllowMessageSchedules = true,
        };
        Assert.Null(world.Account.CreateStream(config, out _));
        Assert.True(world.Account.TryGetStream("S", out Stream? stream));
        world.Publish([Schedule("2026-01-01T00:00:10Z")]);
        world.RunUntilIdle();

        Assert.Equal(1UL, stream.Store.State.LastSequence);

        // Until its message is stored, but is not on the device.
        for (int second = 0; second < 60 && stream.Store.State.LastSequence < 2; second++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            world.Deadlines.RunDue((world.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
            while (stream.Store.State.LastSequence < 2 && world.Step())
            {
                // One piece of work at a time.
            }
        }

        world.Publish([Schedule("2026-01-01T01:00:00Z")]);
        world.RunUntilIdle();

        Assert.Equal(StoreResult.Ok, stream.Store.Load(2, out StoredMessage published));
        Assert.Equal("s.out", Encoding.UTF8.GetString(published.Subject));
        Assert.NotEqual(StoreResult.Ok, stream.Store.Load(1, out _));
        Assert.Equal(StoreResult.Ok, stream.Store.Load(3, out StoredMessage other));
        Assert.Equal("s.plan", Encoding.UTF8.GetString(other.Subject));
    }

    private static SimulatedMessage Schedule(string time) => new("s.plan", "", $"NATS/1.0\r\nNats-Schedule: @at {time}\r\nNats-Schedule-Target: s.out\r\n\r\n", "work");
}
