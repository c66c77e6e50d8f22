namespace NATS.Server.Monitoring;

/// <summary>How often each monitoring endpoint was asked for. Thread-safe. Bounded: only known endpoints are counted.</summary>
internal sealed class RequestCounters
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, ulong> _counts = new(StringComparer.Ordinal);

    public void Count(string endpoint)
    {
        lock (_lock)
        {
            _counts[endpoint] = _counts.GetValueOrDefault(endpoint) + 1;
        }
    }

    public IReadOnlyDictionary<string, ulong> Snapshot()
    {
        lock (_lock) return new SortedDictionary<string, ulong>(_counts, StringComparer.Ordinal);
    }
}
