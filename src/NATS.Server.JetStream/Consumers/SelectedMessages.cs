using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Not synchronised. Messages that were chosen one by one, and how many of them were passed.</summary>
/// <param name="sequences">In ascending order.</param>
internal sealed class SelectedMessages(List<ulong> sequences)
{
    private int _next;

    public bool TryPeek(out ulong sequence)
    {
        bool isThere = _next < sequences.Count;
        sequence = isThere ? sequences[_next] : 0;
        return isThere;
    }

    public void Skip() => _next++;

    /// <summary>Passes the next one if it has a certain sequence.</summary>
    public void TakeIf(ulong sequence)
    {
        if (TryPeek(out ulong next) && next == sequence) _next++;
    }

    /// <summary>Whether a message is one of those that were not passed.</summary>
    public bool Contains(ulong sequence) => sequences.BinarySearch(_next, sequences.Count - _next, sequence, null) >= 0;

    /// <summary>How many of those that were not passed are still there. Loads each of them.</summary>
    public ulong CountIn(MessageStore store, ulong from)
    {
        ulong count = 0;
        for (int i = _next; i < sequences.Count; i++)
        {
            if (sequences[i] >= from && store.Load(sequences[i], out _) == StoreResult.Ok) count++;
        }

        return count;
    }
}
