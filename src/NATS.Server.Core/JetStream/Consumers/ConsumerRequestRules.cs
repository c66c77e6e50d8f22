using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. What comes of a request to create or update a consumer.</summary>
internal static class ConsumerRequestRules
{
    private const int MaximumNameLength = 255;

    /// <summary>Judges a request.</summary>
    /// <param name="subject">What its subject says.</param>
    /// <param name="request">The request.</param>
    /// <param name="surroundings">What it is judged against.</param>
    /// <param name="consumer">The consumer that is to be created or to be changed.</param>
    public static ApiError? Judge(ConsumerRequestSubject subject, ConsumerRequest request, ConsumerSurroundings surroundings, out PlannedConsumer consumer)
    {
        consumer = default;
        ConsumerConfig config = request.Config;
        if (Addressed(subject, request, ref config) is { } error) return error;
        JetStreamView view = surroundings.View;
        if (config.Replicas > 1 && view.IsStandalone) return ApiErrors.StreamReplicasNotSupported;
        if (!view.Streams.TryGetValue(request.Stream, out StreamConfig? stream)) return ApiErrors.StreamNotFound;
        string name = Sourcing(ref config, stream, subject, surroundings);
        if (surroundings.Consumers.TryGetValue(name, out ConsumerConfig? named)) KeepState(ref config, named);
        config = ApiLevel.Stamp(config);
        if (view.Tiers.Select(config.ReplicasIn(stream.Replicas, stream.HasInterestRetention), out _) is not { } limits) return ApiErrors.NoLimits;
        if (ConsumerDefaults.Apply(ref config, stream, view.Server, limits, request.IsPedantic) is { } pedantic) return pedantic;
        if (ConsumerConfigCheck.Run(config, stream, view.Server, limits) is { } invalid) return invalid;

        string ownName = config.IsDurable ? config.Durable : config.Name;
        if (ownName.Length > 0 && surroundings.Consumers.TryGetValue(ownName, out ConsumerConfig? current))
        {
            if (Change(current, ref config, request.Action, stream, surroundings) is { } refusal) return refusal;
            consumer = new PlannedConsumer(ownName, config, WithInactivity(config, current.IsDurable), IsNew: false);
            return null;
        }

        if (request.Action == ConsumerAction.Update) return ApiErrors.ConsumerDoesNotExist;
        if ((NumberOfConsumers(stream, limits, surroundings) ?? WorkQueue(config, stream, surroundings)) is { } refused) return refused;
        if (config.IsDurable && Encoding.UTF8.GetByteCount(config.Durable) > MaximumNameLength) return ApiErrors.ConsumerNameTooLong(MaximumNameLength);
        if (!IsNameOfFolder(ownName, config, stream)) return ApiErrors.ConsumerCreate("error creating store for consumer");
        consumer = new PlannedConsumer(ownName.Length > 0 ? ownName : surroundings.FreeName, config, WithInactivity(config, config.IsDurable), IsNew: true);
        return null;
    }

    // The subject and the body have to say the same.
    private static ApiError? Addressed(ConsumerRequestSubject subject, ConsumerRequest request, ref ConsumerConfig config)
    {
        if (subject.Stream != request.Stream) return ApiErrors.StreamMismatch;
        string name = subject.Form == ConsumerRequestForm.Ephemeral ? config.Name : subject.Consumer;
        if (AssetName.HasPathSeparator(name)) return ApiErrors.ConsumerNameContainsPathSeparators;
        if (subject.Form == ConsumerRequestForm.Durable && !config.IsDurable) return ApiErrors.ConsumerDurableNameNotSet;
        if (subject.Form == ConsumerRequestForm.Ephemeral && config.IsDurable) return ApiErrors.ConsumerEphemeralWithDurableName;
        if (config.IsDurable && name != config.Durable) return ApiErrors.ConsumerDurableNameNotMatchSubject;
        config = config with { Name = name };
        if (subject.Filter.Length == 0) return null;
        if (config.FilterSubjects is { Count: > 0 }) return ApiErrors.ConsumerMultipleFiltersNotAllowed;
        return config.FilterSubject != subject.Filter ? ApiErrors.ConsumerCreateFilterSubjectMismatch : null;
    }

    // The consumer of a mirror or source has a name that stays the same, of which there may be several on a stream that keeps its messages; on one that does not, it is
    // made durable, and what flow control confirms counts as acknowledged. Returns the name by which the consumer is looked up.
    private static string Sourcing(ref ConsumerConfig config, StreamConfig stream, ConsumerRequestSubject subject, ConsumerSurroundings surroundings)
    {
        string name = subject.Form == ConsumerRequestForm.Ephemeral ? config.Name : subject.Consumer;
        if (!config.Direct || !config.Sourcing || config.Name.Length == 0) return name;
        if (stream.HasInterestRetention && surroundings.View.IsStandalone)
        {
            config = config with { Direct = false, Durable = config.Name, AckPolicy = AckPolicy.FlowControl, AckWaitNs = 0, MaxDeliver = 0, InactiveThresholdNs = 0 };
            return name;
        }

        config = config with { Name = $"{config.Name}-{surroundings.FreeName}" };
        return config.Name;
    }

    private static void KeepState(ref ConsumerConfig config, ConsumerConfig current)
    {
        config = config with { PauseUntil = current.PauseUntil };
        if (config.Sourcing && config.IsDurable)
            config = config with { DeliverPolicy = current.DeliverPolicy, StartSequence = current.StartSequence, StartTime = current.StartTime };
    }

    private static ApiError? Change(ConsumerConfig current, ref ConsumerConfig config, ConsumerAction action, StreamConfig stream, ConsumerSurroundings surroundings)
    {
        if (action == ConsumerAction.Create)
        {
            config = config with { Metadata = ApiLevel.StampAs(config.Metadata, current.Metadata) };
            if (config != current) return ApiErrors.ConsumerAlreadyExists;
        }

        string name = config.IsDurable ? config.Durable : config.Name;
        if (stream.Retention == RetentionPolicy.WorkQueue && !IsPartitionFree(name, config.Filters, surroundings)) return ApiErrors.ConsumerWQConsumerNotUnique;
        if (ConsumerConfigUpdate.Check(current, config, surroundings.HasInterest) is { } error) return error;
        config = config with { PauseUntil = config.PauseUntil?.ToUtc() };
        return null;
    }

    // One that is not durable goes away when it is not used. A change that makes it durable does not change that, as long as it runs.
    private static ConsumerConfig WithInactivity(ConsumerConfig config, bool isDurable) =>
        !isDurable && config.InactiveThresholdNs <= 0 ? config with { InactiveThresholdNs = ConsumerDefaults.InactiveThresholdNs } : config;

    private static ApiError? NumberOfConsumers(StreamConfig stream, AccountLimits limits, ConsumerSurroundings surroundings)
    {
        if (!surroundings.View.IsStandalone) return null;
        long maximum = stream.MaxConsumers;
        if (maximum <= 0 || (limits.MaxConsumers > 0 && limits.MaxConsumers < maximum)) maximum = limits.MaxConsumers;
        if (maximum <= 0) maximum = surroundings.View.Server.DefaultMaxConsumers;
        return maximum > 0 && Limited(surroundings) >= maximum ? ApiErrors.MaximumConsumersLimit : null;
    }

    private static ApiError? WorkQueue(ConsumerConfig config, StreamConfig stream, ConsumerSurroundings surroundings)
    {
        if (stream.Retention != RetentionPolicy.WorkQueue || config.Direct || config.Sourcing) return null;
        if (config.AckPolicy is not (AckPolicy.Explicit or AckPolicy.FlowControl)) return ApiErrors.ConsumerWQRequiresExplicitAck;
        if (config.DeliverPolicy != DeliverPolicy.All) return ApiErrors.ConsumerWQConsumerNotDeliverAll;
        if (Limited(surroundings) == 0) return null;
        if (config.Filters.Count == 0) return ApiErrors.ConsumerWQMultipleUnfiltered;
        return IsPartitionFree(config.IsDurable ? config.Durable : config.Name, config.Filters, surroundings) ? null : ApiErrors.ConsumerWQConsumerNotUnique;
    }

    // State in files is in a folder with the name of the consumer, of which no system takes more; the reference finds that out by trying.
    private static bool IsNameOfFolder(string name, ConsumerConfig config, StreamConfig stream) =>
        config.Direct || config.MemoryStorage || stream.Storage == StorageType.Memory || Encoding.UTF8.GetByteCount(name) <= MaximumNameLength;

    // Consumers of mirrors and sources do not count.
    private static int Limited(ConsumerSurroundings surroundings) => surroundings.Consumers.Values.Count(static consumer => !IsOfSource(consumer));

    private static bool IsOfSource(ConsumerConfig consumer) => consumer.Direct || consumer.Sourcing;

    private static bool IsPartitionFree(string name, IReadOnlyList<string> filters, ConsumerSurroundings surroundings)
    {
        foreach ((string otherName, ConsumerConfig other) in surroundings.Consumers)
        {
            if (otherName == name || IsOfSource(other) || filters.Count == 0) continue;
            if (other.Filters.Count == 0 || filters.Any(filter => other.Filters.Any(theirs => SubjectText.Collide(filter, theirs)))) return false;
        }

        return true;
    }
}
