using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using NATS.Server.Testing.Storage.Backups;

namespace NATS.Server.UnitTests.Storage.Backup;

/// <summary>Owned by one test. A store that, whenever it is opened again, is backed up and restored on another disk.</summary>
/// <param name="cipher">Null: not encrypted.</param>
/// <param name="inOldForm">The backup is one of the files, as servers before 2.15 made it.</param>
internal sealed class RestoringSource(StoreCipher? cipher, bool inOldForm) : StoreSource
{
    private readonly Random _random = new(11);
    private SimulatedDisk _disk = new();

    public override bool IsFile => true;

    public override bool CanReopen => true;

    public override IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener)
    {
        _disk.CreateDirectory(Backups.Directory);
        return Open(limits, firstSequence, listener, 1);
    }

    public override IMessageStore Reopen(StoreLimits limits, ulong firstSequence, IStoreListener listener, long nowNs)
    {
        byte[] backup;
        using (IMessageStore store = Open(limits, firstSequence, listener, nowNs))
        {
            if (inOldForm)
            {
                store.Stop(nowNs);
                backup = Backups.OfFiles(Backups.FilesOf(_disk, Backups.Directory, "{\"Created\":\"2026-01-02T03:04:05Z\",\"name\":\"S\"}"));
            }
            else
            {
                backup = Backups.Of(store, _random, nowNs);
            }
        }

        var disk = new SimulatedDisk();
        using (StreamRestore restore = Backups.Restore(backup, Backups.OptionsFor(disk, limits, nowNs, cipher), _random))
        {
            if (restore.Failure is { } failure) throw new StoreMismatchException($"the restore failed: {failure}");
        }

        // Only what is durable counts.
        _disk = disk.Crash(_random.Next());
        return Open(limits, firstSequence, listener, nowNs);
    }

    private MessageStore Open(StoreLimits limits, ulong firstSequence, IStoreListener listener, long nowNs) =>
        FileStore.Open(Backups.OptionsFor(_disk, limits, nowNs, cipher).Files! with { FirstSequence = firstSequence }, limits, listener, nowNs);
}
