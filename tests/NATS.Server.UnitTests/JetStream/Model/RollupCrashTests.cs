using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Model;

/// <summary>A message that takes the place of others, and the power that goes while it does.</summary>
public sealed class RollupCrashTests
{
    [Theory]
    [InlineData("sub")]
    [InlineData("all")]
    public void What_is_replaced_is_there_until_what_replaces_it_is(string rollup)
    {
        int died = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            for (int change = 1; change <= 6; change++) died += Survives(rollup, seed, change) ? 1 : 0;
        }

        Assert.True(died > 400, "the power has to go while something is written");
    }

    private static bool Survives(string rollup, int seed, int change)
    {
        var world = new SimulatedJetStream(seed, isDurable: true);
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
        };
        Assert.Null(world.Account.CreateStream(config, out _));
        for (int i = 0; i < 40; i++) world.Publish(("s.a", "", $"message {i}"));
        world.RunUntilIdle();
        bool isAcknowledged = false;
        bool isDead = false;
        world.Port.Subscribe("ack", _ => isAcknowledged |= !isDead);
        SimulatedJetStream? next = world.DieDuring(
            change,
            isPower: true,
            () =>
            {
                world.Publish([new SimulatedMessage("s.a", "ack", $"NATS/1.0\r\nNats-Rollup: {rollup}\r\n\r\n", "replacement")]);
                world.RunUntilIdle();
            },
            () => isDead = true);
        if (next is null) return false;
        Assert.True(next.Account.TryGetStream("S", out Stream? stream));
        bool isThere = stream.Store.Load(41, out _) == StoreResult.Ok;
        Assert.True(isThere || !isAcknowledged, $"seed {seed}, change {change}: it was acknowledged and is lost");
        ulong before = stream.Store.StateOf(MessageFilter.All, 0).Messages - (isThere ? 1UL : 0);
        if (!isThere) Assert.True(before == 40, $"seed {seed}, change {change}: {40 - before} messages are gone, and what replaces them is not there");
        if (isAcknowledged) Assert.True(before == 0, $"seed {seed}, change {change}: it was acknowledged, and {before} of what it replaced are there");
        return true;
    }
}
