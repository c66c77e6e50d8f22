using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. What a consumer has that its configuration does not say.</summary>
internal static class ConsumerDefaults
{
    /// <summary>The heartbeat of a consumer whose flow control acknowledges.</summary>
    public const long FlowControlHeartbeatNs = 1_000_000_000;

    /// <summary>How long an ephemeral consumer without clients lives.</summary>
    public const long InactiveThresholdNs = 5_000_000_000;

    private const long AckWaitNs = 30_000_000_000;
    private const long MaxWaiting = 512;
    private const long MaxAckPending = 1000;
    private const long PriorityTimeoutNs = 120_000_000_000;

    /// <summary>Fills in what a configuration leaves open, and changes what makes no sense.</summary>
    /// <param name="config">As requested; afterwards with its defaults, as far as there is no error.</param>
    /// <param name="stream">The consumer's stream.</param>
    /// <param name="server">The limits of the server.</param>
    /// <param name="account">The limits of the account, or of the consumer's tier.</param>
    /// <param name="isPedantic">Whether it is an error to have to change a value.</param>
    public static ApiError? Apply(ref ConsumerConfig config, StreamConfig stream, ServerLimits server, AccountLimits account, bool isPedantic)
    {
        if (isPedantic && (Negatives(config) ?? Unsaid(config, stream)) is { } problem) return ApiErrors.Pedantic(problem);
        config = config with
        {
            MaxDeliver = config.MaxDeliver <= 0 ? -1 : config.MaxDeliver,
            MaxWaiting = Math.Max(config.MaxWaiting, 0),
            MaxAckPending = Math.Max(config.MaxAckPending, -1),
            MaxRequestBatch = Math.Max(config.MaxRequestBatch, 0),
            MaxRequestExpiresNs = Math.Max(config.MaxRequestExpiresNs, 0),
            MaxRequestMaxBytes = Math.Max(config.MaxRequestMaxBytes, 0),
            HeartbeatNs = Math.Max(config.HeartbeatNs, 0),
            InactiveThresholdNs = Math.Max(config.InactiveThresholdNs, 0),
            PriorityTimeoutNs = Math.Max(config.PriorityTimeoutNs, 0),
        };
        if (config.IsPull && config.MaxWaiting == 0) config = config with { MaxWaiting = MaxWaiting };
        config = config with { AckWaitNs = AckWait(config) };
        if (config.MaxAckPending == 0) config = config with { MaxAckPending = stream.ConsumerLimits.MaxAckPending };
        if (config.InactiveThresholdNs == 0) config = config with { InactiveThresholdNs = stream.ConsumerLimits.InactiveThresholdNs };
        if (config.MaxAckPending == 0 && config.AckPolicy != AckPolicy.None) config = config with { MaxAckPending = AckPending(server, account) };
        if (config.IsPull && config.MaxRequestBatch == 0 && server.MaxRequestBatch > 0)
        {
            if (isPedantic) return ApiErrors.Pedantic("max_request_batch must be set if it's JetStream limits are set");
            config = config with { MaxRequestBatch = server.MaxRequestBatch };
        }

        if (config.PriorityPolicy == PriorityPolicy.PinnedClient && config.PriorityTimeoutNs == 0) config = config with { PriorityTimeoutNs = PriorityTimeoutNs };
        if (config.AckPolicy == AckPolicy.FlowControl && !isPedantic) config = config with { FlowControl = true, HeartbeatNs = FlowControlHeartbeatNs };
        return null;
    }

    private static long AckWait(ConsumerConfig config)
    {
        if (config.BackOffNs is { Count: > 0 } waits) return waits[0];
        return config.AckWaitNs == 0 && config.AckPolicy is AckPolicy.Explicit or AckPolicy.All ? AckWaitNs : config.AckWaitNs;
    }

    private static long AckPending(ServerLimits server, AccountLimits account)
    {
        long pending = MaxAckPending;
        if (server.MaxAckPending > 0) pending = Math.Min(pending, server.MaxAckPending);
        return account.MaxAckPending > 0 ? Math.Min(pending, account.MaxAckPending) : pending;
    }

    private static string? Negatives(ConsumerConfig config)
    {
        if (config.MaxDeliver < -1) return "max_deliver must be set to -1";
        if (config.MaxWaiting < 0) return "max_waiting must not be negative";
        if (config.MaxAckPending < -1) return "max_ack_pending must be set to -1";
        if (config.MaxRequestBatch < 0) return "max_batch must not be negative";
        if (config.MaxRequestExpiresNs < 0) return "max_expires must not be negative";
        if (config.MaxRequestMaxBytes < 0) return "max_bytes must not be negative";
        if (config.HeartbeatNs < 0) return "idle_heartbeat must not be negative";
        if (config.InactiveThresholdNs < 0) return "inactive_threshold must not be negative";
        return config.PriorityTimeoutNs < 0 ? "priority_timeout must not be negative" : null;
    }

    // What a pedantic request has to say itself.
    private static string? Unsaid(ConsumerConfig config, StreamConfig stream)
    {
        bool waitsByDefault = config.AckWaitNs == 0 && config.AckPolicy is AckPolicy.Explicit or AckPolicy.All;
        if (config.BackOffNs is { Count: > 0 } waits && (waitsByDefault ? AckWaitNs : config.AckWaitNs) != waits[0]) return "first backoff value has to equal batch AckWait";
        if (config.MaxAckPending == 0 && stream.ConsumerLimits.MaxAckPending > 0) return "max_ack_pending must be set if it's configured in stream limits";
        return config.InactiveThresholdNs == 0 && stream.ConsumerLimits.InactiveThresholdNs > 0 ? "inactive_threshold must be set if it's configured in stream limits" : null;
    }
}
