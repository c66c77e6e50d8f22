using System.Diagnostics;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Not synchronised. Some neighbours among the pending messages, by ascending sequence; those that are done leave holes.</summary>
internal sealed class PendingChunk
{
    public const int Capacity = 128;
    private const int SmallCapacity = 16;

    // The consumer sequence from which the entries count theirs.
    private ulong _consumerBase;

    /// <summary>Those from <see cref="Start"/> to before <see cref="End"/> count.</summary>
    public PendingEntry[] Entries { get; private set; } = new PendingEntry[SmallCapacity];

    /// <summary>The first one, never a hole while there are any.</summary>
    public int Start { get; private set; }

    public int End { get; private set; }

    /// <summary>How many are no holes.</summary>
    public int Live { get; private set; }

    /// <summary>No deadline in it is earlier. It may be earlier than all of them.</summary>
    public long EarliestNs { get; set; } = long.MaxValue;

    public bool IsFull => End == Capacity;

    public ulong FirstSequence => Entries[Start].Sequence;

    /// <summary>That of an empty one is behind all.</summary>
    public ulong LastSequence => End == 0 ? ulong.MaxValue : Entries[End - 1].Sequence;

    /// <summary>Adds a message behind the last one.</summary>
    public void Add(ulong sequence, ulong consumerSequence, long timeNs, uint deliveries)
    {
        Debug.Assert(Live == 0 || sequence > LastSequence, "messages are delivered for the first time in their order");
        if (Live == 0) Begin(consumerSequence);
        Reserve();
        Entries[End++] = new PendingEntry
        {
            Sequence = sequence,
            TimeNs = timeNs,
            ConsumerOffset = OffsetOf(consumerSequence),
            Deliveries = deliveries,
        };
        Live++;
    }

    /// <summary>The consumer sequence of an entry's first delivery, 0 when it is not known.</summary>
    public ulong ConsumerSequenceOf(int index)
    {
        uint offset = Entries[index].ConsumerOffset;
        return offset == PendingEntry.UnknownOffset ? 0 : _consumerBase + offset;
    }

    /// <summary>The entry of a message, or less than 0.</summary>
    public int Find(ulong sequence)
    {
        int index = FirstAtOrAfter(sequence);
        return index < End && Entries[index].Sequence == sequence && !Entries[index].IsRemoved ? index : -1;
    }

    /// <summary>The first entry from a sequence on that is no hole; <see cref="End"/> when there is none.</summary>
    public int NextLive(ulong from)
    {
        int index = FirstAtOrAfter(from);
        while (index < End && Entries[index].IsRemoved) index++;
        return index;
    }

    /// <summary>Makes a hole.</summary>
    public void Remove(int index)
    {
        Entries[index].IsRemoved = true;
        if (--Live == 0)
        {
            Clear();
            return;
        }

        while (Entries[Start].IsRemoved) Start++;
        while (Entries[End - 1].IsRemoved) End--;
    }

    /// <summary>Takes over all of the chunk behind this one, which keeps nothing. Both have room together.</summary>
    /// <returns>False when their consumer sequences are too far apart.</returns>
    public bool TryTake(PendingChunk next)
    {
        Debug.Assert(Live + next.Live <= Capacity && LastSequence < next.FirstSequence, "neighbours that fit together");
        if (next._consumerBase < _consumerBase || next._consumerBase - _consumerBase > uint.MaxValue / 2) return false;
        Close();
        for (int i = next.Start; i < next.End; i++)
        {
            if (next.Entries[i].IsRemoved) continue;
            Reserve();
            Entries[End] = next.Entries[i];
            Entries[End++].ConsumerOffset = OffsetOf(next.ConsumerSequenceOf(i));
            Live++;
        }

        EarliestNs = Math.Min(EarliestNs, next.EarliestNs);
        next.Clear();
        return true;
    }

    /// <summary>Forgets everything and keeps the room.</summary>
    public void Clear()
    {
        (Start, End, Live) = (0, 0, 0);
        EarliestNs = long.MaxValue;
    }

    private void Begin(ulong consumerSequence)
    {
        Clear();
        _consumerBase = consumerSequence;
    }

    // Moves what is left together at the start.
    private void Close()
    {
        int to = 0;
        for (int from = Start; from < End; from++)
        {
            if (!Entries[from].IsRemoved) Entries[to++] = Entries[from];
        }

        (Start, End) = (0, to);
    }

    private void Reserve()
    {
        if (End < Entries.Length) return;
        PendingEntry[] larger = new PendingEntry[Math.Min(Entries.Length * 2, Capacity)];
        Entries.AsSpan(0, End).CopyTo(larger);
        Entries = larger;
    }

    private uint OffsetOf(ulong consumerSequence)
    {
        ulong offset = unchecked(consumerSequence - _consumerBase);
        return consumerSequence == 0 || offset >= PendingEntry.UnknownOffset ? PendingEntry.UnknownOffset : (uint)offset;
    }

    // Where a stream is dense, the place follows from the sequence.
    private int FirstAtOrAfter(ulong sequence)
    {
        if (Live == 0 || sequence <= FirstSequence) return Start;
        ulong guess = (ulong)Start + (sequence - FirstSequence);
        if (guess < (ulong)End && Entries[(int)guess].Sequence == sequence) return (int)guess;
        int low = Start;
        int high = End;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Entries[middle].Sequence < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
