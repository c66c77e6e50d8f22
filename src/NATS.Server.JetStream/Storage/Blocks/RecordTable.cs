using System.Diagnostics;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Owned by a block's content. Where the messages of a block begin, in order of their sequences: four bytes for each message while no sequence is missing
/// between them, twelve otherwise. The place in this order is a message's ordinal.
/// </summary>
internal sealed class RecordTable
{
    private const uint Dead = 1U << 31;
    private const int FirstCapacity = 16;

    private uint[] _places;
    private ulong[]? _sequences;
    private ulong _first;

    public RecordTable(int capacity = FirstCapacity) => _places = new uint[Math.Max(capacity, FirstCapacity)];

    public int Count { get; private set; }

    /// <summary>Bytes that it holds, about.</summary>
    public long MemoryBytes => (sizeof(uint) * (long)_places.Length) + (sizeof(ulong) * (long)(_sequences?.Length ?? 0));

    /// <summary>Adds a message, whose sequence is above all others.</summary>
    public void Add(ulong sequence, int offset)
    {
        int count = Count;
        if (count == 0)
        {
            _first = sequence;
            _sequences = null;
        }

        if (count == _places.Length) Grow();
        if (_sequences is not null) _sequences[count] = sequence;
        else if (sequence != _first + (ulong)count) BeginSequences(sequence);
        _places[count] = (uint)offset;
        Count = count + 1;
    }

    /// <summary>The ordinal of a message, dead or alive, or -1.</summary>
    public int Find(ulong sequence)
    {
        if (_sequences is null)
        {
            ulong delta = unchecked(sequence - _first);
            return delta < (ulong)Count ? (int)delta : -1;
        }

        int at = LowerBound(sequence);
        return at < Count && _sequences[at] == sequence ? at : -1;
    }

    /// <summary>The first ordinal whose sequence is not below a given one; <see cref="Count"/> for none.</summary>
    public int LowerBound(ulong sequence)
    {
        if (Count == 0 || sequence <= _first) return 0;
        ulong delta = sequence - _first;

        // Sequences grow by at least one, so that the ordinal is at most the difference.
        int high = (int)Math.Min(delta, (ulong)Count);
        if (_sequences is null) return high;
        int low = 0;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sequences[middle] < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    public ulong SequenceAt(int ordinal) => _sequences is null ? _first + (ulong)ordinal : _sequences[ordinal];

    public int OffsetAt(int ordinal) => (int)(_places[ordinal] & ~Dead);

    public bool IsDead(int ordinal) => (_places[ordinal] & Dead) != 0;

    public void Kill(int ordinal) => _places[ordinal] |= Dead;

    /// <summary>Forgets the messages from an ordinal on.</summary>
    public void Truncate(int count)
    {
        Debug.Assert(count <= Count);
        Count = count;
    }

    private void Grow()
    {
        int capacity = _places.Length * 2;
        Array.Resize(ref _places, capacity);
        if (_sequences is not null) Array.Resize(ref _sequences, capacity);
    }

    private void BeginSequences(ulong sequence)
    {
        _sequences = new ulong[_places.Length];
        for (int i = 0; i < Count; i++)
        {
            _sequences[i] = _first + (ulong)i;
        }

        _sequences[Count] = sequence;
    }
}
