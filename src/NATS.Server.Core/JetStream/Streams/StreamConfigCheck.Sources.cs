using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>What a stream may read other streams for.</summary>
internal sealed partial class StreamConfigCheck
{
    private const string ApiPrefix = "$JS.API";
    private const int MaximumRepeatedVisits = 1_000;

    // Of the streams of this account that are read, and of the external ones.
    private readonly List<string> _sourceSubjects = [];
    private readonly List<string> _deliverPrefixes = [];
    private readonly List<string> _apiPrefixes = [];

    private ApiError? Mirror()
    {
        if (_config.Mirror is not { } mirror) return null;
        if (_config.FirstSequence > 0) return ApiErrors.MirrorWithFirstSeq;
        if (_config.Subjects is { Count: > 0 }) return ApiErrors.MirrorWithSubjects;
        if (_config.Sources is { Count: > 0 }) return ApiErrors.MirrorWithSources;
        if (_config.AllowMessageCounter) return ApiErrors.MirrorWithCounters;
        if (_config.AllowAtomicPublish) return ApiErrors.MirrorWithAtomicPublish;
        if (_config.AllowBatchPublish) return ApiErrors.MirrorWithBatchPublish;
        if (_config.AllowMessageSchedules) return ApiErrors.MirrorWithMsgSchedules;
        if (mirror.Consumer is not null && !IsUsable(mirror)) return ApiErrors.MirrorDurableConsumerCfgInvalid;
        if (mirror.FilterSubject.Length > 0 && mirror.SubjectTransforms is { Count: > 0 }) return ApiErrors.MirrorMultipleFiltersNotAllowed;

        // A marker would take a sequence that the origin gives to a message.
        if (_config.SubjectDeleteMarkerTtlNs > 0) return Invalid("subject delete markers forbidden on mirrors");
        return MirrorTransforms(mirror.SubjectTransforms) ?? Origin(mirror);
    }

    private static ApiError? MirrorTransforms(ValueList<SubjectTransformConfig>? transforms)
    {
        if (transforms is null) return null;
        for (int i = 0; i < transforms.Count; i++)
        {
            SubjectTransformConfig transform = transforms[i];
            if (transform.Source.Length > 0 && !SubjectText.IsValid(transform.Source)) return ApiErrors.MirrorInvalidSubjectFilter($"{TransformErrors.BadSubject} {transform.Source}");
            if (!SubjectTransform.ValidateMapping(transform.Source, transform.Destination, out string? problem)) return ApiErrors.MirrorInvalidTransformDestination(problem);
            for (int other = 0; other < transforms.Count; other++)
            {
                if (other != i && SubjectText.Collide(transform.Source, transforms[other].Source)) return ApiErrors.MirrorOverlappingSubjectFilters;
            }
        }

        return null;
    }

    private ApiError? Origin(StreamSource mirror)
    {
        if (mirror.External is not null)
        {
            AddPrefixes(mirror.External);
            return null;
        }

        if (!AssetName.IsValid(mirror.Name)) return ApiErrors.MirrorInvalidStreamName;
        if (!_view.Streams.TryGetValue(mirror.Name, out StreamConfig? origin)) return null;
        if (IsMessageTooBig(origin)) return ApiErrors.MirrorMaxMessageSizeTooBig;
        _sourceSubjects.AddRange(origin.Subjects ?? []);
        if (_isPedantic && _config.MirrorDirect != origin.AllowDirect) return Pedantic("origin stream has direct get set, mirror has it disabled");
        _config = _config with { MirrorDirect = origin.AllowDirect };
        return null;
    }

    private ApiError? Sources()
    {
        if (_config.Sources is not { Count: > 0 } sources) return null;
        if (_config.AllowMessageSchedules) return ApiErrors.SourceWithMsgSchedules;
        var seen = new HashSet<SourceKey>();
        var consumers = new HashSet<(string, string?, string)>();
        foreach (StreamSource source in sources)
        {
            if (!AssetName.IsValid(source.Name)) return ApiErrors.SourceInvalidStreamName;
            if (!seen.Add(SourceKey.Of(source))) return ApiErrors.SourceDuplicateDetected;
            if (source.FilterSubject.Length > 0 && source.SubjectTransforms is { Count: > 0 }) return ApiErrors.SourceMultipleFiltersNotAllowed;
            if (SourceTransforms(source.SubjectTransforms) is { } error) return error;
            if (source.Consumer is { } consumer)
            {
                if (!IsUsable(source)) return ApiErrors.SourceDurableConsumerCfgInvalid;
                if (!consumers.Add((source.Name, source.External?.ApiPrefix, consumer.Name))) return ApiErrors.SourceDurableConsumerDuplicateDetected;
            }

            if (source.External is not null)
            {
                AddPrefixes(source.External);
            }
            else if (_view.Streams.TryGetValue(source.Name, out StreamConfig? origin))
            {
                if (IsMessageTooBig(origin)) return ApiErrors.SourceMaxMessageSizeTooBig;
                _sourceSubjects.AddRange(origin.Subjects ?? []);
            }
        }

        return null;
    }

    // All of them are looked at one by one before any two.
    private static ApiError? SourceTransforms(ValueList<SubjectTransformConfig>? transforms)
    {
        if (transforms is null) return null;
        foreach (SubjectTransformConfig transform in transforms)
        {
            if (transform.Source.Length > 0 && !SubjectText.IsValid(transform.Source)) return ApiErrors.SourceInvalidSubjectFilter($"{TransformErrors.BadSubject} {transform.Source}");
            if (!SubjectTransform.ValidateMapping(transform.Source, transform.Destination, out string? problem)) return ApiErrors.SourceInvalidTransformDestination(problem);
        }

        for (int i = 0; i < transforms.Count; i++)
        {
            for (int other = 0; other < transforms.Count; other++)
            {
                if (other != i && SubjectText.IsSubset(transforms[i].Source, transforms[other].Source)) return ApiErrors.SourceOverlappingSubjectFilters;
            }
        }

        return null;
    }

    // The consumer decides from where and what is read, so that the source may not.
    private static bool IsUsable(StreamSource source) =>
        AssetName.IsValid(source.Consumer!.Name) && SubjectText.IsValidPublish(source.Consumer.DeliverSubject)
        && source.StartSequence == 0 && source.StartTime is null && source.FilterSubject.Length == 0;

    private bool IsMessageTooBig(StreamConfig origin) => _config.MaxMessageSize > 0 && origin.MaxMessageSize > 0 && _config.MaxMessageSize < origin.MaxMessageSize;

    private void AddPrefixes(ExternalStream external)
    {
        if (external.DeliverPrefix.Length > 0) _deliverPrefixes.Add(external.DeliverPrefix);
        if (external.ApiPrefix.Length > 0) _apiPrefixes.Add(external.ApiPrefix);
    }

    private ApiError? Prefixes()
    {
        foreach (string prefix in _deliverPrefixes)
        {
            if (!SubjectText.IsValidPublish(prefix)) return ApiErrors.StreamInvalidExternalDeliverySubj(prefix);
            foreach (string subject in _sourceSubjects)
            {
                if (SubjectText.Collide(subject, $"{prefix}.{subject}")) return ApiErrors.StreamExternalDelPrefixOverlaps(prefix, subject);
            }
        }

        foreach (string prefix in _apiPrefixes)
        {
            if (!SubjectText.IsValidPublish(prefix)) return Invalid($"stream external api prefix {Config.GoFormat.Quote(prefix)} must be a valid subject without wildcards");
            if (SubjectText.Collide(prefix, ApiPrefix)) return ApiErrors.StreamExternalApiOverlap(prefix, ApiPrefix);
        }

        return null;
    }

    // Follows who reads from whom, this stream first, until there is nobody new or somebody for the second time. Who is read by several before it is visited is visited
    // as often, as in the reference, which in layers doubles with each; beyond a bound nobody is visited twice.
    private ApiError? Cycles()
    {
        var toVisit = new Queue<StreamConfig>([_config]);
        var visited = new HashSet<string>(StringComparer.Ordinal);
        for (int visits = 0; toVisit.TryDequeue(out StreamConfig? config); visits++)
        {
            if (!visited.Add(config.Name) && visits > MaximumRepeatedVisits) continue;
            foreach (StreamSource source in config.Sources ?? [])
            {
                if (source.External is not null) continue;
                if (visited.Contains(source.Name))
                {
                    bool passes = source.FilterSubject.Length == 0 || config.Subjects is { } subjects && subjects.Any(subject => SubjectText.Collide(subject, source.FilterSubject));
                    if (passes) return Invalid("detected cycle");
                }
                else if (_view.Streams.TryGetValue(source.Name, out StreamConfig? next))
                {
                    toVisit.Enqueue(next);
                }
            }

            if (config.Mirror is not { External: null } mirror) continue;
            if (visited.Contains(mirror.Name)) return Invalid("detected cycle");
            if (_view.Streams.TryGetValue(mirror.Name, out StreamConfig? origin)) toVisit.Enqueue(origin);
        }

        return null;
    }
}
