namespace NATS.Server.Sessions;

/// <summary>Lets the same text pass once per period, so that a misbehaving client cannot fill a log. Thread-safe; forgets everything each period.</summary>
internal sealed class RateLimitedLog(TimeProvider time)
{
    private const int MaxTexts = 4096;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private long _periodStart = time.GetTimestamp();

    /// <summary>True the first time in the period. At the bound, texts pass no more until the period ends.</summary>
    public bool MayLog(string text)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_periodStart) >= Period)
            {
                _seen.Clear();
                _periodStart = time.GetTimestamp();
            }

            return _seen.Count < MaxTexts && _seen.Add(text);
        }
    }
}
