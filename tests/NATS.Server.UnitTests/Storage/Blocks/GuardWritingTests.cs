using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

/// <summary>A guard names each record once: one that names more than there are tells of messages that were lost.</summary>
public sealed class GuardWritingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(160)]
    public void What_is_appended_after_a_restart_without_a_whole_guard_is_guarded_once(int left)
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory("/s");
        using (MessageStore store = Open(disk))
        {
            Append(store, 10);
            store.Stop(1);
        }

        disk.Put("/s/msgs/1.guard", disk.ContentOf("/s/msgs/1.guard").AsSpan(0, left));
        using (MessageStore store = Open(disk))
        {
            Assert.True(store.IsByIndex);
            Append(store, 3);
            Assert.Equal(StoreResult.Ok, store.Flush());
        }

        Assert.Equal(13 * GuardEntry.Length, disk.ContentOf("/s/msgs/1.guard")!.Length);
        using MessageStore read = Open(disk);
        Assert.Equal((13UL, 13UL), (read.State.Messages, read.State.LastSequence));
        Assert.Null(read.Lost);
    }

    private static void Append(MessageStore store, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = "a"u8, Payload = new byte[100], TimestampNs = 1_000_000 }, out _));
        }
    }

    private static MessageStore Open(SimulatedDisk disk) =>
        FileStore.Open(new FileStoreOptions { Disk = disk, Directory = "/s", Name = "S", BlockSize = 8000, Random = new Random(7) }, new StoreLimits(), null, 1);
}
