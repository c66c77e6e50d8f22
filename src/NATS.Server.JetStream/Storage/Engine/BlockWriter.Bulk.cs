using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Engine;

/// <content>Many messages of files at once: all, all below, all above a sequence.</content>
internal sealed partial class BlockWriter
{
    // What a truncation takes the tombstones away of, is said in a block of its own, durably before.
    private MessageBlock? _afterTruncation;

    // Of a purge that failed and could not be taken back: until it is, nothing can be stored.
    private MessageBlock? _prepared;

    // All files go at once, by the name of their directory. In their place comes a block, prepared and durable before, that says which sequence was the last.
    private StoreResult PurgeFiles(ulong last, out bool isDone)
    {
        isDone = true;
        if (Blocks.Count == 0 && last == _contents.LastSequence) return StoreResult.Ok;
        StoreResult result = ReplaceFiles(last);
        if (result == StoreResult.DiskFull) return PurgeWithoutSpace(last, out isDone);
        isDone = result == StoreResult.Ok;
        return result;
    }

    private StoreResult ReplaceFiles(ulong last)
    {
        MessageBlock prepared = MarkerOf(last);
        bool isPlaced = false;
        try
        {
            Prepare(prepared);
            IDisk disk = _options!.Disk;
            disk.Rename(MessagesDirectory, PurgedDirectory);
            disk.Rename(PreparedDirectory, MessagesDirectory);
            isPlaced = true;
            disk.SyncDirectory(_options.Directory);
        }
        catch (DiskException failure)
        {
            if (!isPlaced)
            {
                if (TryTakeBack(prepared)) return Note(failure);
                _prepared = prepared;
                return NamesFailed(failure);
            }

            // It happened, and nobody knows whether it stays: the directory is synced again before anything else is durable.
            _isRooted = false;
            NamesFailed(failure);
        }

        foreach (MessageBlock block in Blocks)
        {
            block.Close();
        }

        _isIndexWritten = false;
        _condemned.Clear();
        Purged(prepared, last);
        DiscardPurged();
        return StoreResult.Ok;
    }

    private MessageBlock MarkerOf(ulong last)
    {
        MessageBlock marker = new(_settings, NextIndex, last + 1, _contents.LastTimeNs);
        NextIndex++;
        if (last > 0) marker.AppendTombstone(last, _contents.LastTimeNs);
        return marker;
    }

    private void Purged(MessageBlock marker, ulong last)
    {
        Forget();
        Blocks.Add(marker);
        FlushedSequence = last;
        DurableSequence = last;
        IsFull = false;
        Changes++;
        IsIndexOutdated = true;
    }

    private string PurgedDirectory => $"{_options!.Directory}/{StoreFileNames.Purged}";

    private string PreparedDirectory => $"{_options!.Directory}/{StoreFileNames.Prepared}";

    private void Prepare(MessageBlock block)
    {
        IDisk disk = _options!.Disk;
        disk.DeleteDirectory(PurgedDirectory);
        disk.DeleteDirectory(PreparedDirectory);
        WriteDurably(block);
        disk.CreateDirectory(PreparedDirectory);

        // The block itself comes last: with it there, the rest is known to be there.
        foreach (string ending in (string[])["twin", "key", "guard", "blk"])
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{block.Index}.{ending}");
            if (disk.FileExists($"{MessagesDirectory}/{name}")) disk.Rename($"{MessagesDirectory}/{name}", $"{PreparedDirectory}/{name}");
            disk.SyncDirectory(PreparedDirectory);
        }

        disk.SyncDirectory(_options.Directory);
    }

    private void WriteDurably(MessageBlock block)
    {
        block.Flush();
        List<DiskSync> files = [];
        block.CollectDirty(files);
        DiskSync[] synced = [.. files];
        if (synced.Length > 0) _options!.Disk.Sync(synced);
        foreach (DiskSync file in synced)
        {
            if (file.Failure is not null) throw file.Failure;
        }

        block.Synced(true);
        SyncNames();
    }

    // A purge that failed did not happen, unless the disk does not even let it be taken back. With its block gone the prepared directory does not count any more, so that goes first,
    // and not before the messages are in their place.
    private bool TryTakeBack(MessageBlock prepared)
    {
        IDisk disk = _options!.Disk;
        try
        {
            if (!disk.DirectoryExists(MessagesDirectory)) disk.Rename(PurgedDirectory, MessagesDirectory);
            disk.SyncDirectory(_options.Directory);
            if (disk.DirectoryExists(PreparedDirectory))
            {
                disk.DeleteFile(string.Create(CultureInfo.InvariantCulture, $"{PreparedDirectory}/{prepared.Index}.blk"));
                disk.SyncDirectory(PreparedDirectory);
                disk.DeleteDirectory(PreparedDirectory);
            }

            prepared.DeleteFiles();
            disk.SyncDirectory(_options.Directory);
            return true;
        }
        catch (DiskException)
        {
            return false;
        }
    }

    private void DiscardPurged()
    {
        try
        {
            _options!.Disk.DeleteDirectory(PurgedDirectory);
        }
        catch (DiskException)
        {
            // The next purge or start deletes it.
        }
    }

    private void Forget()
    {
        Blocks.Clear();
        _dirty.RemoveAll(block => !_condemned.Contains(block));
        _compacted.Clear();
    }

    // Under the lock: this is not the way of commits. On a full disk what goes makes room.
    private StoreResult SyncAll()
    {
        StoreResult result = Flush();
        if (result != StoreResult.Ok) return result == StoreResult.DiskFull ? StoreResult.Ok : result;
        try
        {
            List<DiskSync> files = [];
            foreach (MessageBlock block in _dirty)
            {
                block.AddFile(files);
            }

            DiskSync[] synced = [.. files];
            if (synced.Length > 0) _options!.Disk.Sync(synced);
            if (Array.Find(synced, file => file.Failure is not null).Failure is { } failure)
            {
                Synced(failure);
                return StoreResult.Failed;
            }

            SyncNames();
            DurableSequence = _contents.LastSequence;
            return StoreResult.Ok;
        }
        catch (DiskException failure)
        {
            return NamesFailed(failure);
        }
    }

    // What goes may have the tombstones for what lies in condemned blocks: these go before it.
    private StoreResult PrepareRemovalOfFiles(ulong last)
    {
        if (last < DurableSequence && _condemned.Count == 0) return StoreResult.Ok;
        StoreResult result = SyncAll();
        if (result != StoreResult.Ok || IsFull) return result;
        DeleteCondemned(Condemned);
        return _condemned.Count == 0 ? StoreResult.Ok : StoreResult.Failed;
    }

    private void RemoveBelowInFiles(ulong first, int whole)
    {
        List<BlockTombstone> gone = [];
        try
        {
            DropIndex();
        }
        catch (DiskException failure)
        {
            Note(failure);
        }

        for (int position = 0; position < whole; position++)
        {
            DeleteFiles(Blocks[position], isEssential: true);
        }

        Blocks.RemoveFirst(whole);
        Changes++;
        IsIndexOutdated = true;
        if (Blocks.Count == 0) return;
        MessageBlock block = Blocks[0];
        block.RemoveBelow(first, (sequence, timestampNs, _, _) =>
        {
            gone.Add(new BlockTombstone(sequence, timestampNs));
            return true;
        });

        // One record for each message that is gone, unless the rest is small enough to be written anew.
        bool isTail = block == Blocks.Tail;
        if (!isTail && block.Messages > 0 && block.RawBytes > (long)block.Bytes + ((long)block.Bytes / 2) && !_compacted.ContainsKey(block.Index))
        {
            long before = block.RawBytes;
            Compact(block);
            if (block.RawBytes < before) return;
        }

        foreach (BlockTombstone tombstone in gone)
        {
            AppendTombstone(tombstone.Sequence, tombstone.TimestampNs);
        }

        if (block.Messages == 0) TryDrop(block);
    }

    private StoreResult PrepareTruncationOfFiles(ulong last, long timestampNs, bool isThere)
    {
        _afterTruncation = null;
        StoreResult result = Flush();
        if (result != StoreResult.Ok) return result;
        try
        {
            // Otherwise these would say at the next start what they knew of sequences that are given out again.
            new PerMessageFiles(_options!.Disk, _options.Directory, StoreHashKey.OfStream(_options.Name)).Delete();
            DropIndex();
            List<BlockTombstone> kept = TombstonesAfter(last);
            if (last > 0 && !isThere) kept.Add(new BlockTombstone(last, timestampNs));
            if (kept.Count == 0) return StoreResult.Ok;
            var block = new MessageBlock(_settings, NextIndex, last + 1, timestampNs);
            NextIndex++;
            foreach (BlockTombstone tombstone in kept) block.AppendTombstone(tombstone.Sequence, tombstone.TimestampNs);
            _afterTruncation = block;
            WriteDurably(block);
            return StoreResult.Ok;
        }
        catch (DiskException failure)
        {
            ForgetPrepared();
            return Note(failure);
        }
    }

    // A truncation that did not happen leaves no file behind: at the next start that would tell of a last sequence, however far the stream is truncated until then.
    private void ForgetPrepared()
    {
        if (_afterTruncation is { } block) DeleteFiles(block);
        _afterTruncation = null;
    }

    // Those of messages that stay deleted, and which are in a block that is deleted or cut.
    private List<BlockTombstone> TombstonesAfter(ulong last)
    {
        List<BlockTombstone> kept = [];
        for (int position = Blocks.Count - 1; position >= 0 && Blocks[position].LastSequence > last; position--)
        {
            Blocks[position].VisitTombstones((sequence, timestampNs) =>
            {
                int of = sequence < last ? Blocks.PositionOf(sequence) : Blocks.Count;
                if (of < Blocks.Count && !Blocks[of].Holds(sequence)) kept.Add(new BlockTombstone(sequence, timestampNs));
            });
        }

        return kept;
    }

    private StoreResult TruncateFiles(ulong last, long timestampNs)
    {
        DiskException? failure = null;
        bool hasBegun = false;
        while (failure is null && Blocks.Tail is { } tail && tail.LastSequence > last)
        {
            if (last == 0 || (Blocks.Count > 1 && Blocks[^2].LastSequence >= last))
            {
                DropTail(tail);
                hasBegun = true;
                continue;
            }

            try
            {
                tail.TruncateAfter(last, null, null);
            }
            catch (DiskException problem)
            {
                failure = problem;
            }

            Appended(tail);
        }

        if (Blocks.Tail is { } left && left.LastSequence > last)
        {
            StopTruncation(left, hasBegun);
        }
        else
        {
            // It happened, even if the last file is not known to be durable.
            Truncated(last, timestampNs);
            if (_afterTruncation is { } block)
            {
                Blocks.Tail?.Seal();
                Blocks.Add(block);
                _afterTruncation = null;
            }
        }

        if (failure is not null) return Note(failure);
        return IsFailed ? StoreResult.Failed : StoreResult.Ok;
    }

    // The block with the message that should be the last is as it was. What was above it is gone, with tombstones for what stays: they are written again, behind it.
    private void StopTruncation(MessageBlock tail, bool hasBegun)
    {
        List<BlockTombstone> kept = [];
        if (hasBegun)
        {
            Truncated(tail.LastSequence, tail.LastTimeNs);
            _afterTruncation?.VisitTombstones((sequence, timestampNs) => kept.Add(new BlockTombstone(sequence, timestampNs)));
        }

        foreach (BlockTombstone tombstone in kept) AppendTombstone(tombstone.Sequence, tombstone.TimestampNs);
        if (kept.Count > 0 && _afterTruncation is { } block)
        {
            // Not before they are durable there.
            _condemned.Add(block);
            _afterTruncation = null;
        }

        ForgetPrepared();
    }

    // Blocks with nothing but tombstones end where the stream ended.
    private void Truncated(ulong last, long timestampNs)
    {
        FlushedSequence = Math.Min(FlushedSequence, last);
        DurableSequence = Math.Min(DurableSequence, last);
        _contents.LastSequence = last;
        _contents.LastTimeNs = timestampNs;
    }

    private void DropTail(MessageBlock tail)
    {
        Blocks.Remove(tail);
        DeleteFiles(tail, isEssential: true);
    }
}
