namespace NATS.Server.JetStream.Storage;

/// <summary>Pure. How large the blocks of a stream get, as nats-server decides it: a directory that both write to keeps its shape.</summary>
public static class BlockSizing
{
    private const int Smallest = 32_000;
    private const int Medium = 4 << 20;
    private const int Largest = 8 << 20;
    private const int LargestUnbounded = 2 << 20;
    private const long Rounding = 100;

    // What a record has besides subject, headers and payload.
    private const long RecordOverhead = 34;
    private const long UnknownSubject = 256;
    private const long DefaultMaximumPayload = 1 << 20;

    /// <summary>The size of blocks.</summary>
    /// <param name="limits">Of the stream.</param>
    /// <param name="maxMessageSize">The longest message that the stream takes; 0 or less: what the server takes.</param>
    /// <param name="longestSubject">Of the stream's subjects without wildcards; 0 when there are none.</param>
    /// <param name="isLimitsRetention">Messages stay until a limit removes them, not until they were consumed.</param>
    /// <param name="isEncrypted">Blocks are encrypted; counts where nothing bounds the stream.</param>
    public static int For(StoreLimits limits, long maxMessageSize, int longestSubject, bool isLimitsRetention, bool isEncrypted)
    {
        if (limits.MaxBytes > 0) return OfTotal(limits.MaxBytes);
        if (limits.MaxMessages > 0)
        {
            long size = RecordOverhead + (longestSubject > 0 ? longestSubject : UnknownSubject) + (maxMessageSize > 0 ? maxMessageSize : DefaultMaximumPayload);
            return OfTotal((long)Int128.Min((Int128)size * limits.MaxMessages, long.MaxValue));
        }

        if (limits.MaxMessagesPerSubject > 0) return Medium;
        if (isEncrypted) return LargestUnbounded;
        return isLimitsRetention ? Largest : Medium;
    }

    private static int OfTotal(long total)
    {
        // A quarter of it, so that not more than that is kept too long; but all sizes between the smallest and the largest become one.
        long size = (total / 4) + 1;
        long beyond = size % Rounding;
        if (beyond != 0) size += Rounding - beyond;
        return size <= Smallest ? Smallest : size >= Largest ? Largest : Medium;
    }
}
