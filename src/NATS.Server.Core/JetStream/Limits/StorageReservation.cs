using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Pure. The bytes that streams reserve by their <c>max_bytes</c>, against what account and server have. Sums stop at the greatest number.</summary>
public static class StorageReservation
{
    /// <summary>What a stream takes of its account's limit: without tiers each replica counts.</summary>
    public static long Of(string tier, long replicas, long bytes)
    {
        if (bytes <= 0) return 0;
        return tier.Length == 0 && replicas > 1 ? (long)Int128.Min((Int128)replicas * bytes, long.MaxValue) : bytes;
    }

    /// <summary>What the other streams of the account have reserved in the storage and tier of a stream.</summary>
    public static long OfOthers(JetStreamView view, string tier, StreamConfig config)
    {
        long sum = 0;
        foreach (StreamConfig other in view.Streams.Values)
        {
            bool counts = other.Name != config.Name && other.Storage == config.Storage && IsInTier(tier, other, config);
            if (counts) sum = Add(sum, Of(tier, other.Replicas, other.MaxBytes));
        }

        return sum;
    }

    /// <summary>How many other streams of the account count for the tier of a stream.</summary>
    public static int CountOthers(JetStreamView view, string tier, StreamConfig config) =>
        view.Streams.Values.Count(other => other.Name != config.Name && IsInTier(tier, other, config));

    /// <summary>Whether account and server have room for a stream.</summary>
    /// <param name="view">Account and server.</param>
    /// <param name="limits">The limits that apply.</param>
    /// <param name="tier">The tier that they are of.</param>
    /// <param name="config">The stream.</param>
    /// <param name="bytes">How many more bytes it reserves; negative is as 1.</param>
    /// <param name="reserved">What is reserved of the account's limit.</param>
    public static ApiError? Check(JetStreamView view, AccountLimits limits, string tier, StreamConfig config, long bytes, long reserved)
    {
        if (config.MaxConsumers > 0 && limits.MaxConsumers > 0 && config.MaxConsumers > limits.MaxConsumers) return ApiErrors.MaximumConsumersLimit;
        if (bytes < 0) bytes = 1;
        long ofAccount = Of(tier, config.Replicas, bytes);
        ServerLimits server = view.Server;
        return config.Storage switch
        {
            StorageType.Memory when Exceeds(limits.MaxMemory, reserved, ofAccount) || bytes > server.MaxMemory - server.ReservedMemory => ApiErrors.MemoryResourcesExceeded,
            StorageType.File when Exceeds(limits.MaxStorage, reserved, ofAccount) || bytes > server.MaxStorage - server.ReservedStorage => ApiErrors.StorageResourcesExceeded,
            _ => null,
        };
    }

    /// <summary>A sum that stops at the greatest number.</summary>
    public static long Add(long first, long second) => (long)Int128.Min((Int128)first + second, long.MaxValue);

    private static bool IsInTier(string tier, StreamConfig other, StreamConfig config) => tier.Length == 0 || Math.Max(1, other.Replicas) == Math.Max(1, config.Replicas);

    private static bool Exceeds(long limit, long reserved, long bytes) => limit >= 0 && (reserved > limit || bytes > limit - reserved);
}
