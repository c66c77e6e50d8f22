using System.Numerics;
using System.Runtime.InteropServices;
using NATS.Server.Core.Collections;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Owned by a block, under its store's lock. Sequences between the first and the last of a block that have no message. Takes 16 bytes for each 64 sequences
/// of which some are deleted, and 16 bytes for a run of any length, so that what a file says of gaps cannot make it larger than the file.
/// </summary>
internal sealed class DeletedSequences
{
    private const int WordBits = 64;
    private const ulong Mask = WordBits - 1;

    // Both sorted. Runs begin and end at the bounds of words, and touch neither each other nor words.
    private readonly List<Word> _words = [];
    private readonly List<SequenceRun> _runs = [];

    public ulong Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>Bytes that it holds, about.</summary>
    public long MemoryBytes => 16L * (_words.Capacity + _runs.Capacity);

    public bool Contains(ulong sequence)
    {
        if (Count == 0) return false;
        int word = FindWord(sequence & ~Mask);
        if (word >= 0) return (_words[word].Bits & BitOf(sequence)) != 0;
        return RunOf(sequence) >= 0;
    }

    /// <summary>Adds one. False when it is there.</summary>
    public bool Add(ulong sequence)
    {
        ulong before = Count;
        AddBits(sequence & ~Mask, BitOf(sequence));
        return Count > before;
    }

    /// <summary>Adds all from one to another, both included.</summary>
    public void AddRange(ulong first, ulong last)
    {
        if (first > last) return;
        ulong start = first & ~Mask;
        ulong end = last & ~Mask;
        ulong firstBits = ulong.MaxValue << (int)(first & Mask);
        ulong lastBits = ulong.MaxValue >> (int)(Mask - (last & Mask));
        if (start == end)
        {
            AddBits(start, firstBits & lastBits);
            return;
        }

        AddBits(start, firstBits);
        if (end - start > WordBits) AddRun(start + WordBits, end - 1);
        AddBits(end, lastBits);
    }

    /// <summary>Forgets all below a sequence.</summary>
    public void RemoveBelow(ulong sequence)
    {
        int words = LowerWord(sequence & ~Mask);
        Drop(words, 0, words);
        if (_words.Count > 0 && _words[0].Start < sequence) Keep(0, ulong.MaxValue << (int)(sequence & Mask));

        int runs = 0;
        while (runs < _runs.Count && _runs[runs].Last < sequence)
        {
            Count -= _runs[runs++].Count;
        }

        _runs.RemoveRange(0, runs);
        if (_runs.Count == 0 || _runs[0].First >= sequence) return;
        SequenceRun cut = _runs[0];
        _runs.RemoveAt(0);
        Count -= cut.Count;
        AddRange(sequence, cut.Last);
    }

    /// <summary>Forgets all above a sequence.</summary>
    public void RemoveAbove(ulong sequence)
    {
        int words = LowerWord((sequence & ~Mask) + WordBits);
        Drop(_words.Count - words, words, _words.Count);
        if (words > 0 && _words[words - 1].Start == (sequence & ~Mask)) Keep(words - 1, ulong.MaxValue >> (int)(Mask - (sequence & Mask)));

        int runs = _runs.Count;
        while (runs > 0 && _runs[runs - 1].First > sequence)
        {
            Count -= _runs[--runs].Count;
        }

        _runs.RemoveRange(runs, _runs.Count - runs);
        if (runs == 0 || _runs[runs - 1].Last <= sequence) return;
        SequenceRun cut = _runs[runs - 1];
        _runs.RemoveAt(runs - 1);
        Count -= cut.Count;
        AddRange(cut.First, sequence);
    }

    public void Clear()
    {
        _words.Clear();
        _runs.Clear();
        Count = 0;
    }

    /// <summary>The first sequence at or after one that is not deleted.</summary>
    public ulong NextKept(ulong from)
    {
        while (true)
        {
            int run = RunOf(from);
            if (run >= 0)
            {
                from = _runs[run].Last + 1;
                continue;
            }

            int word = FindWord(from & ~Mask);
            if (word < 0) return from;
            ulong kept = ~_words[word].Bits & (ulong.MaxValue << (int)(from & Mask));
            if (kept != 0) return _words[word].Start + (ulong)BitOperations.TrailingZeroCount(kept);
            from = _words[word].Start + WordBits;
        }
    }

    /// <summary>How many from one to another, both included, are deleted.</summary>
    public ulong CountIn(ulong first, ulong last)
    {
        if (first > last || Count == 0) return 0;
        ulong count = 0;
        for (int i = LowerWord(first & ~Mask); i < _words.Count && _words[i].Start <= last; i++)
        {
            ulong bits = _words[i].Bits;
            if (_words[i].Start < first) bits &= ulong.MaxValue << (int)(first & Mask);
            if (_words[i].Start == (last & ~Mask)) bits &= ulong.MaxValue >> (int)(Mask - (last & Mask));
            count += (ulong)BitOperations.PopCount(bits);
        }

        foreach (SequenceRun run in _runs)
        {
            if (run.First > last) break;
            if (run.Last >= first) count += Math.Min(run.Last, last) - Math.Max(run.First, first) + 1;
        }

        return count;
    }

    /// <summary>All in order, as runs that neither overlap nor touch.</summary>
    public IEnumerable<SequenceRun> Runs()
    {
        int word = 0;
        int run = 0;
        SequenceRun open = default;
        while (word < _words.Count || run < _runs.Count)
        {
            if (word == _words.Count || (run < _runs.Count && _runs[run].First < _words[word].Start))
            {
                SequenceRun next = _runs[run++];
                if (Extends(open, next.First))
                {
                    open = open with { Last = next.Last };
                    continue;
                }

                if (open.First > 0) yield return open;
                open = next;
                continue;
            }

            (ulong start, ulong bits) = _words[word++];
            while (bits != 0)
            {
                int at = BitOperations.TrailingZeroCount(bits);
                int length = BitOperations.TrailingZeroCount(~(bits >> at));
                bits &= length + at >= WordBits ? 0 : ulong.MaxValue << (at + length);
                ulong first = start + (ulong)at;
                ulong last = first + (ulong)length - 1;
                if (Extends(open, first))
                {
                    open = open with { Last = last };
                    continue;
                }

                if (open.First > 0) yield return open;
                open = new SequenceRun(first, last);
            }
        }

        if (open.First > 0) yield return open;
    }

    /// <summary>The same as the set that <c>index.db</c> holds; null for none. The caller sees to it that <see cref="Count"/> is small enough.</summary>
    public SequenceSet? ToSequenceSet()
    {
        if (IsEmpty) return null;
        var set = new SequenceSet();
        foreach (SequenceRun run in Runs())
        {
            for (ulong sequence = run.First; sequence <= run.Last; sequence++)
            {
                set.Add(sequence);
            }
        }

        return set;
    }

    private static bool Extends(SequenceRun open, ulong first) => open.First > 0 && open.Last + 1 == first;

    private static ulong BitOf(ulong sequence) => 1UL << (int)(sequence & Mask);

    private void AddBits(ulong start, ulong bits)
    {
        int at = FindWord(start);
        if (at >= 0)
        {
            ulong all = _words[at].Bits | bits;
            if (all == ulong.MaxValue)
            {
                AddRun(start, start + Mask);
                return;
            }

            Count += (ulong)(BitOperations.PopCount(all) - BitOperations.PopCount(_words[at].Bits));
            CollectionsMarshal.AsSpan(_words)[at] = new Word(start, all);
            return;
        }

        if (RunOf(start) >= 0) return;
        if (bits == ulong.MaxValue)
        {
            AddRun(start, start + Mask);
            return;
        }

        _words.Insert(~at, new Word(start, bits));
        Count += (ulong)BitOperations.PopCount(bits);
    }

    // From the start of a word to the end of one.
    private void AddRun(ulong first, ulong last)
    {
        int words = LowerWord(first);
        Drop(LowerWord(last) - words, words, LowerWord(last));

        int at = _runs.Count;
        while (at > 0 && _runs[at - 1].Last + 1 >= first)
        {
            at--;
        }

        int end = at;
        while (end < _runs.Count && _runs[end].First <= last + 1)
        {
            Count -= _runs[end].Count;
            first = Math.Min(first, _runs[end].First);
            last = Math.Max(last, _runs[end].Last);
            end++;
        }

        var merged = new SequenceRun(first, last);
        Count += merged.Count;
        if (end > at)
        {
            _runs[at] = merged;
            _runs.RemoveRange(at + 1, end - at - 1);
        }
        else
        {
            _runs.Insert(at, merged);
        }
    }

    private void Drop(int count, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            Count -= (ulong)BitOperations.PopCount(_words[i].Bits);
        }

        if (count > 0) _words.RemoveRange(from, count);
    }

    private void Keep(int at, ulong mask)
    {
        (ulong start, ulong bits) = _words[at];
        Count -= (ulong)BitOperations.PopCount(bits & ~mask);
        if ((bits & mask) == 0) _words.RemoveAt(at);
        else _words[at] = new Word(start, bits & mask);
    }

    private int FindWord(ulong start)
    {
        int at = LowerWord(start);
        return at < _words.Count && _words[at].Start == start ? at : ~at;
    }

    private int LowerWord(ulong start)
    {
        ReadOnlySpan<Word> words = CollectionsMarshal.AsSpan(_words);
        int low = 0;
        int high = words.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (words[middle].Start < start) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private int RunOf(ulong sequence)
    {
        ReadOnlySpan<SequenceRun> runs = CollectionsMarshal.AsSpan(_runs);
        int low = 0;
        int high = runs.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (runs[middle].Last < sequence) low = middle + 1;
            else high = middle;
        }

        return low < runs.Length && runs[low].First <= sequence ? low : -1;
    }

    private readonly record struct Word(ulong Start, ulong Bits);
}
