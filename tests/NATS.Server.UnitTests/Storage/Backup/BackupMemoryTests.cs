using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage.Backups;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Backup;

/// <summary>What a backup and a restore need of memory. Alone, since it looks at the memory of the whole process.</summary>
[Collection(nameof(BackupMemoryTests))]
[CollectionDefinition(nameof(BackupMemoryTests), DisableParallelization = true)]
public sealed class BackupMemoryTests
{
    private const long Now = 1_700_000_000_000_000_000;

    [Fact]
    public void A_hundred_megabytes_are_backed_up_and_restored_in_little_memory()
    {
        const int messages = 100_000;
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        byte[] payload = new byte[1000];
        var random = new Random(1);
        for (int i = 0; i < messages; i++)
        {
            random.NextBytes(payload);
            store.Append(new NewMessage { Subject = "a"u8, Payload = payload, TimestampNs = Now }, out _);
        }

        var disk = new ForgetfulDisk();
        RestoreOptions options = Backups.OptionsFor(new SimulatedDisk(), new StoreLimits(), Now, blockSize: 1 << 20);
        options = options with { Disk = disk, Files = options.Files! with { Disk = disk }, SettleBytes = 8 << 20 };
        using var restore = new StreamRestore(options);
        using var backup = new StreamBackup(store, [], Now);
        byte[] chunk = new byte[128 << 10];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long highest = 0;
        int chunks = 0;
        int open = 0;
        for (int read = backup.Read(chunk); read > 0; read = backup.Read(chunk))
        {
            Assert.True(restore.Write(chunk.AsSpan(0, read)), restore.Failure?.Text);
            open = Math.Max(open, disk.OpenFiles);
            if (++chunks % 20 == 0) highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.True(restore.Complete(), restore.Failure?.Text);
        Assert.True(chunks > 20);
        Assert.InRange(disk.Written, 90 << 20, 120 << 20);
        Assert.InRange(highest, 1, 30 << 20);
        Assert.InRange(open, 1, 40);
    }
}
