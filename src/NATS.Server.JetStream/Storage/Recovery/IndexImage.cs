using NATS.Server.Core.Storage;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Gets a subject (valid during the call only) and what <c>index.db</c> says of it.</summary>
internal delegate void StoredSubjectVisitor(ReadOnlySpan<byte> subject, in StoredSubject info);

/// <summary>
/// Immutable. The content of an <c>index.db</c> that was read to its end and that does not contradict itself or the blocks that are there. Whatever it
/// says, reading it takes time and memory in proportion to its length.
/// </summary>
internal sealed class IndexImage
{
    /// <summary>A longer file is not read: the store is rebuilt from its blocks.</summary>
    public const long LongestFile = 1 << 30;

    // Sequences have two bits less than 64. A block that claims more records than this many bytes can hold is not believed.
    private const ulong SequenceLimit = 1UL << 62;
    private const ulong MostBlockBytes = MessageBlock.LongestBlock;

    private readonly ReadOnlyMemory<byte> _content;

    private IndexImage(ReadOnlyMemory<byte> content, in StreamTotals totals, IReadOnlyList<StoredBlock> blocks, int subjects, uint lastBlock, ulong lastHash)
    {
        _content = content;
        Totals = totals;
        Blocks = blocks;
        Subjects = subjects;
        LastBlock = lastBlock;
        LastHash = lastHash;
    }

    public StreamTotals Totals { get; }

    /// <summary>In the order of their numbers and sequences.</summary>
    public IReadOnlyList<StoredBlock> Blocks { get; }

    /// <summary>How many subjects there are.</summary>
    public int Subjects { get; }

    /// <summary>The number of the block that was the last.</summary>
    public uint LastBlock { get; }

    /// <summary>The checksum of the last record in it.</summary>
    public ulong LastHash { get; }

    /// <summary>Reads an index.</summary>
    /// <param name="content">Without the checksum, and decrypted. Kept.</param>
    /// <param name="plan">The blocks that are there.</param>
    /// <param name="image">Null when it cannot be used.</param>
    /// <param name="priorSequence">The last sequence that it knew, also when it cannot be used because it is older than the blocks; else 0.</param>
    /// <param name="priorTimeNs">The time that goes with it.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? Read(ReadOnlyMemory<byte> content, RecoveryPlan plan, out IndexImage? image, out ulong priorSequence, out long priorTimeNs)
    {
        image = null;
        priorSequence = 0;
        priorTimeNs = 0;
        if (!StreamIndexReader.TryBegin(content.Span, out StreamIndexReader reader)) return "it is not an index, or of an unknown version";
        ulong messages = 0;
        ulong subjects = 0;
        while (reader.TryReadSubject(out ReadOnlySpan<byte> subject, out StoredSubject info))
        {
            if (!Subject.IsValidLiteral(subject) || info.Messages == 0 || info.FirstBlock > info.LastBlock) return "a subject is not valid";
            if (info.Messages > SequenceLimit - messages) return "the numbers of messages do not add up";
            messages += info.Messages;
            subjects++;
        }

        List<StoredBlock> blocks = [];
        while (reader.TryReadBlock(out StoredBlock? block))
        {
            // No more of them are kept than there are files.
            if (blocks.Count <= plan.Blocks.Count) blocks.Add(block!);
        }

        if (!reader.TryReadEnd(out uint lastBlock, out ulong lastHash)) return "it is cut off or damaged";
        StreamTotals totals = reader.Totals;
        if (totals.LastSequence >= SequenceLimit || totals.FirstSequence > SequenceLimit || totals.Messages >= SequenceLimit) return "a sequence is out of range";

        // From here on it is an index that once was right: what it knew of the last sequence counts.
        priorSequence = totals.LastSequence;
        priorTimeNs = totals.LastTimeNs;
        if (DescribeMismatch(blocks, plan, lastBlock) is { } outdated) return outdated;
        if (DescribeContradiction(blocks, totals) is { } wrong) return wrong;

        // The blocks of a Raft log have no subjects. Where the last message of a subject is need not be known exactly: a truncation may have taken that block.
        if (subjects != 0 && (messages != totals.Messages || subjects > int.MaxValue)) return "the subjects do not add up";
        image = new IndexImage(content, totals, blocks, (int)subjects, lastBlock, lastHash);
        return null;
    }

    /// <summary>Walks the subjects, in no order.</summary>
    public void VisitSubjects(StoredSubjectVisitor visit)
    {
        StreamIndexReader.TryBegin(_content.Span, out StreamIndexReader reader);
        while (reader.TryReadSubject(out ReadOnlySpan<byte> subject, out StoredSubject info))
        {
            visit(subject, info);
        }
    }

    // The blocks have changed since: one that is named is gone, or there are newer ones.
    private static string? DescribeMismatch(List<StoredBlock> blocks, RecoveryPlan plan, uint lastBlock)
    {
        if (plan.Blocks.Count > 0 && plan.Blocks[^1].Number > lastBlock) return "there are newer blocks";
        if (blocks.Count == 0) return plan.Blocks.Count == 0 ? "it names no block" : "it does not name the blocks";
        int at = 0;
        foreach (StoredBlock block in blocks)
        {
            while (at < plan.Blocks.Count && plan.Blocks[at].Number < block.Index)
            {
                at++;
            }

            if (at == plan.Blocks.Count || plan.Blocks[at].Number != block.Index) return $"block {block.Index} is not there, or named twice";
            if (plan.Blocks[at].Length > MessageBlock.LongestBlock) return $"block {block.Index} is longer than any";
            if (plan.Blocks[at].Length == 0 && MessagesOf(block) > 0) return $"block {block.Index} is empty";
            at++;
        }

        return blocks[^1].Index == lastBlock ? null : "the last block is another";
    }

    private static string? DescribeContradiction(List<StoredBlock> blocks, in StreamTotals totals)
    {
        ulong messages = 0;
        ulong bytes = 0;
        ulong last = 0;
        foreach (StoredBlock block in blocks)
        {
            if (DescribeContradiction(block) is { } wrong) return wrong;
            ulong live = MessagesOf(block);
            if (live > 0 && block.FirstSequence <= last) return $"block {block.Index} overlaps another";
            if (block.LastSequence > totals.LastSequence || (live > 0 && block.FirstSequence < totals.FirstSequence)) return $"block {block.Index} is beyond the stream";
            if (live > 0) last = block.LastSequence;
            messages += live;
            bytes += block.Bytes;
        }

        if (messages != totals.Messages || bytes != totals.Bytes) return "the blocks do not add up";
        return blocks[^1].LastSequence == totals.LastSequence ? null : "the last block does not end where the stream does";
    }

    private static string? DescribeContradiction(StoredBlock block)
    {
        // An empty block begins one above where it ends.
        if (block.LastSequence >= SequenceLimit || block.FirstSequence > block.LastSequence + 1) return $"the sequences of block {block.Index} are not possible";
        ulong span = block.LastSequence + 1 - block.FirstSequence;
        ulong deleted = (ulong)(block.Deleted?.Count ?? 0);
        if (deleted > span) return $"block {block.Index} has more deletions than sequences";
        if (deleted > 0 && block.Deleted!.TryGetRange(out ulong lowest, out ulong highest) && (lowest < block.FirstSequence || highest > block.LastSequence))
            return $"block {block.Index} has deletions that are not its own";
        ulong live = span - deleted;

        // How many have deadlines says nothing: it counts what was stored, as the reference does, whatever of it was removed since.
        return block.Bytes > MostBlockBytes || live > block.Bytes / MessageRecord.EmptyLength ? $"block {block.Index} has more messages than bytes" : null;
    }

    private static ulong MessagesOf(StoredBlock block) => block.LastSequence + 1 - block.FirstSequence - (ulong)(block.Deleted?.Count ?? 0);
}
