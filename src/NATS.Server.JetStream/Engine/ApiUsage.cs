namespace NATS.Server.JetStream.Engine;

/// <summary>Thread-safe. How many requests to the API were answered.</summary>
/// <param name="all">Counts with it: that of the server; null for that itself.</param>
internal sealed class ApiUsage(ApiUsage? all = null)
{
    private long _total;
    private long _errors;
    private long _inflight;

    public long Total => Volatile.Read(ref _total);

    /// <summary>How many of them with an error.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>How many wait or are worked on.</summary>
    public long Inflight => Volatile.Read(ref _inflight);

    public void Begin()
    {
        Interlocked.Increment(ref _inflight);
        all?.Begin();
    }

    public void End()
    {
        Interlocked.Decrement(ref _inflight);
        all?.End();
    }

    public void Count(bool isError)
    {
        Interlocked.Increment(ref _total);
        if (isError) Interlocked.Increment(ref _errors);
        all?.Count(isError);
    }
}
