using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Pure but for the disk. Ends a purge that nats-server began and did not end.</summary>
/// <remarks>
/// It prepares a directory with a block that only says which sequence was the last, and with its key, the block last; then moves the messages away and that directory into
/// their place. Reference: nats-server filestore.go.
/// </remarks>
internal static class PurgeRecovery
{
    private const string Block = ".blk";
    private const string Key = ".key";

    // A block with one tombstone.
    private const long LongestMarker = 30;

    /// <summary>Ends it, or takes it back when the block was not prepared yet.</summary>
    /// <exception cref="DiskException">The directory could not be changed.</exception>
    public static void Finish(IDisk disk, string directory)
    {
        string messages = StoreFileNames.MessagesOf(directory);
        string prepared = $"{directory}/{StoreFileNames.Prepared}";
        string purged = $"{directory}/{StoreFileNames.Purged}";
        IReadOnlyList<DiskEntry> entries = disk.List(prepared);
        bool isPrepared = entries.Any(entry => RecoveryPlan.TryNumber(entry.Name, Block, out _));
        if (!isPrepared && !disk.DirectoryExists(messages) && disk.DirectoryExists(purged))
        {
            // Nothing can come into the place of what was moved away.
            disk.Rename(purged, messages);
            disk.SyncDirectory(directory);
        }

        if (isPrepared)
        {
            disk.DeleteDirectory(messages);
            disk.Rename(prepared, messages);
            disk.SyncDirectory(directory);
        }
        else if (disk.DirectoryExists(prepared))
        {
            TakeBack(disk, messages, prepared, entries);
        }

        if (disk.DirectoryExists(purged)) disk.DeleteDirectory(purged);
    }

    // The key of the prepared block was moved, the block itself was not: it says nothing that holds, and could not be read without the key.
    private static void TakeBack(IDisk disk, string messages, string prepared, IReadOnlyList<DiskEntry> entries)
    {
        IReadOnlyList<DiskEntry> blocks = disk.List(messages);
        foreach (DiskEntry entry in entries)
        {
            if (!RecoveryPlan.TryNumber(entry.Name, Key, out uint number)) continue;
            DiskEntry block = blocks.FirstOrDefault(found => RecoveryPlan.TryNumber(found.Name, Block, out uint of) && of == number);
            if (block.Name is null) continue;
            if (block.Length <= LongestMarker) disk.DeleteFile($"{messages}/{block.Name}");
            else if (!disk.FileExists($"{messages}/{entry.Name}")) disk.Rename($"{prepared}/{entry.Name}", $"{messages}/{entry.Name}");
        }

        disk.DeleteDirectory(prepared);
        if (disk.DirectoryExists(messages)) disk.SyncDirectory(messages);
    }
}
