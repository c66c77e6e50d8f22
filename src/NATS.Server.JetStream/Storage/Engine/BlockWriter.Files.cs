using System.Runtime.InteropServices;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Engine;

/// <content>
/// Blocks in files. What is said on disk and by which record: a message is there by its record, and gone by a tombstone in the last block when
/// a user removed it; what limits removed is removed by them again at the next start. The last sequence is always said by some record: of a message, a
/// skip or a tombstone. A block is deleted when it holds no message, and no tombstone for a message that still lies in an earlier block.
/// </content>
internal sealed partial class BlockWriter
{
    // Appended bytes that are held back at most before they go to the operating system.
    private const long MostPending = 64 << 10;

    // An emptied last block of this size is given up for a new one.
    private const long LeastToGiveUp = 256 << 10;

    private readonly FileStoreOptions? _options;
    private readonly List<MessageBlock> _dirty = [];
    private readonly List<MessageBlock> _condemned = [];

    // What was alive in blocks when compacting them did not help: tombstones that are needed take most of them.
    private readonly Dictionary<uint, ulong> _compacted = [];

    // At first also what is found: a process that was killed may have made names that nobody has synced.
    private bool _areNamesDirty = true;
    private bool _isRooted;
    private bool _isIndexWritten = true;

    /// <summary>For a store in files.</summary>
    public BlockWriter(StoreContents contents, BlockSettings settings, FileStoreOptions options)
    {
        _contents = contents;
        _settings = settings;
        _options = options;
    }

    /// <summary>Why nothing more is stored, or null.</summary>
    public string? Failure { get; private set; }

    public bool IsFailed => Failure is not null;

    /// <summary>The last write found no space.</summary>
    public bool IsFull { get; private set; }

    /// <summary>How often something was written or removed: goes into the position of a commit.</summary>
    public long Changes { get; private set; }

    /// <summary>The last sequence that the operating system has.</summary>
    public ulong FlushedSequence { get; set; }

    /// <summary>A last sequence that some record on the device tells, or one above it.</summary>
    public ulong DurableSequence { get; set; }

    /// <summary>What is known of the blocks changed, without that something was stored or removed.</summary>
    public void NoteChange() => Changes++;

    /// <summary>Something was stored or removed since the index was written.</summary>
    public bool IsIndexOutdated { get; private set; }

    private string MessagesDirectory => StoreFileNames.MessagesOf(_options!.Directory);

    /// <summary>Hands what was appended to the operating system.</summary>
    public StoreResult Flush()
    {
        if (IsInMemory) return StoreResult.Ok;
        if (IsFailed) return StoreResult.Failed;
        if (Blocks.Tail is not { NeedsFlush: true } tail) return StoreResult.Ok;
        try
        {
            FlushBlock(tail);
            IsFull = false;
            return StoreResult.Ok;
        }
        catch (DiskException failure)
        {
            return Note(failure);
        }
    }

    /// <summary>Collects what has to be synced.</summary>
    /// <param name="files">Added to.</param>
    /// <returns>Whether names in the directory have to be made durable as well (<see cref="SyncNames"/>).</returns>
    /// <exception cref="DiskException">A file could not be opened; the others are collected, or stay dirty.</exception>
    public bool CollectDirty(List<DiskSync> files)
    {
        _settings.BeginSync();
        foreach (MessageBlock block in _dirty)
        {
            block.CollectDirty(files);
            _areNamesDirty |= block.TakeName();
        }

        bool areNamesDirty = _areNamesDirty;
        _areNamesDirty = false;
        return areNamesDirty;
    }

    /// <summary>The files of which not everything is known to be durable: for what must not be on the disk before them. They stay open until <see cref="EndSync"/>.</summary>
    public List<DiskSync> BeginSync()
    {
        _settings.BeginSync();
        List<DiskSync> files = [];
        foreach (MessageBlock block in _dirty)
        {
            block.AddFile(files);
        }

        return files;
    }

    /// <summary>Makes new and deleted names durable. Not under the lock.</summary>
    public void SyncNames()
    {
        IDisk disk = _options!.Disk;
        disk.SyncDirectory(MessagesDirectory);
        if (_isRooted) return;
        disk.SyncDirectory(_options.Directory);
        disk.SyncDirectory(_options.Directory[..Math.Max(1, _options.Directory.LastIndexOf('/'))]);
        _isRooted = true;
    }

    /// <summary>The files that were collected are in no sync any more.</summary>
    public void EndSync() => _settings.EndSync();

    /// <summary>
    /// Everything that was collected is durable, or is not. Once something has failed, that a sync works says nothing of what was written before: the system may have given
    /// that up. All of it is written again by <see cref="Repair"/>.
    /// </summary>
    public void Synced(DiskException? failure)
    {
        if (failure is not null) Failure ??= failure.Message;
        foreach (MessageBlock block in _dirty)
        {
            block.Synced(!IsFailed);
        }

        if (IsFailed) return;

        _dirty.RemoveAll(block => !block.IsDirty);
    }

    /// <summary>Blocks that are given up and whose files are there still: what says the last sequence in their place is not durable, or they could not be deleted.</summary>
    public MessageBlock[] Condemned => [.. _condemned];

    /// <summary>Deletes the files of blocks that were condemned, unless a purge has taken them away meanwhile.</summary>
    public void DeleteCondemned(MessageBlock[] blocks)
    {
        foreach (MessageBlock block in blocks)
        {
            // In their order, none before the others.
            if (_condemned.Remove(block) && !DeleteFiles(block)) return;
        }
    }

    /// <summary>The index on disk is about to become wrong in a way that the records on disk do not show: it goes first.</summary>
    /// <exception cref="DiskException">It could not be deleted.</exception>
    public void DropIndex()
    {
        IsIndexOutdated = true;
        if (!_isIndexWritten) return;
        _options!.Disk.DeleteFile($"{MessagesDirectory}/{StoreFileNames.Index}");
        SyncNames();
        _isIndexWritten = false;
    }

    /// <summary>Names could not be made durable.</summary>
    public StoreResult NamesFailed(DiskException failure)
    {
        _areNamesDirty = true;
        Failure ??= failure.Message;
        return StoreResult.Failed;
    }

    /// <summary>The index on disk says less than what is in the blocks.</summary>
    public void MarkIndexOutdated() => IsIndexOutdated = true;

    /// <summary>How blocks are kept that are no longer written to.</summary>
    public MessageCompression Compression
    {
        get => _settings.Compression;
        set => _settings.Compression = value;
    }

    /// <summary>The index is being written, without the lock: blocks that it tells of must not be rewritten meanwhile.</summary>
    public bool IsIndexInFlight { get; set; }

    /// <summary>The index is about to be written as everything is now.</summary>
    public void IndexTaken()
    {
        _isIndexWritten = true;
        IsIndexOutdated = false;
    }

    /// <summary>A failure that a caller met.</summary>
    public StoreResult Note(DiskException failure)
    {
        if (failure.Error == DiskError.Full)
        {
            IsFull = true;
            return StoreResult.DiskFull;
        }

        Failure ??= failure.Message;
        return StoreResult.Failed;
    }

    /// <summary>Writes again what is not known to be on the device, and takes up writing.</summary>
    public StoreResult Repair()
    {
        if (_prepared is { } prepared && !TryTakeBack(prepared)) return StoreResult.Failed;
        _prepared = null;
        try
        {
            foreach (MessageBlock block in _dirty)
            {
                block.Rewrite();
            }

            // What says the last sequence in the place of condemned blocks may wait in memory still.
            bool isFlushed = TryFlushTail();
            List<DiskSync> files = [];
            CollectDirty(files);
            Span<DiskSync> span = CollectionsMarshal.AsSpan(files);
            if (span.Length > 0) _options!.Disk.Sync(span);
            foreach (DiskSync file in span)
            {
                if (file.Failure is not null) throw file.Failure;
            }

            EndSync();
            SyncNames();
            foreach (MessageBlock block in Condemned)
            {
                if (!isFlushed && block.LastSequence >= DurableSequence) break;
                block.DeleteFiles();
                _dirty.Remove(block);
                _condemned.Remove(block);
            }

            SyncNames();
            if (!isFlushed && _condemned.Count > 0)
            {
                IsFull = true;
                return StoreResult.DiskFull;
            }

            Failure = null;
            IsFull = false;
            Synced(null);
            return Flush();
        }
        catch (DiskException failure)
        {
            EndSync();
            Synced(failure);
            return Note(failure);
        }
    }

    // False without space.
    private bool TryFlushTail()
    {
        try
        {
            if (Blocks.Tail is { NeedsFlush: true } tail) FlushBlock(tail);
            return true;
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full)
        {
            return false;
        }
    }

    /// <summary>Closes all files.</summary>
    public void Close()
    {
        foreach (MessageBlock block in Blocks)
        {
            block.Close();
        }

        foreach (MessageBlock block in _condemned)
        {
            block.Close();
        }
    }

    private void FlushBlock(MessageBlock block)
    {
        block.Flush();
        FlushedSequence = _contents.LastSequence;
        if (!_dirty.Contains(block)) _dirty.Add(block);
    }

    private void Appended(MessageBlock block)
    {
        Changes++;
        IsIndexOutdated = true;
        if (_dirty.Count == 0 || _dirty[^1] != block)
        {
            _dirty.Remove(block);
            _dirty.Add(block);
        }
    }

    private StoreResult RotateFile(out MessageBlock? block)
    {
        block = null;
        MessageBlock? old = Blocks.Tail;
        if (old is not null)
        {
            StoreResult result = Flush();
            if (result != StoreResult.Ok) return result;
            old.Seal();
        }

        block = Begin();
        if (old is { Messages: 0 }) TryDrop(old);
        return StoreResult.Ok;
    }

    // A tombstone has to find a place, whatever the size of the last block: without space it waits in memory.
    private void AppendTombstone(ulong sequence, long timestampNs)
    {
        MessageBlock? block = null;
        if (IsFull || TailFor(MessageRecord.EmptyLength, out block) != StoreResult.Ok)
        {
            block = Blocks.Tail is { CanAppend: true } tail ? tail : Begin();
        }

        block!.AppendTombstone(sequence, timestampNs);
        Appended(block);
    }

    private void RemovedFromFile(MessageBlock block, in StoredMessage message, bool isByUser, Random? noise)
    {
        Changes++;
        IsIndexOutdated = true;
        bool saidLast = block.Messages == 0 && block.LastSequence >= _contents.LastSequence;
        if (noise is not null) Erase(block, message.Sequence, noise);
        if (isByUser || (saidLast && message.Sequence == _contents.LastSequence)) AppendTombstone(message.Sequence, message.TimestampNs);
        if (block.Messages == 0)
        {
            if (block != Blocks.Tail) TryDrop(block);
            else if (block.RawBytes >= LeastToGiveUp && RotateFile(out _) == StoreResult.Ok) TryDrop(block);
        }
    }

    private void Erase(MessageBlock block, ulong sequence, Random noise)
    {
        try
        {
            DropIndex();
            block.Erase(sequence, noise);
            Track(block);
        }
        catch (DiskException failure)
        {
            Track(block);
            Note(failure);
        }
    }

    private void Track(MessageBlock block)
    {
        if (block.IsDirty && !_dirty.Contains(block)) _dirty.Add(block);
    }

    // Gives up a block without messages, unless something in it is still needed.
    private bool TryDrop(MessageBlock block)
    {
        if (block == Blocks.Tail || block.Messages > 0 || HasNeededTombstones(block)) return false;

        // A message that is there says it itself: a tombstone would delete it.
        bool saysLast = block.LastSequence >= _contents.LastSequence && _contents.LastSequence > 0 && !IsHeld(_contents.LastSequence);
        if (saysLast) AppendTombstone(_contents.LastSequence, _contents.LastTimeNs);
        Blocks.Remove(block);
        _areNamesDirty = true;

        // While nothing durable tells of a higher sequence, this may be the only block that tells the last. And one after the other: it may have the tombstones for what lies in another that is condemned. Until it is gone for good, its own are synced with the rest.
        if (saysLast || block.LastSequence >= DurableSequence || _condemned.Count > 0 || !IsSafe()) _condemned.Add(block);
        else DeleteFiles(block);
        return true;
    }

    // Whether everything that was appended is as safe as what was acknowledged: it may have pushed out what a block held, of which something has to be left if it is lost.
    private bool IsSafe() => _options!.SyncIntervalNs > 0 ? Flush() == StoreResult.Ok : DurableSequence >= _contents.LastSequence;

    private bool IsHeld(ulong sequence)
    {
        for (int position = Blocks.PositionOf(sequence); position < Blocks.Count; position++)
        {
            if (Blocks[position].Holds(sequence)) return true;
        }

        return false;
    }

    private bool HasNeededTombstones(MessageBlock block)
    {
        if (Blocks.Count == 0 || Blocks[0] == block) return false;
        bool isNeeded = false;
        try
        {
            block.VisitTombstones((sequence, _) => isNeeded |= IsNeeded(sequence, block.Index));
        }
        catch (DiskException)
        {
            return true;
        }

        return isNeeded;
    }

    // Whether a message that a tombstone deletes can still lie in a block before the one of the tombstone.
    private bool IsNeeded(ulong sequence, uint before)
    {
        int position = Blocks.PositionOf(sequence);
        if (position >= Blocks.Count) return false;
        MessageBlock block = Blocks[position];
        return block.Index < before && block.Bytes < (ulong)block.RawBytes && !block.Holds(sequence);
    }

    private bool IsNeededByCondemned(ulong sequence, uint before) => _condemned.Exists(block => block.Index < before && sequence <= block.LastSequence);

    private bool IsWasteful(MessageBlock block) =>
        block.Bytes * 2 < (ulong)block.RawBytes && (!_compacted.TryGetValue(block.Index, out ulong then) || block.Bytes * 2 < then);

    private void Compact(MessageBlock block)
    {
        if (IsIndexInFlight) return;
        try
        {
            DropIndex();
            if (block.Compact(sequence => IsNeeded(sequence, block.Index) || IsNeededByCondemned(sequence, block.Index))) _areNamesDirty = true;
            if (block.Bytes * 2 < (ulong)block.RawBytes) _compacted[block.Index] = block.Bytes;
        }
        catch (DiskException failure)
        {
            // What is there stays as it is; a full disk is no reason to stop.
            Track(block);
            if (failure.Error != DiskError.Full) Note(failure);
            else _compacted[block.Index] = block.Bytes;
        }
    }

    // What cannot be deleted is tried again with the next commit. The messages in it are deleted by tombstones and limits as well; those that are not must not come back, and
    // after one that could not be deleted nothing more is: what follows may have the tombstones for what lies in it.
    private bool DeleteFiles(MessageBlock block, bool isEssential = false)
    {
        _areNamesDirty = true;
        _compacted.Remove(block.Index);
        if (isEssential && IsFailed)
        {
            _condemned.Add(block);
            return false;
        }

        try
        {
            block.DeleteFiles();
            _dirty.Remove(block);
            return true;
        }
        catch (DiskException failure)
        {
            _condemned.Insert(0, block);
            if (isEssential) Failure ??= failure.Message;
            return false;
        }
    }
}
