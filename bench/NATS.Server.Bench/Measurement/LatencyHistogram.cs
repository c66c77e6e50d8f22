using System.Diagnostics;
using System.Numerics;

namespace NATS.Server.Bench.Measurement;

/// <summary>Durations in buckets that are at most 1/64 wide, relative to their value. One thread.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _buckets = new long[64 * SubBuckets];
    private long _count;

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks)
    {
        var value = (ulong)Math.Max(ticks, 1);
        var magnitude = Math.Max(0, BitOperations.Log2(value) - SubBits);
        _buckets[(magnitude << SubBits) + (int)(value >> magnitude)]++;
        _count++;
    }

    /// <summary>The duration that <paramref name="share"/> (0 to 1) of all do not exceed, in microseconds; NaN without any.</summary>
    public double Microseconds(double share)
    {
        var wanted = (long)Math.Ceiling(_count * share);
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted && seen > 0)
            {
                var magnitude = i < 2 * SubBuckets ? 0 : (i >> SubBits) - 1;
                var value = (i - ((long)magnitude << SubBits)) << magnitude;
                return value * 1e6 / Stopwatch.Frequency;
            }
        }

        return double.NaN;
    }
}
