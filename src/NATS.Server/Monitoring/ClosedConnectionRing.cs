namespace NATS.Server.Monitoring;

/// <summary>
/// The most recently closed connections. Thread-safe; every call holds a small lock for no longer than copying references takes.
/// Bounded twice: at the capacity the oldest connection is forgotten, and when the subscription lists of all entries together exceed
/// <see cref="MaxSubscriptionDetails"/>, the oldest entries lose their lists but keep their counts.
/// </summary>
internal sealed class ClosedConnectionRing
{
    /// <summary>Subscriptions remembered over all entries; about 100 MB with short subjects.</summary>
    public const int MaxSubscriptionDetails = 1_000_000;

    private readonly Lock _lock = new();
    private readonly int _capacity;
    private readonly int _maxSubscriptionDetails;
    private ClosedConnection?[] _entries;
    private int _count;
    private ulong _total;

    // Sequence number (counted like _total) of the oldest entry that may still have its subscription list.
    private ulong _oldestDetailed;
    private long _details;

    /// <summary>Creates an empty ring.</summary>
    /// <param name="capacity">Connections to remember, at least 1.</param>
    /// <param name="maxSubscriptionDetails">Subscriptions to remember over all connections.</param>
    public ClosedConnectionRing(int capacity, int maxSubscriptionDetails = MaxSubscriptionDetails)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _maxSubscriptionDetails = maxSubscriptionDetails;
        _entries = new ClosedConnection?[Math.Min(capacity, 64)];
    }

    /// <summary>Connections ever added.</summary>
    public ulong Total
    {
        get
        {
            lock (_lock) return _total;
        }
    }

    /// <summary>Connections remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    public void Add(ClosedConnection closed)
    {
        lock (_lock)
        {
            if (_count == _entries.Length && _count < _capacity)
            {
                Array.Resize(ref _entries, Math.Min(_capacity, _count * 2));
            }

            int slot = SlotOf(_total);
            if (_count == _entries.Length) _details -= _entries[slot]!.Subscriptions.Count;
            else _count++;

            _entries[slot] = closed;
            _total++;
            _details += closed.Subscriptions.Count;
            _oldestDetailed = Math.Max(_oldestDetailed, _total - (ulong)_count);
            while (_details > _maxSubscriptionDetails)
            {
                ref ClosedConnection? oldest = ref _entries[SlotOf(_oldestDetailed)];
                _details -= oldest!.Subscriptions.Count;
                oldest = oldest with { Subscriptions = [] };
                _oldestDetailed++;
            }
        }
    }

    /// <summary>The remembered connections, oldest first.</summary>
    public ClosedConnection[] Snapshot()
    {
        lock (_lock)
        {
            var result = new ClosedConnection[_count];
            ulong first = _total - (ulong)_count;
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = _entries[SlotOf(first + (ulong)i)]!;
            }

            return result;
        }
    }

    // The array grows only while it has never wrapped, so that a sequence number keeps its slot.
    private int SlotOf(ulong sequence) => (int)(sequence % (ulong)_entries.Length);
}
