using System.Numerics;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Not synchronised. The order in which messages are delivered again. It knows only sequences: whether a message still waits is said by its pending
/// entry, and those that do not are passed over when their turn comes.
/// </summary>
internal sealed class RedeliveryQueue
{
    private const int SmallCapacity = 16;
    private ulong[] _ring = [];
    private int _head;

    /// <summary>How many places are taken, also by messages that do not wait any more.</summary>
    public int Count { get; private set; }

    public ulong Peek() => _ring[_head];

    /// <summary>What is in a place, counted from the first one.</summary>
    public ulong At(int place) => _ring[(_head + place) & (_ring.Length - 1)];

    public void Drop()
    {
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
    }

    public void Add(ulong sequence)
    {
        if (Count == _ring.Length) Resize(Math.Max(SmallCapacity, _ring.Length * 2));
        _ring[(_head + Count++) & (_ring.Length - 1)] = sequence;
    }

    /// <summary>Takes the place of a message away, which may be added again. Walks the queue.</summary>
    public void Forget(ulong sequence)
    {
        for (int i = 0; i < Count; i++)
        {
            ref ulong at = ref _ring[(_head + i) & (_ring.Length - 1)];
            if (at == sequence) at = 0;
        }
    }

    /// <summary>Keeps the places of messages that still wait.</summary>
    /// <param name="pending">Knows which do.</param>
    public void Compact(PendingTable pending)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            ulong sequence = _ring[(_head + i) & (_ring.Length - 1)];
            if (pending.TryFind(sequence, out PendingPlace place) && place.Entry.IsQueued) _ring[(_head + kept++) & (_ring.Length - 1)] = sequence;
        }

        Count = kept;
        int needed = Math.Max(SmallCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)kept));
        if (needed <= _ring.Length / 4) Resize(needed);
    }

    public void Clear() => (_head, Count) = (0, 0);

    private void Resize(int capacity)
    {
        ulong[] ring = new ulong[capacity];
        for (int i = 0; i < Count; i++) ring[i] = _ring[(_head + i) & (_ring.Length - 1)];
        (_ring, _head) = (ring, 0);
    }
}
