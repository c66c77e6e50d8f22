using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>
/// The key of an encrypted block, and writing all of it anew. The place in the key stream is the place in the file, so that one rule holds: under one key no place is
/// ever written twice with different content. What changes a block otherwise than by appending gives it a new key; and nothing is appended to a block that was
/// found at the start, or of which a write was taken back, since nobody knows what of it has been on the device.
/// </content>
internal sealed partial class MessageBlock
{
    private const string LastTwin = ".last";

    private BlockKey? _blockKey;
    private bool _isKeyKnown;

    private bool _isOnlyRead;

    // Renames that are not known to be durable, and the key file that was not renamed.
    private bool _isUnfinished;

    private BlockCipher? Cipher => _blockKey?.Cipher;

    /// <summary>Encrypts a block as it is configured now, whatever it was before. Byte for byte: damage stays what it is.</summary>
    /// <returns>What is to be reported, or null.</returns>
    /// <exception cref="DiskException">It is as it was, or converted and not known to be durable.</exception>
    public static string? Convert(BlockSettings settings, uint index)
    {
        var block = new MessageBlock(settings, index, 1);
        if (!block.TryOpenKey() || block._blockKey is { IsAsConfigured: true }) return null;
        byte[]? content = DiskFiles.Read(block.Options.Disk, block.PathOf(StoreFileNames.BlockEnding), LongestBlock, out string? problem);
        if (content is null) return problem is null ? null : $"block {index} could not be read to be encrypted: {problem}";
        if (block.Cipher is null && content.Length > 0 && CountRecords(content, null, settings, index) == 0)
            return $"block {index} has no key, and nothing in it can be read: it is left as it is";
        byte[] guard = block.ReadGuard(content.Length);
        block.Cipher?.Apply(0, content);
        if (block.Swap(content, guard) is { } failure) throw failure;
        return null;
    }

    // With the keys and ciphers that are configured, or were. A block without a key file is not encrypted, whatever the store is.
    private bool TryOpenKey()
    {
        if (_isKeyKnown) return true;
        FoundKeys found = BlockKey.Read(Options, Index);
        if (!found.IsEncrypted) return _isKeyKnown = true;
        if (found.InFile is not null && found.InTwin.Count == 0)
        {
            _blockKey = found.InFile;
            if (!found.IsTwinWhole) WriteBeside(StoreFileNames.TwinEnding, _blockKey.TwinContent(Options.Name, Index, null));
            if (found.IsCorrected) WriteBeside(StoreFileNames.KeyEnding, _blockKey.File);
            return _isKeyKnown = true;
        }

        if (found.InFile is null && found.InTwin.Count == 0) return false;
        return Choose(found);
    }

    // The key file is gone or damaged, or writing the block anew was cut short: the records tell which key it is.
    private bool Choose(FoundKeys found)
    {
        byte[] content = DiskFiles.Read(Options.Disk, PathOf(StoreFileNames.BlockEnding), LongestBlock, out string? problem) ?? [];
        if (problem is not null) return false;
        BlockKey? best = null;
        int most = -1;

        // Without one: the conversion of a block that was not encrypted had only begun.
        List<BlockKey?> keys = [.. found.InTwin];
        if (found.InFile is not null) keys.Insert(0, found.InFile);
        if (!found.HasFile && content.Length > 0) keys.Add(null);
        foreach (BlockKey? key in keys)
        {
            int count = CountRecords(content, key?.Cipher, _settings, Index);
            if (count > most) (best, most) = (key, count);
        }

        if (found.InFile is null && most <= 0 && content.Length > 0) return false;
        _blockKey = best;
        _isKeyKnown = true;

        // Only a key that fits takes the place of one that cannot be opened: that may be the right one still.
        if (best is not null && !ReferenceEquals(best, found.InFile) && most > 0) WriteBeside(StoreFileNames.KeyEnding, best.File);
        return true;
    }

    private static int CountRecords(byte[] content, BlockCipher? cipher, BlockSettings settings, uint index)
    {
        byte[] bytes = [.. content];
        cipher?.Apply(0, bytes);
        if (BlockSalvage.IsCompressed(bytes)) bytes = Decompressed(bytes, out _);
        return new BlockScan(bytes, bytes.Length, [], settings.KeyOf(index)).Count;
    }

    // A file that helps: that it could not be written does not matter.
    private void WriteBeside(string ending, byte[] content)
    {
        if (_isOnlyRead) return;
        try
        {
            AtomicFile.Replace(Options.Disk, PathOf(ending), content);
        }
        catch (DiskException)
        {
            // The other one is there, and it is tried again when the block is opened again.
        }
    }

    // Durable before anything is encrypted with it; the names are with the first commit.
    private void CreateKey()
    {
        BlockKey key = BlockKey.Make(Options, Index);
        WriteAll((StoreFileNames.TwinEnding, key.TwinContent(Options.Name, Index, null)), (StoreFileNames.KeyEnding, key.File));
        _blockKey = key;
    }

    // Puts a file, which is plain here, in the place of the block, so that at any time one of both is there with its key, and with a guard if there is one. What is
    // thrown came before that: all is as it was. What is returned came after it: all is new, and not known to be durable.
    private DiskException? Swap(byte[] content, byte[]? guard) => Swap(Prepare(content, guard));

    // The first part of it, which changes nothing of the block.
    private PreparedFiles Prepare(byte[] content, byte[]? guard)
    {
        BlockKey? key = Options.Keys is null ? null : BlockKey.Make(Options, Index);
        key?.Cipher.Apply(0, content);
        if (guard is not null) key?.Cipher.Apply(PlaceInKeyStream, guard);
        List<(string, byte[])> files = [(StoreFileNames.BlockEnding + StoreFileNames.Unfinished, content)];
        if (guard is { Length: > 0 }) files.Add((StoreFileNames.GuardEnding + StoreFileNames.Unfinished, guard));
        if (key is not null)
        {
            files.Add((StoreFileNames.KeyEnding + StoreFileNames.Unfinished, key.File));
            files.Add((StoreFileNames.TwinEnding + StoreFileNames.Unfinished, key.TwinContent(Options.Name, Index, _blockKey)));
            files.Add((LastTwin + StoreFileNames.Unfinished, key.TwinContent(Options.Name, Index, null)));
        }

        var prepared = new PreparedFiles(key, content.Length, guard is { Length: > 0 }, [.. files.Select(file => file.Item1)]);
        try
        {
            WriteAll([.. files]);
            return prepared;
        }
        catch (DiskException)
        {
            Discard(prepared);
            throw;
        }
    }

    private void Discard(PreparedFiles prepared)
    {
        foreach (string ending in prepared.Endings) DiskFiles.Discard(Options.Disk, PathOf(ending));
    }

    private DiskException? Swap(PreparedFiles prepared)
    {
        IDisk disk = Options.Disk;
        BlockKey? key = prepared.Key;
        try
        {
            if (key is not null)
            {
                disk.Rename(PathOf(StoreFileNames.TwinEnding + StoreFileNames.Unfinished), PathOf(StoreFileNames.TwinEnding));
                disk.SyncDirectory(StoreFileNames.MessagesOf(Options.Directory));
            }

            // As where records are cut off. Without the guard only their lengths are less safe, until it is written anew.
            DeleteGuard();
            disk.Rename(PathOf(StoreFileNames.BlockEnding + StoreFileNames.Unfinished), PathOf(StoreFileNames.BlockEnding));
        }
        catch (DiskException)
        {
            Discard(prepared);
            throw;
        }

        Close();
        _blockKey = key;
        _isKeyKnown = true;
        _written = prepared.Length;
        IsDirty = false;
        try
        {
            if (key is not null) disk.Rename(PathOf(StoreFileNames.KeyEnding + StoreFileNames.Unfinished), PathOf(StoreFileNames.KeyEnding));
            if (prepared.HasGuard) disk.Rename(PathOf(StoreFileNames.GuardEnding + StoreFileNames.Unfinished), PathOf(StoreFileNames.GuardEnding));
            disk.SyncDirectory(StoreFileNames.MessagesOf(Options.Directory));
            if (key is not null) disk.Rename(PathOf(LastTwin + StoreFileNames.Unfinished), PathOf(StoreFileNames.TwinEnding));
            return null;
        }
        catch (DiskException failure)
        {
            // Not one of a full disk, of which nothing is lost.
            _isUnfinished = true;
            IsDirty = true;
            return new DiskException(DiskError.Device, failure.Path, failure.Message, failure);
        }
    }

    private void Finish()
    {
        if (_blockKey is not null) AtomicFile.Replace(Options.Disk, PathOf(StoreFileNames.KeyEnding), _blockKey.File);
        Options.Disk.SyncDirectory(StoreFileNames.MessagesOf(Options.Directory));
        _isUnfinished = false;
        IsDirty = _file is not null;
    }

    private void WriteAll(params ReadOnlySpan<(string Ending, byte[] Content)> files)
    {
        var open = new DiskSync[files.Length];
        try
        {
            for (int i = 0; i < files.Length; i++)
            {
                open[i] = new DiskSync(Options.Disk.Open(PathOf(files[i].Ending), DiskOpen.Empty));
                open[i].File.Write(0, files[i].Content);
            }

            Options.Disk.Sync(open);
            foreach (DiskSync file in open)
            {
                if (file.Failure is { } failure) throw failure;
            }
        }
        finally
        {
            foreach (DiskSync file in open) file.File?.Dispose();
        }
    }

    // Written and synced beside what is there, and not yet in its place.
    private sealed record PreparedFiles(BlockKey? Key, int Length, bool HasGuard, IReadOnlyList<string> Endings);
}
