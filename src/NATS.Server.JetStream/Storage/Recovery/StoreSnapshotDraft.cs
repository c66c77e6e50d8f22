using System.Buffers;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>
/// Under the store's lock. A snapshot that is being taken, in parts between which the lock is given up. If anything is stored or removed meanwhile it counts for nothing: what it would say would be
/// outdated before it is written.
/// </summary>
internal sealed class StoreSnapshotDraft
{
    // More deletions than this are not written: the next start looks into the blocks instead.
    private const ulong MostDeletions = 4 << 20;

    private readonly StoreContents _contents;
    private readonly ChunkedBuffer _index = new();
    private readonly StreamIndexWriter _writer;
    private byte[] _last = [];
    private int _lastLength;
    private int _blocks = -1;

    private StoreSnapshotDraft(StoreContents contents)
    {
        _contents = contents;
        var totals = new StreamTotals(contents.Messages, contents.Bytes, contents.FirstSequence, contents.FirstTimeNs, contents.LastSequence, contents.LastTimeNs);
        _writer = new StreamIndexWriter(_index, totals, (ulong)contents.Subjects.Count);
    }

    /// <summary>Begins one, after everything was flushed.</summary>
    /// <returns>Null when there is nothing that could be written: no blocks, or too many deletions.</returns>
    public static StoreSnapshotDraft? Begin(StoreContents contents)
    {
        if (contents.Blocks.Tail is null) return null;
        ulong deletions = 0;
        foreach (MessageBlock block in contents.Blocks)
        {
            deletions += block.Deleted.Count;
        }

        return deletions > MostDeletions ? null : new StoreSnapshotDraft(contents);
    }

    /// <summary>Takes a number of subjects or, after them, blocks with about as many deletions.</summary>
    /// <returns>Whether all are taken.</returns>
    public bool Add(int count)
    {
        if (_blocks < 0)
        {
            int left = count;
            uint tail = _contents.Blocks.Tail!.Index;
            bool isAll = _contents.Subjects.Tree.ForEachAfter(_last.AsSpan(0, _lastLength), (ReadOnlySpan<byte> subject, ref SubjectEntry entry) =>
            {
                if (left == 0) return false;
                _writer.WriteSubject(subject, new StoredSubject(entry.Messages, entry.FirstBlock, Math.Min(entry.LastBlock, tail)));
                if (--left == 0) NoteLast(subject);
                return true;
            });
            if (!isAll) return false;
            _writer.BeginBlocks((ulong)_contents.Blocks.Count);
            _blocks = 0;
            count = left;
        }

        for (; _blocks < _contents.Blocks.Count; _blocks++)
        {
            if (count <= 0) return false;
            MessageBlock block = _contents.Blocks[_blocks];
            count -= 1 + (int)Math.Min(block.Deleted.Count, MostDeletions);
            _writer.WriteBlock(new StoredBlock(
                block.Index,
                block.Bytes,
                block.FirstSequence,
                block.FirstTimeNs,
                block.LastSequence,
                block.LastTimeNs,
                block.Deleted.ToSequenceSet(),
                block.Expiring,
                block.Scheduled));
        }

        return true;
    }

    /// <summary>Ends it, once all is taken.</summary>
    /// <param name="expiries">Null where messages have no time to live.</param>
    /// <param name="schedules">Null where messages are no schedules.</param>
    /// <param name="sources">How far sources were read; null for a stream without.</param>
    /// <exception cref="Disks.DiskException">The last block, which was not the last before, could not be read.</exception>
    public StoreSnapshot Finish(HashWheel? expiries, MessageSchedules? schedules, SourceProgress? sources)
    {
        MessageBlock tail = _contents.Blocks.Tail!;
        tail.FindLastHash();
        _writer.WriteEnd(tail.Index, tail.LastHash);
        ulong next = _contents.LastSequence + 1;
        return new StoreSnapshot(
            _index,
            expiries is null ? null : Encode(output => expiries.Encode(next, output)),
            schedules is null ? null : Encode(output => SchedulesFile.Encode(output, schedules.All, next)),
            sources is null || sources.All.Count == 0 ? null : Encode(output => SourcesFile.Encode(output, sources.All, next)),
            sources is not null);
    }

    private static ArrayBufferWriter<byte> Encode(Action<ArrayBufferWriter<byte>> encode)
    {
        var output = new ArrayBufferWriter<byte>();
        encode(output);
        return output;
    }

    private void NoteLast(ReadOnlySpan<byte> subject)
    {
        if (subject.Length > _last.Length) _last = new byte[Math.Max(subject.Length, 256)];
        subject.CopyTo(_last);
        _lastLength = subject.Length;
    }
}
