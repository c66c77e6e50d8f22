using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Pure. What comes of a request to create or update a stream.</summary>
internal static class StreamRequestRules
{
    /// <summary>Judges a request to create a stream.</summary>
    /// <param name="name">The name in the subject of the request.</param>
    /// <param name="request">The request.</param>
    /// <param name="view">The account and the server.</param>
    /// <param name="config">The configuration of the stream, with the API level that it needs, as it is to be kept.</param>
    /// <returns>Null when the stream is to be created, or is there already with the same configuration.</returns>
    public static ApiError? Create(string name, StreamRequest request, JetStreamView view, out StreamConfig config)
    {
        config = ApiLevel.Stamp(request.Config);
        if (name != config.Name) return ApiErrors.StreamMismatch;
        if (AssetName.HasPathSeparator(name)) return ApiErrors.StreamNameContainsPathSeparators;
        if (config.Sealed) return ApiErrors.StreamInvalidConfig("stream configuration for create can not be sealed");
        if (config.MirrorDirect && config.Mirror is null) return ApiErrors.StreamInvalidConfig("stream has no mirror but does have mirror direct");
        return NumberOfStreams(config, view) ?? StreamConfigCheck.Run(ref config, view, request.IsPedantic) ?? Add(ref config, view);
    }

    /// <summary>Judges a request to update a stream.</summary>
    /// <param name="name">The name in the subject of the request.</param>
    /// <param name="request">The request: all of the new configuration.</param>
    /// <param name="view">The account and the server.</param>
    /// <param name="consumers">The consumers of the stream by name.</param>
    /// <param name="config">The new configuration, as it is to be kept.</param>
    public static ApiError? Update(string name, StreamRequest request, JetStreamView view, IReadOnlyDictionary<string, ConsumerConfig> consumers, out StreamConfig config)
    {
        config = request.Config;
        if (StreamConfigCheck.Run(ref config, view, request.IsPedantic) is { } error) return error;
        if (name != config.Name) return ApiErrors.StreamMismatch;
        if (!view.Streams.TryGetValue(name, out StreamConfig? current)) return ApiErrors.StreamNotFound;
        config = ApiLevel.Stamp(config);
        return StreamConfigUpdate.Check(current, ref config, view, request.IsPedantic) ?? ConsumerLimits(current, config, consumers) ?? Overlap(config, view)
            ?? Republish(ref config);
    }

    /// <summary>Judges a request to restore a stream. Whether there is one of its name is for the caller to say.</summary>
    /// <param name="name">The name in the subject of the request.</param>
    /// <param name="config">The configuration in the request; afterwards as it is to be kept.</param>
    /// <param name="view">The account and the server.</param>
    public static ApiError? Restore(string name, ref StreamConfig config, JetStreamView view)
    {
        if (name != config.Name) return ApiErrors.StreamMismatch;
        if (AssetName.HasPathSeparator(name)) return ApiErrors.StreamNameContainsPathSeparators;
        return StreamConfigCheck.Run(ref config, view, isPedantic: false) ?? NumberOfStreams(config, view);
    }

    // Before anything is filled in: storage that is not said has no limit here.
    private static ApiError? NumberOfStreams(StreamConfig config, JetStreamView view)
    {
        if (view.Tiers.Select(config.Replicas, out string tier) is not { } limits) return ApiErrors.NoLimits;
        if (limits.MaxStreams > 0 && StorageReservation.CountOthers(view, tier, config) >= limits.MaxStreams) return ApiErrors.MaximumStreamsLimit;
        return StorageReservation.Check(view, limits, tier, config, config.MaxBytes, StorageReservation.OfOthers(view, tier, config));
    }

    private static ApiError? Add(ref StreamConfig config, JetStreamView view)
    {
        if (view.IsStandalone && config.Replicas > 1) return ApiErrors.StreamReplicasNotSupported;
        if (view.Streams.TryGetValue(config.Name, out StreamConfig? current))
        {
            config = config with { Metadata = ApiLevel.StampAs(config.Metadata, current.Metadata) };
            return config == current ? null : ApiErrors.StreamNameExist;
        }

        if (view.Tiers.Select(config.Replicas, out string tier) is not { } limits) return ApiErrors.NoLimits;
        return StorageReservation.Check(view, limits, tier, config, config.MaxBytes, StorageReservation.OfOthers(view, tier, config)) ?? Filters(config) ?? Overlap(config, view);
    }

    private static ApiError? Filters(StreamConfig config)
    {
        if (config.Mirror is { } mirror && HasBadFilter(mirror))
            return ApiErrors.StreamCreate($"subject filter '{mirror.FilterSubject}' for the mirror {TransformErrors.BadSubject}");
        return config.Sources?.FirstOrDefault(HasBadFilter) is { } source
            ? ApiErrors.StreamCreate($"subject filter '{source.FilterSubject}' for the source: {TransformErrors.BadSubject}")
            : null;
    }

    private static bool HasBadFilter(StreamSource source) =>
        source.SubjectTransforms is not { Count: > 0 } && source.FilterSubject.Length > 0 && !SubjectText.IsValid(source.FilterSubject);

    private static ApiError? Overlap(StreamConfig config, JetStreamView view)
    {
        foreach (StreamConfig other in view.Streams.Values)
        {
            if (other.Name == config.Name) continue;
            foreach (string subject in config.Subjects ?? [])
            {
                if (other.Subjects is { } subjects && subjects.Any(theirs => SubjectText.Collide(subject, theirs))) return ApiErrors.StreamSubjectOverlap;
            }
        }

        return null;
    }

    // Consumers that have more than a limit that is new.
    private static ApiError? ConsumerLimits(StreamConfig current, StreamConfig config, IReadOnlyDictionary<string, ConsumerConfig> consumers)
    {
        (StreamConsumerLimits old, StreamConsumerLimits limits) = (current.ConsumerLimits, config.ConsumerLimits);
        bool isThresholdNew = limits.InactiveThresholdNs > 0 && limits.InactiveThresholdNs != old.InactiveThresholdNs;
        bool isPendingNew = limits.MaxAckPending > 0 && limits.MaxAckPending != old.MaxAckPending;
        if (!isThresholdNew && !isPendingNew) return null;
        string[] violating =
        [
            .. consumers.Where(consumer =>
                (limits.InactiveThresholdNs > 0 && consumer.Value.InactiveThresholdNs > limits.InactiveThresholdNs)
                || (limits.MaxAckPending > 0 && consumer.Value.MaxAckPending > limits.MaxAckPending)).Select(static consumer => consumer.Key).Order(StringComparer.Ordinal),
        ];
        return violating.Length == 0 ? null : ApiErrors.StreamUpdate($"change to limits violates consumers: {string.Join(", ", violating)}");
    }

    // Unlike in a new stream, no destination means everything here.
    private static ApiError? Republish(ref StreamConfig config)
    {
        if (config.Republish is not { Destination.Length: 0 } republish) return null;
        republish = republish with { Destination = ">" };
        if (!SubjectTransform.TryCreate(republish.Source, republish.Destination, isStrict: false, out _, out string? problem))
            return ApiErrors.StreamUpdate($"stream configuration for republish from '{republish.Source}' to '{republish.Destination}': {problem}");
        config = config with { Republish = republish };
        return null;
    }
}
