using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>What a store is after it was stopped, or its process killed, and opened again.</summary>
public sealed class FileStoreReopeningTests
{
    private const long SecondNs = 1_000_000_000;
    private const string Directory = "/s";

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingStoreListener _told = new();

    [Fact]
    public void What_a_limit_removed_stays_away_when_most_of_the_messages_with_a_time_to_live_are_gone()
    {
        var limits = new StoreLimits { AllowTtl = true, MaxMessages = 3 };
        using (MessageStore store = Open(limits))
        {
            Assert.Equal(1UL, Append(store, 1));
            for (int i = 2; i <= 4; i++) Append(store, i, ttlSeconds: 100);
            store.Remove(2);
            store.Remove(3);
            store.Stop(5);
        }

        using MessageStore again = Open(limits);
        Assert.True(again.IsByIndex);
        Assert.Equal((4UL, 4UL, 1UL), (again.State.FirstSequence, again.State.LastSequence, again.State.Messages));
        Assert.Empty(_told.Damages);
    }

    [Fact]
    public void The_time_of_the_last_message_outlives_its_erasure()
    {
        using MessageStore store = Open(new StoreLimits());
        Append(store, 7 * SecondNs);
        Assert.Equal(StoreResult.Ok, store.Erase(1, new Random(1)));
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal((1UL, 7 * SecondNs), (again.State.LastSequence, again.State.LastTimeNs));
    }

    [Fact]
    public void The_last_time_outlives_a_truncation_to_a_message_that_is_gone()
    {
        using MessageStore store = Open(new StoreLimits());
        for (int i = 1; i <= 3; i++) Append(store, i * SecondNs);
        store.Remove(2);
        Assert.Equal(StoreResult.Ok, store.Truncate(2));
        StreamState state = store.State;
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal(state, again.State);
    }

    private static ulong Append(MessageStore store, long timestampNs, long ttlSeconds = 0)
    {
        byte[] headers = ttlSeconds > 0 ? Encoding.ASCII.GetBytes($"NATS/1.0\r\nNats-TTL: {ttlSeconds}\r\n\r\n") : [];
        var message = new NewMessage { Subject = "a"u8, Headers = headers, Payload = "payload"u8, TimestampNs = timestampNs, TtlSeconds = ttlSeconds };
        Assert.Equal(StoreResult.Ok, store.Append(message, out ulong sequence));
        return sequence;
    }

    private MessageStore Open(StoreLimits limits, SimulatedDisk? disk = null)
    {
        disk ??= _disk;
        disk.CreateDirectory(Directory);
        return FileStore.Open(new FileStoreOptions { Disk = disk, Directory = Directory, Name = "S", BlockSize = 4000, Random = new Random(1) }, limits, _told, 5);
    }
}
