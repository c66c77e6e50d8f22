using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Pure. What of a stream's configuration may change, and what changes with it.</summary>
internal static class StreamConfigUpdate
{
    /// <summary>Checks a new configuration, fills in what it leaves open, and compares it with the current one.</summary>
    /// <param name="current">What the stream has.</param>
    /// <param name="config">What it should have; afterwards as it counts, if it is good.</param>
    /// <param name="view">The other streams of the account, and the limits.</param>
    /// <param name="isPedantic">Whether it is an error to have to change a value.</param>
    public static ApiError? Check(StreamConfig current, ref StreamConfig config, JetStreamView view, bool isPedantic)
    {
        if (StreamConfigCheck.Run(ref config, view, isPedantic) is { } error) return error;
        if (config.Name != current.Name) return Invalid("stream configuration name must match original");
        if (view.IsStandalone && config.Replicas > 1) return ApiErrors.StreamReplicasNotSupported;
        if (Forbidden(current, config) is { } forbidden) return forbidden;
        if (config.Sealed)
            config = config with { MaxAgeNs = 0, Discard = DiscardPolicy.New, DenyDelete = true, DenyPurge = true, AllowRollup = false };
        return Reservation(current, config, view);
    }

    private static ApiError Invalid(string text) => ApiErrors.StreamInvalidConfig(text);

    private static ApiError? Forbidden(StreamConfig current, StreamConfig config)
    {
        if (config.Storage != current.Storage) return Invalid("stream configuration update can not change storage type");
        if (config.Retention != current.Retention && (current.Retention == RetentionPolicy.WorkQueue || config.Retention == RetentionPolicy.WorkQueue))
            return Invalid("stream configuration update can not change retention policy to/from workqueue");
        if (current.Sealed && !config.Sealed) return Invalid("stream configuration update can not unseal a sealed stream");
        if (current.DenyDelete && !config.DenyDelete) return Invalid("stream configuration update can not cancel deny message deletes");
        if (current.DenyPurge && !config.DenyPurge) return Invalid("stream configuration update can not cancel deny purge");

        // Without it a mirror becomes a stream of its own.
        if (config.Mirror is not null && config.Mirror != current.Mirror) return ApiErrors.StreamMirrorNotUpdatable;
        if (StreamConfigCheck.DiscardsPerSubject(config) is { } error) return error;
        if (current.AllowMessageTtl && !config.AllowMessageTtl) return Invalid("message TTL status can not be disabled");
        if (current.AllowMessageCounter != config.AllowMessageCounter) return Invalid("stream configuration update can not change message counter setting");
        if (current.AllowMessageSchedules && !config.AllowMessageSchedules) return Invalid("message schedules can not be disabled");
        return current.PersistMode != config.PersistMode ? Invalid("stream configuration update can not change persist mode") : null;
    }

    // Only what the stream reserves beyond what it has needs room on the server; the account is asked for all of it.
    private static ApiError? Reservation(StreamConfig current, StreamConfig config, JetStreamView view)
    {
        AccountLimits? limits = view.Tiers.Select(config.Replicas, out string tier);
        if (limits is null && current.Replicas != config.Replicas) limits = view.Tiers.Select(current.Replicas, out tier);
        if (limits is null) return ApiErrors.NoLimits;
        long more = Math.Max(0, Math.Max(config.MaxBytes, 0) - Math.Max(current.MaxBytes, 0));
        long reserved = StorageReservation.Add(StorageReservation.OfOthers(view, tier, config), StorageReservation.Of(tier, config.Replicas, config.MaxBytes - more));
        return StorageReservation.Check(view, limits, tier, config, more, reserved);
    }
}
