using System.Runtime.InteropServices;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Not synchronised. The messages that are delivered and not acknowledged, by their sequence. First deliveries only ever come behind all others, so
/// that they are kept in their order: a list of chunks. What is done at the front frees chunks, elsewhere it leaves holes, and chunks with many
/// holes are joined.
/// </summary>
/// <remarks>24 bytes a message when they are acknowledged in about their order, at worst about twice that.</remarks>
internal sealed class PendingTable
{
    private const int JoinBelow = PendingChunk.Capacity / 2;
    private const int JoinUpTo = PendingChunk.Capacity - (PendingChunk.Capacity / 8);
    private const int MaximumSpares = 4;
    private readonly List<PendingChunk> _chunks = [];
    private readonly Stack<PendingChunk> _spares = new();

    public int Count { get; private set; }

    /// <summary>How many entries there is room for.</summary>
    public int Capacity => Chunks.Length == 0 ? 0 : _chunks.Sum(static chunk => chunk.Entries.Length) + _spares.Sum(static chunk => chunk.Entries.Length);

    public ReadOnlySpan<PendingChunk> Chunks => CollectionsMarshal.AsSpan(_chunks);

    /// <summary>Adds a message behind all others.</summary>
    /// <param name="sequence">Larger than all.</param>
    /// <param name="consumerSequence">Of its first delivery, 0 when it is not known.</param>
    /// <param name="timeNs">From when on its wait counts.</param>
    /// <param name="deadlineNs">When the wait ends.</param>
    /// <param name="deliveries">How often it was delivered.</param>
    public void Add(ulong sequence, ulong consumerSequence, long timeNs, long deadlineNs, uint deliveries = 1)
    {
        PendingChunk chunk = _chunks.Count > 0 && !_chunks[^1].IsFull ? _chunks[^1] : Grow();
        chunk.Add(sequence, consumerSequence, timeNs, deliveries);
        if (deadlineNs < chunk.EarliestNs) chunk.EarliestNs = deadlineNs;
        Count++;
    }

    public bool TryFind(ulong sequence, out PendingPlace place)
    {
        place = default;
        int at = ChunkOf(sequence);
        if (at >= _chunks.Count) return false;
        int index = _chunks[at].Find(sequence);
        if (index < 0) return false;
        place = new PendingPlace(_chunks[at], at, index);
        return true;
    }

    /// <summary>The first message from a sequence on.</summary>
    public bool TryFindNext(ulong from, out PendingPlace place)
    {
        for (int at = ChunkOf(from); at < _chunks.Count; at++)
        {
            PendingChunk chunk = _chunks[at];
            int index = chunk.NextLive(from);
            if (index >= chunk.End) continue;
            place = new PendingPlace(chunk, at, index);
            return true;
        }

        place = default;
        return false;
    }

    public void Remove(in PendingPlace place)
    {
        PendingChunk chunk = place.Chunk;
        chunk.Remove(place.Index);
        Count--;
        if (chunk.Live == 0) Release(place.ChunkIndex);
        else if (chunk.Live <= JoinBelow) Join(place.ChunkIndex);
    }

    /// <summary>Gives back the room that nothing is in.</summary>
    public void Trim()
    {
        _spares.Clear();
        if (Count == 0) _chunks.Clear();
    }

    public void Clear()
    {
        foreach (PendingChunk chunk in _chunks) Spare(chunk);
        _chunks.Clear();
        Count = 0;
    }

    // The only chunk that could have the sequence, or the first one behind it.
    private int ChunkOf(ulong sequence)
    {
        ReadOnlySpan<PendingChunk> chunks = Chunks;
        if (chunks.Length == 0 || sequence <= chunks[0].LastSequence) return 0;
        int low = 1;
        int high = chunks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (chunks[middle].LastSequence < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private PendingChunk Grow()
    {
        PendingChunk chunk = _spares.TryPop(out PendingChunk? spare) ? spare : new PendingChunk();
        _chunks.Add(chunk);
        return chunk;
    }

    // The last chunk stays where it is: the next delivery goes there.
    private void Release(int at)
    {
        if (at == _chunks.Count - 1) return;
        PendingChunk chunk = _chunks[at];
        _chunks.RemoveAt(at);
        Spare(chunk);
    }

    private void Spare(PendingChunk chunk)
    {
        chunk.Clear();
        if (_spares.Count < MaximumSpares) _spares.Push(chunk);
    }

    // Not with the last one, which fills up again by itself.
    private void Join(int at)
    {
        if (at + 2 < _chunks.Count && TryJoin(at)) return;
        if (at > 0 && at + 1 < _chunks.Count) TryJoin(at - 1);
    }

    private bool TryJoin(int at)
    {
        PendingChunk next = _chunks[at + 1];
        if (_chunks[at].Live + next.Live > JoinUpTo || !_chunks[at].TryTake(next)) return false;
        _chunks.RemoveAt(at + 1);
        Spare(next);
        return true;
    }
}
