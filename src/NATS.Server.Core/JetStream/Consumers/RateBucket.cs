namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Not synchronised. Lets so many bytes through per second, and a burst after a pause.</summary>
/// <remarks>What is larger than a burst passes when a whole burst is there; in the reference it would wait forever.</remarks>
public sealed class RateBucket
{
    private const double NanosecondsPerSecond = 1e9;
    private readonly double _bytesPerNs;
    private readonly double _burst;
    private double _bytes;
    private long _filledNs;

    /// <summary>Makes a full bucket.</summary>
    /// <param name="bitsPerSecond">Above 0.</param>
    /// <param name="burst">Bytes that may pass at once.</param>
    /// <param name="nowNs">The time, nanoseconds since 1970.</param>
    public RateBucket(ulong bitsPerSecond, long burst, long nowNs)
    {
        _bytesPerNs = Math.Max(bitsPerSecond / 8, 1) / NanosecondsPerSecond;
        _burst = _bytes = burst;
        _filledNs = nowNs;
    }

    /// <summary>Says when something may pass: not after now when it may pass at once.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="nowNs">The time.</param>
    public long DueNs(long bytes, long nowNs)
    {
        Fill(nowNs);
        double missing = Math.Min(bytes, _burst) - _bytes;
        return missing <= 0 ? nowNs : nowNs + (long)Math.Ceiling(missing / _bytesPerNs);
    }

    /// <summary>Notes that something passes.</summary>
    public void Take(long bytes) => _bytes -= bytes;

    private void Fill(long nowNs)
    {
        if (nowNs <= _filledNs) return;
        _bytes = Math.Min(_burst, _bytes + ((nowNs - _filledNs) * _bytesPerNs));
        _filledNs = nowNs;
    }
}
