namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed partial class MessageBlock
{
    private const int None = -1;
    private const int ShortChain = 32;

    /// <summary>The first message at or after a sequence that a filter matches.</summary>
    public bool FindNext(MessageFilter filter, ulong from, out StoredMessage message)
    {
        message = default;
        if (Messages == 0 || from > LastSequence) return false;
        BlockContent content = Covering(Math.Max(from, FirstSequence));
        int ordinal = FindForward(content, filter, content.Records.LowerBound(Math.Max(from, FirstSequence)));
        if (ordinal == None) return false;
        message = content.MessageAt(ordinal);
        return true;
    }

    /// <summary>The last message at or before a sequence that a filter matches.</summary>
    public bool FindPrevious(MessageFilter filter, ulong from, out StoredMessage message)
    {
        message = default;
        if (Messages == 0 || from < FirstSequence) return false;
        BlockContent content = Covering(FirstSequence);
        int ordinal = FindBackward(content, filter, LastOrdinal(content, from));
        if (ordinal == None) return false;
        message = content.MessageAt(ordinal);
        return true;
    }

    /// <summary>How many messages at or after a sequence a filter matches, and the first and last of them.</summary>
    public SubjectState StateOf(MessageFilter filter, ulong from)
    {
        if (Messages == 0 || from > LastSequence) return default;
        from = Math.Max(from, FirstSequence);
        BlockContent content = Covering(from);
        int start = content.Records.LowerBound(from);
        int end = content.Records.Count;
        if (filter.IsLiteral && end - start > LinearSearch) return StateOfChain(content, filter.Subject, start);
        ulong messages = 0;
        int first = None;
        int last = None;
        for (int i = start; i < end; i++)
        {
            if (content.Records.IsDead(i) || !filter.Matches(content.SubjectAt(i))) continue;
            if (messages++ == 0) first = i;
            last = i;
        }

        return messages == 0 ? default : new SubjectState(messages, content.Records.SequenceAt(first), content.Records.SequenceAt(last));
    }

    /// <summary>The sequence of the first message of a subject, or 0.</summary>
    public ulong FirstOf(ReadOnlySpan<byte> subject)
    {
        if (Messages == 0) return 0;
        BlockContent content = Covering(FirstSequence);
        int ordinal = FindForward(content, subject, content.Records.LowerBound(FirstSequence));
        return ordinal == None ? 0 : content.Records.SequenceAt(ordinal);
    }

    /// <summary>The sequence of the last message of a subject that is not above a sequence, or 0.</summary>
    public ulong LastOf(ReadOnlySpan<byte> subject, ulong upTo)
    {
        if (Messages == 0 || upTo < FirstSequence) return 0;
        BlockContent content = Covering(FirstSequence);
        int ordinal = FindBackward(content, subject, LastOrdinal(content, upTo));
        return ordinal == None ? 0 : content.Records.SequenceAt(ordinal);
    }

    /// <summary>The sequence of the first message that is as old as a time or younger, or 0.</summary>
    public ulong FirstAtOrAfter(long timeNs)
    {
        if (Messages == 0) return 0;
        if (FirstTimeNs >= timeNs) return FirstSequence;
        BlockContent content = Covering(FirstSequence);
        for (int i = content.Records.LowerBound(FirstSequence); i < content.Records.Count; i++)
        {
            if (!content.Records.IsDead(i) && content.TimestampAtOrdinal(i) >= timeNs) return content.Records.SequenceAt(i);
        }

        return 0;
    }

    /// <summary>Walks the messages from a sequence on. False when the visitor stopped; it must not call the block.</summary>
    public bool Visit(ulong from, RecordVisitor visit)
    {
        if (Messages == 0 || from > LastSequence) return true;
        from = Math.Max(from, FirstSequence);
        BlockContent content = Covering(from);
        for (int i = content.Records.LowerBound(from); i < content.Records.Count; i++)
        {
            if (!content.Records.IsDead(i) && !Show(content, i, visit)) return false;
        }

        return true;
    }

    /// <summary>Walks all tombstones in the order in which they were written.</summary>
    public void VisitTombstones(TombstoneVisitor visit)
    {
        if (_settings.IsMemory) return;
        BlockContent content = Covering(0);
        int at = content.SkipHoles(0);
        while (at < content.EndOffset)
        {
            Core.Storage.StoredRecord record = content.RecordAt(at, out int next);
            if (record.IsTombstone) visit(record.Sequence, record.TimestampNs);
            at = content.SkipHoles(next);
        }
    }

    private static int FindForward(BlockContent content, MessageFilter filter, int start)
    {
        if (filter.IsLiteral) return FindForward(content, filter.Subject, start);
        for (int i = start; i < content.Records.Count; i++)
        {
            if (!content.Records.IsDead(i) && filter.Matches(content.SubjectAt(i))) return i;
        }

        return None;
    }

    private static int FindBackward(BlockContent content, MessageFilter filter, int start)
    {
        if (filter.IsLiteral) return FindBackward(content, filter.Subject, start);
        for (int i = start; i >= 0; i--)
        {
            if (!content.Records.IsDead(i) && filter.Matches(content.SubjectAt(i))) return i;
        }

        return None;
    }

    // A subject that is frequent is found soon; for one that is not the chain is short.
    private static int FindForward(BlockContent content, ReadOnlySpan<byte> subject, int start)
    {
        int found = None;
        if (content.HasChains && TryChain(content, subject, start, out found)) return found;
        int end = (int)Math.Min(start + (long)LinearSearch, content.Records.Count);
        for (int i = start; i < end; i++)
        {
            if (Matches(content, i, subject)) return i;
        }

        found = None;
        if (end == content.Records.Count) return found;
        for (int i = content.Chains.Newest(subject); i >= end; i = content.Chains.Older(i))
        {
            if (content.SubjectAt(i).SequenceEqual(subject)) found = i;
        }

        return found;
    }

    // Where the chain is short it is the fastest way, as in key-value buckets.
    private static bool TryChain(BlockContent content, ReadOnlySpan<byte> subject, int start, out int first)
    {
        first = None;
        int steps = ShortChain;
        for (int i = content.Chains.Newest(subject); i >= start; i = content.Chains.Older(i))
        {
            if (--steps == 0) return false;
            if (content.SubjectAt(i).SequenceEqual(subject)) first = i;
        }

        return true;
    }

    private static int FindBackward(BlockContent content, ReadOnlySpan<byte> subject, int start)
    {
        // Without the chains a few are tried first, so that they need not be made for what was stored just now.
        int end = content.HasChains ? start : Math.Max(start - LinearSearch, -1);
        for (int i = start; i > end; i--)
        {
            if (Matches(content, i, subject)) return i;
        }

        if (end < 0) return None;
        for (int i = content.Chains.Newest(subject); i != SubjectChains.End; i = content.Chains.Older(i))
        {
            if (i <= end && content.SubjectAt(i).SequenceEqual(subject)) return i;
        }

        return None;
    }

    private static SubjectState StateOfChain(BlockContent content, ReadOnlySpan<byte> subject, int start)
    {
        ulong messages = 0;
        int first = None;
        int last = None;
        for (int i = content.Chains.Newest(subject); i >= start; i = content.Chains.Older(i))
        {
            if (!content.SubjectAt(i).SequenceEqual(subject)) continue;
            if (messages++ == 0) last = i;
            first = i;
        }

        return messages == 0 ? default : new SubjectState(messages, content.Records.SequenceAt(first), content.Records.SequenceAt(last));
    }

    // The last ordinal whose sequence is not above a given one.
    private static int LastOrdinal(BlockContent content, ulong upTo) =>
        upTo == ulong.MaxValue ? content.Records.Count - 1 : content.Records.LowerBound(upTo + 1) - 1;

    private bool Show(BlockContent content, int ordinal, RecordVisitor visit)
    {
        int length = content.LengthAt(ordinal, out bool hasHeaders);
        return visit(content.Records.SequenceAt(ordinal), content.TimestampAtOrdinal(ordinal), content.SubjectAt(ordinal), CountOf(length, hasHeaders));
    }
}
