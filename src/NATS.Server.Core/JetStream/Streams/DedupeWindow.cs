using System.Diagnostics;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>
/// Owned by the stream's mailbox. The message ids of the last time, in the order in which they came: a message with one of them is a duplicate.
/// </summary>
/// <remarks>
/// About 30 bytes an id of any length: not the ids are kept but 96 bits that stand for them. They lie in chunks in their order, so that those whose time is
/// over are at the front; a table of slots finds them. Nothing is allocated per message once it has grown. Reference: nats-server stream.go ddmap.
/// </remarks>
public sealed class DedupeWindow
{
    /// <summary>More ids are not remembered: the oldest is forgotten before its time.</summary>
    public const int MaximumCount = 1 << 28;

    private const int SmallestTable = 16;
    private const int MaximumSpares = 2;
    private readonly DedupeKey _key;
    private readonly List<DedupeChunk> _chunks = [];
    private readonly Stack<DedupeChunk> _spares = new();
    private long _windowNs;

    // Open addressing: a slot has the number of an entry, 0 is free. Numbers wrap around, and leave 0 out.
    private uint[] _slots = [];
    private uint _first;

    // Entries of the first chunk that are over.
    private int _over;

    /// <summary>Begins with no ids.</summary>
    /// <param name="key">Of the server.</param>
    /// <param name="windowNs">How long an id counts, nanoseconds; 0 and less: not at all.</param>
    public DedupeWindow(DedupeKey key, long windowNs)
        : this(key, windowNs, 1)
    {
    }

    internal DedupeWindow(DedupeKey key, long windowNs, uint first)
    {
        _key = key;
        _windowNs = windowNs;
        _first = first;
    }

    /// <summary>How many ids are remembered.</summary>
    public int Count { get; private set; }

    /// <summary>When the oldest id is over, nanoseconds since 1970, to the millisecond; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextExpiryNs => Entries == 0 ? long.MaxValue : _chunks[0].TimeNsOf(_over) + _windowNs;

    /// <summary>Bytes that the ids take.</summary>
    internal long Bytes => (_slots.Length * (long)sizeof(uint)) + (20L * (_chunks.Sum(static chunk => chunk.Room) + _spares.Sum(static chunk => chunk.Room)));

    private int Entries => _chunks.Count == 0 ? 0 : ((_chunks.Count - 1) * DedupeChunk.Capacity) + _chunks[^1].Count - _over;

    /// <summary>Takes over another window; ids that it does not reach are forgotten with the next call.</summary>
    public void Update(long windowNs) => _windowNs = windowNs;

    /// <summary>Finds a message.</summary>
    /// <param name="id">Its id; an empty one is none.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="sequence">Of the message that had the id first.</param>
    public bool TryFind(ReadOnlySpan<byte> id, long nowNs, out ulong sequence)
    {
        sequence = 0;
        Expire(nowNs);
        if (id.IsEmpty || Count == 0) return false;
        int slot = SlotOf(_key.Hash(id));
        if (_slots[slot] == 0) return false;
        (DedupeChunk chunk, int index) = At(_slots[slot]);
        sequence = chunk.SequenceOf(index);
        return true;
    }

    /// <summary>Remembers a message that was stored.</summary>
    /// <param name="id">Its id; an empty one is none.</param>
    /// <param name="sequence">Larger than those before.</param>
    /// <param name="timeNs">When it was stored, not before those before.</param>
    public void Add(ReadOnlySpan<byte> id, ulong sequence, long timeNs)
    {
        if (id.IsEmpty || _windowNs <= 0) return;
        if (Count >= MaximumCount) Forget();
        DedupeHash hash = _key.Hash(id);
        uint number = Append(hash, sequence, timeNs);
        if ((Count + 1L) * 4 > _slots.Length * 3L) Resize(Math.Max(SmallestTable, _slots.Length * 2));
        int slot = SlotOf(hash);
        if (_slots[slot] == 0) Count++;
        _slots[slot] = number;
    }

    /// <summary>Forgets the ids whose time is over.</summary>
    public void Expire(long nowNs)
    {
        while (Entries > 0 && nowNs - _chunks[0].TimeNsOf(_over) >= _windowNs) Forget();
    }

    public void Clear()
    {
        while (Entries > 0) Forget();
    }

    private uint Append(in DedupeHash hash, ulong sequence, long timeNs)
    {
        // A chunk has its full length before the next one begins.
        if (_chunks.Count > 0 && !_chunks[^1].Fits(sequence))
        {
            while (!_chunks[^1].IsFull) _chunks[^1].Add(default, _chunks[^1].SequenceOf(0), timeNs);
        }

        while (true)
        {
            uint number = unchecked(_first + (uint)Entries);
            if (_chunks.Count == 0 || _chunks[^1].IsFull) _chunks.Add(_spares.TryPop(out DedupeChunk? spare) ? spare : new DedupeChunk());
            _chunks[^1].Add(number == 0 ? default : hash, sequence, timeNs);
            if (number != 0) return number;
        }
    }

    private (DedupeChunk Chunk, int Index) At(uint number)
    {
        int position = (int)unchecked(number - _first) + _over;
        return (_chunks[position / DedupeChunk.Capacity], position % DedupeChunk.Capacity);
    }

    // Takes the oldest entry away; its slot too, unless a later message has the same id.
    private void Forget()
    {
        DedupeChunk chunk = _chunks[0];
        ref DedupeEntry entry = ref chunk[_over];
        int slot = _first == 0 || _slots.Length == 0 ? -1 : SlotOf(new DedupeHash(entry.HashLow, entry.HashHigh));
        if (slot >= 0 && _slots[slot] == _first)
        {
            Free(slot);
            Count--;
        }

        _first = unchecked(_first + 1);
        if (++_over < chunk.Count) return;
        _over = 0;
        _chunks.RemoveAt(0);
        chunk.Clear();
        if (_spares.Count < MaximumSpares) _spares.Push(chunk);
        if (_slots.Length > SmallestTable && Count < _slots.Length / 8) Resize(_slots.Length / 2);
    }

    // The slot of an id, or the free one where it would be.
    private int SlotOf(in DedupeHash hash)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)hash.Low & mask; ; slot = (slot + 1) & mask)
        {
            uint number = _slots[slot];
            if (number == 0) return slot;
            (DedupeChunk chunk, int index) = At(number);
            ref DedupeEntry entry = ref chunk[index];
            if (entry.HashLow == hash.Low && entry.HashHigh == hash.High) return slot;
        }
    }

    // Frees a slot, and moves back those behind it that were pushed on by it.
    private void Free(int slot)
    {
        int mask = _slots.Length - 1;
        for (int next = (slot + 1) & mask; _slots[next] != 0; next = (next + 1) & mask)
        {
            int home = HomeOf(_slots[next]) & mask;
            if (((next - home) & mask) < ((next - slot) & mask)) continue;
            _slots[slot] = _slots[next];
            slot = next;
        }

        _slots[slot] = 0;
    }

    private int HomeOf(uint number)
    {
        (DedupeChunk chunk, int index) = At(number);
        return (int)chunk[index].HashLow;
    }

    private void Resize(int length)
    {
        Debug.Assert(int.IsPow2(length) && Count < length, "a table with room");
        uint[] old = _slots;
        _slots = new uint[length];
        int mask = length - 1;
        foreach (uint number in old)
        {
            if (number == 0) continue;
            int slot = HomeOf(number) & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = number;
        }
    }
}
