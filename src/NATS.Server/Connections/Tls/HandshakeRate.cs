namespace NATS.Server.Connections.Tls;

/// <summary>Counts handshakes per second and refuses those beyond a limit. Thread-safe.</summary>
internal sealed class HandshakeRate(long limit, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _windowStart;
    private long _count;
    private long _refused;

    /// <summary>Handshakes per second.</summary>
    public long Limit => limit;

    /// <summary>Whether one more handshake may begin now.</summary>
    public bool Allow()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            if (_windowStart == 0 || time.GetElapsedTime(_windowStart, now) > Window)
            {
                _windowStart = now;
                _count = 0;
            }

            if (_count++ < limit) return true;
            _refused++;
            return false;
        }
    }

    /// <summary>How many were refused since the last call.</summary>
    public long TakeRefused()
    {
        lock (_lock)
        {
            long refused = _refused;
            _refused = 0;
            return refused;
        }
    }
}
