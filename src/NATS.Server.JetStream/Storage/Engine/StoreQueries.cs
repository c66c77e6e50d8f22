using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>
/// Owned by a store, under its lock. Finds and counts messages by filter. The subject index says between which blocks a literal subject is, and in a block
/// its messages are chained; for wildcards blocks are read, but for those that no matching subject can be in. Totals come from the index, less
/// what is on the smaller side of where to begin.
/// </summary>
internal sealed class StoreQueries(StoreContents contents)
{
    // So many subjects are looked at to find out which blocks a wildcard can skip; more are likely to be everywhere.
    private const int MostSubjectsToSkipBy = 4096;

    private BlockList Blocks => contents.Blocks;

    /// <summary>The first match at or after a sequence.</summary>
    public bool FindNext(MessageFilter filter, ulong from, out StoredMessage message)
    {
        message = default;
        if (contents.Messages == 0) return false;
        from = Math.Max(from, contents.FirstSequence);
        int position = Blocks.PositionOf(from);
        int end = Blocks.Count;
        if (filter.IsLiteral)
        {
            if (!contents.Subjects.Tree.TryGet(filter.Subject, out SubjectEntry entry)) return false;
            position = Math.Max(position, Blocks.PositionOfIndex(entry.FirstBlock));
            end = Blocks.LastPositionOfIndex(entry.LastBlock) + 1;
        }

        while (position < end)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages > 0 && FindNextIn(block, filter, from, out message))
            {
                if (filter.IsLiteral && from <= contents.FirstSequence) contents.Subjects.Find(filter.Subject).FirstBlock = block.Index;
                return true;
            }

            position++;
            if (!filter.IsLiteral && !filter.IsAll) position = SkipForward(filter, position);
        }

        return false;
    }

    /// <summary>The last match at or before a sequence.</summary>
    public bool FindPrevious(MessageFilter filter, ulong from, out StoredMessage message)
    {
        message = default;
        if (contents.Messages == 0 || from < contents.FirstSequence) return false;
        int position = Math.Min(Blocks.PositionOf(from), Blocks.Count - 1);
        int end = 0;
        if (filter.IsLiteral)
        {
            if (!contents.Subjects.Tree.TryGet(filter.Subject, out SubjectEntry entry)) return false;
            position = Math.Min(position, Blocks.LastPositionOfIndex(entry.LastBlock));
            end = Blocks.PositionOfIndex(entry.FirstBlock);
        }

        while (position >= end)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages > 0 && FindPreviousIn(block, filter, from, out message)) return true;
            position--;
            if (!filter.IsLiteral && !filter.IsAll) position = SkipBackward(filter, position);
        }

        return false;
    }

    /// <summary>The last match.</summary>
    public bool FindLast(MessageFilter filter, out StoredMessage message)
    {
        message = default;
        if (filter.IsAll) return contents.Messages > 0 && contents.Load(contents.LastSequence, out message) == StoreResult.Ok;
        if (!filter.IsLiteral) return FindPrevious(filter, ulong.MaxValue, out message);
        ulong sequence = contents.LastOf(filter.Subject);
        return sequence > 0 && contents.Load(sequence, out message) == StoreResult.Ok;
    }

    /// <summary>The first message at least as young as a time; one more than the last when there is none.</summary>
    public ulong SequenceAt(long timeNs)
    {
        for (int position = Blocks.PositionOfTime(timeNs); position < Blocks.Count; position++)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages == 0) continue;
            bool wasInMemory = block.CachedBytes > 0;
            ulong found = block.FirstAtOrAfter(timeNs);
            contents.Used(block, wasInMemory);
            if (found > 0) return found;
        }

        return contents.LastSequence + 1;
    }

    /// <summary>How many match at or after a sequence, and the first and last of them.</summary>
    public SubjectState StateOf(MessageFilter filter, ulong from)
    {
        ulong messages = Count(filter, from);
        if (messages == 0 || !FindNext(filter, from, out StoredMessage first)) return default;
        ulong last = FindPrevious(filter, ulong.MaxValue, out StoredMessage found) ? found.Sequence : first.Sequence;
        return new SubjectState(messages, first.Sequence, last);
    }

    /// <summary>How many match at or after a sequence.</summary>
    public ulong Count(MessageFilter filter, ulong from)
    {
        if (contents.Messages == 0 || from > contents.LastSequence) return 0;
        if (from <= contents.FirstSequence) return TotalOf(filter);

        int begin = Blocks.PositionOf(from);
        int low = 0;
        int high = Blocks.Count;
        if (filter.IsLiteral)
        {
            if (!contents.Subjects.Tree.TryGet(filter.Subject, out SubjectEntry entry)) return 0;
            low = Blocks.PositionOfIndex(entry.FirstBlock);
            high = Blocks.LastPositionOfIndex(entry.LastBlock) + 1;
        }

        // The total of a wildcard is the sum over its subjects: it is asked for only when it saves reading blocks.
        // Raft logs have messages without a subject, which the index does not count.
        ulong there = begin < Blocks.Count ? CountIn(Blocks[begin], filter, from) : 0;
        if (begin - low >= high - begin || begin < low) return there + CountIn(filter, begin + 1, Blocks.Count);
        ulong before = CountIn(filter, low, begin);
        if (begin < Blocks.Count) before += CountIn(Blocks[begin], filter, 0) - there;
        ulong total = TotalOf(filter);
        return before < total ? total - before : 0;
    }

    /// <summary>How many subjects match whose last message is at or after a sequence.</summary>
    public ulong CountLast(MessageFilter filter, ulong from)
    {
        if (contents.Messages == 0 || from > contents.LastSequence) return 0;
        bool isWhole = from <= contents.FirstSequence;
        int position = Blocks.PositionOf(from);
        uint block = position < Blocks.Count ? Blocks[position].Index : uint.MaxValue;
        ulong count = 0;
        filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> subject, ref SubjectEntry entry) =>
        {
            // A last block that is too high is known to be doubtful; one that is too low cannot be.
            if (isWhole || (entry.LastBlock > block && !entry.IsLastDoubtful)) count++;
            else if (entry.LastBlock >= block && contents.LastOf(subject, ref entry) >= from) count++;
            return true;
        });
        return count;
    }

    /// <summary>The last messages of all subjects that match, not after a sequence.</summary>
    public StoreResult LastSequences(MessageFilter filter, ulong upTo, int maximum, List<ulong> sequences)
    {
        sequences.Clear();
        if (upTo == 0) upTo = ulong.MaxValue;
        bool isWithin = filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> subject, ref SubjectEntry entry) =>
        {
            ulong sequence = contents.LastOf(subject, ref entry, upTo);
            if (sequence > 0) sequences.Add(sequence);
            return maximum <= 0 || sequences.Count <= maximum;
        });
        if (!isWithin)
        {
            sequences.Clear();
            return StoreResult.TooMany;
        }

        sequences.Sort();
        return StoreResult.Ok;
    }

    /// <summary>The state of each subject that matches.</summary>
    public void VisitSubjects(MessageFilter filter, SubjectVisitor visit) =>
        filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> subject, ref SubjectEntry entry) =>
        {
            ulong last = contents.LastOf(subject, ref entry);
            ulong first = entry.Messages == 1 ? last : contents.FirstOf(subject);
            return last == 0 || visit(subject, new SubjectState(entry.Messages, first, last));
        });

    /// <summary>How many messages each subject that matches has.</summary>
    public void VisitTotals(MessageFilter filter, SubjectTotalVisitor visit) =>
        filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> subject, ref SubjectEntry entry) => visit(subject, entry.Messages));

    private bool FindNextIn(MessageBlock block, MessageFilter filter, ulong from, out StoredMessage message)
    {
        bool wasInMemory = block.CachedBytes > 0;
        bool isFound = block.FindNext(filter, from, out message);
        contents.Used(block, wasInMemory);
        return isFound;
    }

    private bool FindPreviousIn(MessageBlock block, MessageFilter filter, ulong from, out StoredMessage message)
    {
        bool wasInMemory = block.CachedBytes > 0;
        bool isFound = block.FindPrevious(filter, from, out message);
        contents.Used(block, wasInMemory);
        return isFound;
    }

    private ulong CountIn(MessageBlock block, MessageFilter filter, ulong from)
    {
        if (block.Messages == 0 || from > block.LastSequence) return 0;
        if (filter.IsAll)
        {
            if (from <= block.FirstSequence) return block.Messages;
            return block.LastSequence - from + 1 - block.Deleted.CountIn(from, block.LastSequence);
        }

        bool wasInMemory = block.CachedBytes > 0;
        ulong count = block.StateOf(filter, from).Messages;
        contents.Used(block, wasInMemory);
        return count;
    }

    private ulong CountIn(MessageFilter filter, int begin, int end)
    {
        ulong count = 0;
        for (int position = begin; position < Math.Min(end, Blocks.Count); position++)
        {
            count += CountIn(Blocks[position], filter, 0);
        }

        return count;
    }

    private ulong TotalOf(MessageFilter filter)
    {
        if (filter.IsAll) return contents.Messages;
        if (filter.IsLiteral) return contents.Subjects.CountOf(filter.Subject);
        ulong total = 0;
        filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> _, ref SubjectEntry entry) =>
        {
            total += entry.Messages;
            return true;
        });
        return total;
    }

    // The next block, from a position on, in which a match can be.
    private int SkipForward(MessageFilter filter, int position)
    {
        if (position >= Blocks.Count) return position;
        uint here = Blocks[position].Index;
        uint next = uint.MaxValue;
        int looked = 0;
        bool isComplete = filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> _, ref SubjectEntry entry) =>
        {
            if (entry.LastBlock >= here) next = Math.Min(next, Math.Max(here, entry.FirstBlock));
            return next > here && ++looked < MostSubjectsToSkipBy;
        });
        return isComplete ? Blocks.PositionOfIndex(next) : position;
    }

    // The next block, from a position on backwards, in which a match can be.
    private int SkipBackward(MessageFilter filter, int position)
    {
        if (position < 0) return position;
        uint here = Blocks[position].Index;
        uint next = 0;
        int looked = 0;
        bool isComplete = filter.Visit(contents.Subjects.Tree, (ReadOnlySpan<byte> _, ref SubjectEntry entry) =>
        {
            if (entry.FirstBlock <= here) next = Math.Max(next, Math.Min(here, entry.LastBlock));
            return next < here && ++looked < MostSubjectsToSkipBy;
        });
        return isComplete ? Blocks.LastPositionOfIndex(next) : position;
    }
}
