using System.Text;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>Owned by one test. Remembers what a store tells.</summary>
public sealed class RecordingStoreListener : IStoreListener
{
    private readonly List<(ulong Sequence, string Subject, ulong Bytes)> _removed = [];
    private readonly List<(ulong Sequence, string Subject)> _markers = [];

    /// <summary>The single removals, in order.</summary>
    public IReadOnlyList<(ulong Sequence, string Subject, ulong Bytes)> Removed => _removed;

    /// <summary>The markers that are due, in order.</summary>
    public IReadOnlyList<(ulong Sequence, string Subject)> Markers => _markers;

    /// <summary>How many messages were removed, one by one or together.</summary>
    public ulong Messages { get; private set; }

    /// <summary>Their bytes.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>What was found damaged.</summary>
    public IList<string> Damages { get; } = [];

    public void Clear()
    {
        _removed.Clear();
        _markers.Clear();
        Damages.Clear();
        Messages = Bytes = 0;
    }

    void IStoreListener.Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
    {
        _removed.Add((sequence, Encoding.Latin1.GetString(subject), bytes));
        Messages++;
        Bytes += bytes;
    }

    void IStoreListener.Purged(ulong messages, ulong bytes)
    {
        Messages += messages;
        Bytes += bytes;
    }

    void IStoreListener.MarkerDue(ulong sequence, ReadOnlySpan<byte> subject) => _markers.Add((sequence, Encoding.Latin1.GetString(subject)));

    void IStoreListener.Damaged(string what) => Damages.Add(what);
}
