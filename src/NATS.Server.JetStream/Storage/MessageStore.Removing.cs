using System.Diagnostics;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage;

/// <content>Removing: one message, those of a filter, all below or above a sequence, all.</content>
public sealed partial class MessageStore
{
    // Messages that were removed one by one, since the store was opened.
    private ulong _removals;

    public StoreResult Remove(ulong sequence)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_lock)
        {
            result = RemoveLocked(sequence, null);
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Erase(ulong sequence, Random noise)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_indexLock)
        lock (_lock)
        {
            result = RemoveLocked(sequence, noise);
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Purge(out ulong purged)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_indexLock)
        lock (_commitLock)
        lock (_lock)
        {
            result = PurgeLocked(_contents.LastSequence + 1, out purged);
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Purge(MessageFilter filter, ulong before, ulong keep, out ulong purged)
    {
        purged = 0;
        if (before > 0 && keep > 0) return StoreResult.Invalid;
        if (before == 1) return _isClosed ? StoreResult.Closed : StoreResult.Ok;
        if (filter.IsAll && keep == 0) return before == 0 ? Purge(out purged) : Compact(before, out purged);
        StoreNotices notices;
        StoreResult result;
        lock (_lock)
        {
            ulong removed = 0;
            result = Try(() =>
            {
                removed = RemoveMatching(filter, before == 0 ? ulong.MaxValue : before - 1, keep);
                return StoreResult.Ok;
            });
            purged = removed;
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Compact(ulong first, out ulong purged)
    {
        if (first == 0) return Purge(out purged);
        purged = 0;
        StoreNotices notices;
        StoreResult result;
        lock (_indexLock)
        lock (_commitLock)
        lock (_lock)
        {
            ulong removed = 0;
            result = Try(() =>
            {
                if (first > _contents.LastSequence) return PurgeLocked(first, out removed);
                if (first <= _contents.FirstSequence) return StoreResult.Ok;
                StoreResult prepared = _writer.PrepareRemovalBelow(first);
                if (prepared == StoreResult.Ok) removed = CompactLocked(first);
                return prepared;
            });
            purged = removed;

            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Truncate(ulong last)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_indexLock)
        lock (_lock)
        {
            result = Try(() => last > _contents.LastSequence ? StoreResult.EndOfStream : TruncateLocked(last));
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult SyncDeleted(IReadOnlyList<DeletedBlock> deleted)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_lock)
        {
            result = Try(() =>
            {
                foreach (DeletedBlock block in deleted)
                {
                    RemoveDeleted(block);
                }

                return StoreResult.Ok;
            });
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    private StoreResult RemoveLocked(ulong sequence, Random? noise)
    {
        StoreResult result = CanRemove();
        if (result != StoreResult.Ok) return result;
        try
        {
            return RemoveOne(sequence, isByUser: true, noise) ? StoreResult.Ok : StoreResult.NotFound;
        }
        catch (DiskException failure)
        {
            return Unreadable(failure);
        }
    }

    // Removes what a leader says is deleted.
    private void RemoveDeleted(in DeletedBlock block)
    {
        if (block.Set is { } set)
        {
            foreach (ulong sequence in set)
            {
                if (sequence > _contents.LastSequence) break;
                RemoveOne(sequence, isByUser: true);
            }

            return;
        }

        ulong end = block.First + Math.Min(block.Count, ulong.MaxValue - block.First);
        ulong from = block.First;
        while (_queries.FindNext(MessageFilter.All, from, out StoredMessage message) && message.Sequence < end)
        {
            from = message.Sequence + 1;
            RemoveOne(message.Sequence, isByUser: true);
        }
    }

    private StoreResult Try(Func<StoreResult> remove)
    {
        StoreResult result = CanRemove();
        if (result != StoreResult.Ok) return result;
        try
        {
            return remove();
        }
        catch (DiskException failure)
        {
            // Nothing was written: it is reading that failed.
            return Unreadable(failure);
        }
    }

    private StoreResult CanRemove() => _isClosed ? StoreResult.Closed : _writer.IsFailed ? StoreResult.Failed : StoreResult.Ok;

    // Removes a message and all that is known of it, and what becomes useless by it.
    private bool RemoveOne(ulong sequence, bool isByUser, Random? noise = null)
    {
        if (!TakeOut(sequence, isByUser, noise, out StoredMessage message, out ulong bytes)) return false;
        _notices.Removed(message, bytes, ++_removals);
        return true;
    }

    private bool TakeOut(ulong sequence, bool isByUser, Random? noise, out StoredMessage message, out ulong bytes)
    {
        message = default;
        bytes = 0;
        int position = _contents.Blocks.PositionOf(sequence);
        if (position == _contents.Blocks.Count) return false;
        MessageBlock block = _contents.Blocks[position];
        if (!block.Remove(sequence, out message, out uint size)) return false;
        bytes = size;
        _contents.Removed(message, bytes, block.Index);
        Forget(message);
        _writer.Removed(block, message, isByUser, noise);
        if (sequence == _contents.FirstSequence) _contents.FindFirst();
        Debug.Assert(_contents.Messages > 0 || _contents.FirstSequence == _contents.LastSequence + 1);
        return true;
    }

    private void Forget(in StoredMessage message)
    {
        _expiry.Remove(message);
        _schedules?.Remove(message.Sequence);
    }

    private ulong RemoveMatching(MessageFilter filter, ulong last, ulong keep)
    {
        ulong maximum = ulong.MaxValue;
        if (keep > 0)
        {
            ulong total = _queries.Count(filter, 0);
            if (keep >= total) return 0;
            maximum = total - keep;
        }

        ulong removed = 0;
        ulong removedBytes = 0;
        ulong from = 0;
        while (removed < maximum && _queries.FindNext(filter, from, out StoredMessage message) && message.Sequence <= last)
        {
            from = message.Sequence + 1;
            if (!TakeOut(message.Sequence, isByUser: true, null, out _, out ulong bytes)) continue;
            removed++;
            removedBytes += bytes;
        }

        if (removed > 0) _notices.Purged(removed, removedBytes);
        return removed;
    }

    // Everything goes; the next message will have this sequence, which is above the last one.
    private StoreResult PurgeLocked(ulong next, out ulong purged)
    {
        purged = 0;
        StoreResult result = CanRemove();
        if (result != StoreResult.Ok) return result;
        result = _writer.Purge(next - 1, out bool isDone);
        if (!isDone) return result;
        ulong bytes = _contents.Bytes;
        purged = _contents.Messages;
        _contents.LastSequence = next - 1;
        _contents.Forget();
        _expiry.Clear();
        _schedules?.Clear();
        if (purged > 0) _notices.Purged(purged, bytes);
        return result;
    }

    // Everything below a sequence goes, which is not above the last one.
    private ulong CompactLocked(ulong first)
    {
        ulong messages = _contents.Messages;
        ulong bytes = _contents.Bytes;
        int whole = _contents.Blocks.PositionOf(first);
        for (int position = 0; position < whole; position++)
        {
            ForgetMessages(_contents.Blocks[position], 0, ulong.MaxValue);
        }

        if (whole < _contents.Blocks.Count) ForgetMessages(_contents.Blocks[whole], 0, first - 1);
        _writer.RemoveBelow(first);
        _contents.CountBlocks();
        _contents.FindFirst();
        messages -= _contents.Messages;
        if (messages > 0) _notices.Purged(messages, bytes - _contents.Bytes);
        return messages;
    }

    // Everything above a sequence goes, which is below the last one.
    private StoreResult TruncateLocked(ulong last)
    {
        if (last == _contents.LastSequence) return StoreResult.Ok;
        long timeNs = _contents.LastTimeNs;
        bool isThere = _contents.Load(last, out StoredMessage message) == StoreResult.Ok;
        if (isThere) timeNs = message.TimestampNs;
        if (last == 0) timeNs = 0;
        StoreResult result = _writer.PrepareTruncation(last, timeNs, isThere);
        if (result != StoreResult.Ok) return result;
        ulong messages = _contents.Messages;
        ulong bytes = _contents.Bytes;
        for (int position = _contents.Blocks.PositionOf(last + 1); position < _contents.Blocks.Count; position++)
        {
            ForgetMessages(_contents.Blocks[position], last + 1, ulong.MaxValue);
        }

        result = _writer.TruncateAfter(last, timeNs);
        if (result != StoreResult.Ok)
        {
            // It may have stopped on its way: what is there still counts.
            Recount();
            return result;
        }

        _contents.LastSequence = last;
        _contents.LastTimeNs = timeNs;
        _contents.CountBlocks();
        _contents.FindFirst();
        if (last == 0) _contents.BeginWith(0);
        messages -= _contents.Messages;
        if (messages > 0) _notices.Purged(messages, bytes - _contents.Bytes);
        return result;
    }

    // Takes messages of a block that are about to go out of all that knows them.
    private void ForgetMessages(MessageBlock block, ulong from, ulong upTo)
    {
        while (block.FindNext(MessageFilter.All, from, out StoredMessage message) && message.Sequence <= upTo)
        {
            from = message.Sequence + 1;
            _contents.Subjects.Remove(message.Subject, block.Index);
            Forget(message);
        }
    }
}
