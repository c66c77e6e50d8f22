using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Used once, by one owner. Says what is wrong with the configuration of a consumer, its defaults filled in (<see cref="ConsumerDefaults"/>), in the order in which
/// the reference looks: values, delivery, limits, filters, start, the rest.
/// </summary>
internal sealed partial class ConsumerConfigCheck
{
    private const int MaximumDescriptionLength = 4 * 1024;
    private const int MaximumMetadataLength = 128 * 1024;
    private const long ShortestHeartbeatNs = 100_000_000;
    private const long ShortestExpiryNs = 1_000_000;

    private readonly ConsumerConfig _config;
    private readonly StreamConfig _stream;
    private readonly ServerLimits _server;
    private readonly AccountLimits _account;

    private ConsumerConfigCheck(ConsumerConfig config, StreamConfig stream, ServerLimits server, AccountLimits account)
    {
        _config = config;
        _stream = stream;
        _server = server;
        _account = account;
    }

    /// <summary>Checks a configuration.</summary>
    /// <param name="config">With its defaults.</param>
    /// <param name="stream">The consumer's stream.</param>
    /// <param name="server">The limits of the server.</param>
    /// <param name="account">The limits of the account, or of the consumer's tier.</param>
    public static ApiError? Run(ConsumerConfig config, StreamConfig stream, ServerLimits server, AccountLimits account)
    {
        var check = new ConsumerConfigCheck(config, stream, server, account);
        return check.Names() ?? check.Replicas() ?? check.Waits() ?? check.FlowControlPolicy() ?? check.BackOff() ?? check.Delivery() ?? check.Limits() ?? check.Direct()
            ?? check.Filters() ?? check.Start() ?? check.Sampling() ?? check.Texts() ?? check.Priorities();
    }

    private static ApiError Invalid(string text) => ApiErrors.StreamInvalidConfig(text);

    private ApiError? Names()
    {
        if (_config.Name.Length > 0 && !AssetName.IsValid(_config.Name)) return Invalid(@"consumer name can not contain '.', '*', '>', '\', '/'");
        return _config.IsDurable && !AssetName.IsValid(_config.Durable) ? Invalid(@"consumer durable name can not contain '.', '*', '>', '\', '/'") : null;
    }

    private ApiError? Replicas()
    {
        if (_config.Replicas > 0 && _config.Replicas > _stream.Replicas) return ApiErrors.ConsumerReplicasExceedsStream;
        if (_config.Replicas < 0) return ApiErrors.ReplicasCountCannotBeNegative;
        return _stream.HasInterestRetention && _config.Replicas != 0 && _config.Replicas != _stream.Replicas ? ApiErrors.ConsumerReplicasShouldMatchStream : null;
    }

    private ApiError? Waits()
    {
        if (_config.BackOffNs is { } waits && waits.Any(static wait => wait < 0)) return ApiErrors.ConsumerBackOffNegative;
        return _config.AckWaitNs < 0 ? ApiErrors.ConsumerAckWaitNegative : null;
    }

    private ApiError? FlowControlPolicy()
    {
        if (_config.AckPolicy != AckPolicy.FlowControl) return null;
        if (_config.IsPull) return ApiErrors.ConsumerAckFCRequiresPush;
        if (!_config.FlowControl) return ApiErrors.ConsumerAckFCRequiresFC;
        if (_config.HeartbeatNs != ConsumerDefaults.FlowControlHeartbeatNs) return Invalid("flow control ack policy heartbeat needs to be 1s");
        if (_config.MaxAckPending <= 0) return ApiErrors.ConsumerAckFCRequiresMaxAckPending;
        if (_config.AckWaitNs != 0 || _config.BackOffNs is { Count: > 0 }) return ApiErrors.ConsumerAckFCRequiresNoAckWait;
        return _config.MaxDeliver > 0 ? ApiErrors.ConsumerAckFCRequiresNoMaxDeliver : null;
    }

    private ApiError? BackOff()
    {
        if (BackOffExceedsDeliveries(_config)) return ApiErrors.ConsumerMaxDeliverBackoff;
        return Encoding.UTF8.GetByteCount(_config.Description) > MaximumDescriptionLength ? ApiErrors.ConsumerDescriptionTooLong(MaximumDescriptionLength) : null;
    }

    /// <summary>Whether there are more waits than deliveries.</summary>
    internal static bool BackOffExceedsDeliveries(ConsumerConfig config) => config.BackOffNs is { Count: > 0 } waits && config.MaxDeliver != -1 && waits.Count > config.MaxDeliver;

    private ApiError? Delivery() => _config.IsPull ? Pull() : Push();

    private ApiError? Push()
    {
        if (!SubjectText.IsLiteral(_config.DeliverSubject)) return ApiErrors.ConsumerDeliverToWildcards;
        if (!SubjectText.IsValid(_config.DeliverSubject)) return ApiErrors.ConsumerInvalidDeliverSubject;
        if (_stream.Subjects is { } subjects && subjects.Any(subject => SubjectText.IsSubset(_config.DeliverSubject, subject))) return ApiErrors.ConsumerDeliverCycle;
        if (_config.MaxWaiting != 0) return ApiErrors.ConsumerPushMaxWaiting;
        if (_config.MaxAckPending > 0 && _config.AckPolicy == AckPolicy.None) return ApiErrors.ConsumerMaxPendingAckPolicyRequired;
        return _config.HeartbeatNs is > 0 and < ShortestHeartbeatNs ? ApiErrors.ConsumerSmallHeartbeat : null;
    }

    private ApiError? Pull()
    {
        if (_config.AckPolicy == AckPolicy.None && _stream.Retention == RetentionPolicy.WorkQueue) return ApiErrors.ConsumerPullRequiresAck;
        if (_config.RateLimit > 0) return ApiErrors.ConsumerPullWithRateLimit;
        if (_config.HeartbeatNs > 0) return ApiErrors.ConsumerHBRequiresPush;
        if (_config.FlowControl) return ApiErrors.ConsumerFCRequiresPush;
        if (_config.MaxRequestExpiresNs is not 0 and < ShortestExpiryNs) return ApiErrors.ConsumerMaxRequestExpiresTooSmall;
        return _server.MaxRequestBatch > 0 && _config.MaxRequestBatch > _server.MaxRequestBatch
            ? ApiErrors.ConsumerMaxRequestBatchExceeded(_server.MaxRequestBatch.ToString(CultureInfo.InvariantCulture))
            : null;
    }

    private ApiError? Limits()
    {
        foreach (long limit in (ReadOnlySpan<long>)[_server.MaxAckPending, _account.MaxAckPending, _stream.ConsumerLimits.MaxAckPending])
        {
            if (limit > 0 && _config.MaxAckPending > limit) return ApiErrors.ConsumerMaxPendingAckExcess(limit.ToString(CultureInfo.InvariantCulture));
        }

        long threshold = _stream.ConsumerLimits.InactiveThresholdNs;
        return threshold > 0 && _config.InactiveThresholdNs > threshold ? ApiErrors.ConsumerInactiveThresholdExcess(GoDuration.FormatNanoseconds(threshold)) : null;
    }

    private ApiError? Direct()
    {
        if (!_config.Direct) return null;
        if (_config.IsPull) return ApiErrors.ConsumerDirectRequiresPush;
        return _config.IsDurable ? ApiErrors.ConsumerDirectRequiresEphemeral : null;
    }

    private ApiError? Filters()
    {
        if (_config.FilterSubject.Length > 0 && _config.FilterSubjects is { Count: > 0 }) return ApiErrors.ConsumerDuplicateFilterSubjects;
        if (_config.FilterSubject.Length > 0 && !SubjectText.IsValid(_config.FilterSubject)) return Invalid(TransformErrors.BadSubject);
        IReadOnlyList<string> filters = _config.Filters;
        if (filters.Any(static filter => filter.Length == 0)) return ApiErrors.ConsumerEmptyFilter;
        for (int i = 0; i < filters.Count; i++)
        {
            if (!SubjectText.IsValid(filters[i])) return Invalid(TransformErrors.BadSubject);
            for (int other = 0; other < filters.Count; other++)
            {
                if (other != i && SubjectText.IsSubset(filters[i], filters[other])) return ApiErrors.ConsumerOverlappingSubjectFilters;
            }
        }

        return null;
    }

    private ApiError? Start()
    {
        bool hasSequence = _config.StartSequence != 0;
        bool hasTime = _config.StartTime is not null;
        (string policy, bool needsSequence, bool needsTime) = _config.DeliverPolicy switch
        {
            DeliverPolicy.All => ("all", false, false),
            DeliverPolicy.Last => ("last", false, false),
            DeliverPolicy.New => ("new", false, false),
            DeliverPolicy.LastPerSubject => ("last per subject", false, false),
            DeliverPolicy.ByStartSequence => ("by start sequence", true, false),
            _ => ("by start time", false, true),
        };
        string? problem = needsSequence && !hasSequence ? "start sequence is not set"
            : needsTime && !hasTime ? "start time is not set"
            : hasSequence && !needsSequence ? $"start {(needsTime ? "start sequence" : "sequence")} is also set"
            : hasTime && !needsTime ? "start time is also set"
            : _config.DeliverPolicy == DeliverPolicy.LastPerSubject && _config.Filters.Count == 0 ? "filter subject is not set"
            : null;
        return problem is null ? null : ApiErrors.ConsumerInvalidPolicy($"consumer delivery policy is deliver {policy}, but optional {problem}");
    }

    private ApiError? Sampling()
    {
        if (_config.SampleFrequency.Length > 0)
        {
            string number = _config.SampleFrequency.EndsWith('%') ? _config.SampleFrequency[..^1] : _config.SampleFrequency;
            if (!GoInteger.TryParse(number, out long percent, out string? problem)) return ApiErrors.ConsumerInvalidSampling(problem);
            if (percent < 0) return ApiErrors.ConsumerInvalidSampling("<nil>");
        }

        return _config.FlowControl && _config.HeartbeatNs == 0 ? ApiErrors.ConsumerWithFlowControlNeedsHeartbeats : null;
    }

    private ApiError? Texts()
    {
        if (_config.IsDurable && _config.Name.Length > 0 && _config.Name != _config.Durable) return ApiErrors.ConsumerCreateDurableAndNameMismatch;
        return _config.Metadata.ByteCount > MaximumMetadataLength ? ApiErrors.ConsumerMetadataLength($"{MaximumMetadataLength / 1024}KB") : null;
    }

    private ApiError? Priorities()
    {
        bool hasGroups = _config.PriorityGroups is { Count: > 0 };
        if (_config.PriorityPolicy == PriorityPolicy.None)
        {
            if (hasGroups) return ApiErrors.ConsumerPriorityGroupWithPolicyNone;
            return _config.PriorityTimeoutNs > 0 ? ApiErrors.ConsumerPinnedTTLWithoutPriorityPolicyNone : null;
        }

        if (!_config.IsPull) return ApiErrors.ConsumerPushWithPriorityGroup;
        if (!hasGroups) return ApiErrors.ConsumerPriorityPolicyWithoutGroup;
        foreach (string group in _config.PriorityGroups!)
        {
            if (group.Length == 0) return ApiErrors.ConsumerEmptyGroupName;
            if (!GroupName().IsMatch(group)) return ApiErrors.ConsumerInvalidGroupName;
        }

        return null;
    }

    [GeneratedRegex(@"^[a-zA-Z0-9/_=-]{1,16}\z", RegexOptions.None, 1000)]
    private static partial Regex GroupName();
}
