namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Not synchronised. Collects which sequences are lost, up to a bound.</summary>
internal sealed class LostRecords
{
    /// <summary>More are not named one by one.</summary>
    public const int Most = 100_000;

    private readonly SortedSet<ulong> _sequences = [];

    /// <summary>Null when nothing is lost.</summary>
    public LostMessages? Result => _sequences.Count == 0 ? null : new LostMessages([.. _sequences], 0);

    /// <summary>Adds all from one to another.</summary>
    public void Add(ulong first, ulong last)
    {
        for (ulong sequence = first; sequence <= last && _sequences.Count < Most; sequence++)
        {
            _sequences.Add(sequence);
        }
    }

    /// <summary>It was deleted anyway.</summary>
    public void Remove(ulong sequence) => _sequences.Remove(sequence);
}
