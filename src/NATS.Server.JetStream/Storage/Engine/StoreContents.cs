using System.Runtime.CompilerServices;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. The blocks, the subjects and the totals, which always agree with each other.</summary>
internal sealed class StoreContents
{
    /// <summary>What the memory store counts for a message besides its subject, headers and payload.</summary>
    private const int BytesOfMessageInMemory = 16;

    // A block with more deleted sequences than this is told as ranges.
    private const ulong MostInSet = 1 << 20;

    public required bool IsInMemory { get; init; }

    /// <summary>The blocks that had to be read.</summary>
    public ReadBlocks Read { get; init; } = new(BlockCacheBudget.None);

    public BlockList Blocks { get; } = new();

    public SubjectIndex Subjects { get; } = new();

    public ulong Messages { get; set; }

    public ulong Bytes { get; set; }

    public ulong FirstSequence { get; set; }

    public long FirstTimeNs { get; set; }

    public ulong LastSequence { get; set; }

    public long LastTimeNs { get; set; }

    public StreamState State => new()
    {
        Messages = Messages,
        Bytes = Bytes,
        FirstSequence = FirstSequence,
        FirstTimeNs = FirstTimeNs,
        LastSequence = LastSequence,
        LastTimeNs = LastTimeNs,
        Subjects = Subjects.Count,
        Deleted = Deleted,
    };

    /// <summary>Sequences between the first and the last that have no message.</summary>
    public ulong Deleted => Messages == 0 ? 0 : LastSequence - FirstSequence + 1 - Messages;

    /// <summary>Makes an empty store begin with a sequence; 0 for 1, which the state does not show before there was a message.</summary>
    public void BeginWith(ulong first)
    {
        FirstSequence = first;
        LastSequence = first > 0 ? first - 1 : 0;
    }

    /// <summary>What a message counts.</summary>
    public long SizeOf(int subjectLength, int headersLength, int payloadLength) =>
        IsInMemory ? (long)BytesOfMessageInMemory + subjectLength + headersLength + payloadLength : MessageRecord.LengthOf(subjectLength, headersLength, payloadLength);

    /// <summary>As <see cref="SizeOf(int, int, int)"/>.</summary>
    public long SizeOf(in StoredMessage message) => SizeOf(message.Subject.Length, message.Headers.Length, message.Payload.Length);

    /// <summary>Reads a message.</summary>
    public StoreResult Load(ulong sequence, out StoredMessage message)
    {
        message = default;
        if (sequence > LastSequence) return StoreResult.EndOfStream;
        int position = Blocks.PositionOf(sequence);
        if (position == Blocks.Count) return StoreResult.NotFound;
        MessageBlock block = Blocks[position];
        bool wasInMemory = block.CachedBytes > 0;
        StoreResult result = block.Load(sequence, out message);
        Used(block, wasInMemory);
        return result == StoreResult.Ok ? StoreResult.Ok : StoreResult.NotFound;
    }

    /// <summary>Whether a message can be read without the disk; also when there is none.</summary>
    public bool IsAtHand(ulong sequence)
    {
        int position = Blocks.PositionOf(sequence);
        return position >= Blocks.Count || Blocks[position].IsInMemory;
    }

    /// <summary>Where the last message of a literal subject is, 0 when there is none, without the disk.</summary>
    /// <returns>False when it would be needed, to find the message or to read it.</returns>
    public bool TryFindLastAtHand(ReadOnlySpan<byte> subject, out ulong sequence)
    {
        sequence = 0;
        ref SubjectEntry entry = ref Subjects.Find(subject);
        if (Unsafe.IsNullRef(ref entry)) return true;
        int position = Blocks.LastPositionOfIndex(entry.LastBlock);
        if (position >= 0 && (entry.IsLastDoubtful || !Blocks[position].IsInMemory)) return false;
        sequence = LastOf(subject, ref entry);
        return true;
    }

    /// <summary>Notes that a block was looked into.</summary>
    public void Used(MessageBlock block, bool wasInMemory)
    {
        if (!wasInMemory && block.CachedBytes > 0) Read.Add(block, Blocks.Tail);
    }

    /// <summary>Where the first message of a literal subject is, and corrects the entry for it. 0 when there is none.</summary>
    public ulong FirstOf(ReadOnlySpan<byte> subject)
    {
        ref SubjectEntry entry = ref Subjects.Find(subject);
        if (Unsafe.IsNullRef(ref entry)) return 0;
        for (int position = Blocks.PositionOfIndex(entry.FirstBlock); position < Blocks.Count; position++)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages == 0) continue;
            bool wasInMemory = block.CachedBytes > 0;
            ulong sequence = block.FirstOf(subject);
            Used(block, wasInMemory);
            if (sequence == 0) continue;
            entry.FirstBlock = block.Index;
            return sequence;
        }

        return 0;
    }

    /// <summary>Where the last message of a literal subject is, not after a sequence, and corrects the entry for it. 0 when there is none.</summary>
    public ulong LastOf(ReadOnlySpan<byte> subject, ulong upTo = ulong.MaxValue)
    {
        ref SubjectEntry entry = ref Subjects.Find(subject);
        return Unsafe.IsNullRef(ref entry) ? 0 : LastOf(subject, ref entry, upTo);
    }

    /// <summary>As <see cref="LastOf(ReadOnlySpan{byte}, ulong)"/>, with the subject's entry at hand.</summary>
    public ulong LastOf(ReadOnlySpan<byte> subject, ref SubjectEntry entry, ulong upTo = ulong.MaxValue)
    {
        int position = Blocks.LastPositionOfIndex(entry.LastBlock);
        bool isWhole = upTo >= LastSequence;
        if (!isWhole) position = Math.Min(position, Math.Min(Blocks.PositionOf(upTo), Blocks.Count - 1));
        for (; position >= 0 && Blocks[position].Index >= entry.FirstBlock; position--)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages == 0) continue;
            bool wasInMemory = block.CachedBytes > 0;
            ulong sequence = block.LastOf(subject, upTo);
            Used(block, wasInMemory);
            if (sequence == 0) continue;
            if (isWhole) entry.LastBlock = block.Index;
            return sequence;
        }

        return 0;
    }

    /// <summary>Counts a message that was just appended to a block.</summary>
    public ulong Added(ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, long bytes, uint block)
    {
        if (Messages++ == 0)
        {
            FirstSequence = sequence;
            FirstTimeNs = timestampNs;
        }

        Bytes += (ulong)bytes;
        LastSequence = sequence;
        LastTimeNs = timestampNs;
        return Subjects.Add(subject, block);
    }

    /// <summary>Counts a message out that was just removed from a block. <see cref="FindFirst"/> has to follow when it was the first.</summary>
    public void Removed(in StoredMessage message, ulong bytes, uint block)
    {
        Messages--;
        Bytes -= bytes;
        Subjects.Remove(message.Subject, block);
    }

    /// <summary>Finds the first message anew.</summary>
    public void FindFirst()
    {
        if (Messages > 0)
        {
            foreach (MessageBlock block in Blocks)
            {
                if (block.Messages == 0) continue;
                FirstSequence = block.FirstSequence;
                FirstTimeNs = block.FirstTimeNs;
                return;
            }
        }

        FirstSequence = LastSequence + 1;
        FirstTimeNs = 0;
    }

    /// <summary>Counts all messages out, but leaves the blocks to the writer; the last sequence and its time stay.</summary>
    public void Forget()
    {
        Subjects.Clear();
        Messages = 0;
        Bytes = 0;
        FindFirst();
    }

    /// <summary>Takes the totals from the blocks.</summary>
    public void CountBlocks()
    {
        ulong messages = 0;
        ulong bytes = 0;
        foreach (MessageBlock block in Blocks)
        {
            messages += block.Messages;
            bytes += block.Bytes;
        }

        Messages = messages;
        Bytes = bytes;
    }

    /// <summary>Adds the sequences between the first and the last that have no message.</summary>
    public void AddDeleted(List<DeletedBlock> deleted)
    {
        ulong next = FirstSequence;
        foreach (MessageBlock block in Blocks)
        {
            if (block.Messages == 0) continue;
            if (block.FirstSequence > next) deleted.Add(DeletedBlock.OfRange(next, block.FirstSequence - next));
            if (block.Deleted.Count > MostInSet)
            {
                foreach (SequenceRun run in block.Deleted.Runs())
                {
                    deleted.Add(DeletedBlock.OfRange(run.First, run.Count));
                }
            }
            else if (block.Deleted.ToSequenceSet() is { } set)
            {
                deleted.Add(DeletedBlock.OfSet(set));
            }

            next = block.LastSequence + 1;
        }

        if (next <= LastSequence) deleted.Add(DeletedBlock.OfRange(next, LastSequence - next + 1));
    }

    /// <summary>Counts everything anew from the blocks, after one of them turned out to be damaged.</summary>
    public void Recount()
    {
        Subjects.Clear();
        foreach (MessageBlock block in Blocks)
        {
            bool wasInMemory = block.CachedBytes > 0;
            block.Visit(0, (_, _, subject, _) =>
            {
                Subjects.Merge(subject, 1, block.Index, block.Index, isLastExact: true);
                return true;
            });
            Used(block, wasInMemory);
        }

        // A look into a block can find more damage, so its totals come last.
        CountBlocks();
        FindFirst();
    }
}
