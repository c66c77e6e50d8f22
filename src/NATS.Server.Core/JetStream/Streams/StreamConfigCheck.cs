using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>
/// Used once, by one owner. Makes of the configuration in a request the one that counts, or says what is wrong with it, in the order in which the reference looks:
/// values, policies that exclude each other, mirror and sources, subjects, transforms.
/// </summary>
internal sealed partial class StreamConfigCheck
{
    private const int MaximumNameLength = 255;
    private const int MaximumDescriptionLength = 4 * 1024;
    private const int MaximumMetadataLength = 128 * 1024;
    private const int MaximumReplicas = 5;
    private const long DefaultDuplicateWindowNs = 120 * NanosecondsPerSecond;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long ShortestAgeNs = 100_000_000;

    private readonly JetStreamView _view;
    private readonly bool _isPedantic;
    private StreamConfig _config;

    private StreamConfigCheck(StreamConfig config, JetStreamView view, bool isPedantic)
    {
        _config = config;
        _view = view;
        _isPedantic = isPedantic;
    }

    /// <summary>Checks a configuration and fills in what it leaves open.</summary>
    /// <param name="config">As requested; afterwards as it counts, if it is good.</param>
    /// <param name="view">The other streams of the account, and the limits.</param>
    /// <param name="isPedantic">Whether it is an error to have to change a value.</param>
    /// <returns>Null when it is good.</returns>
    public static ApiError? Run(ref StreamConfig config, JetStreamView view, bool isPedantic)
    {
        var check = new StreamConfigCheck(config, view, isPedantic);
        ApiError? error = check.Names() ?? check.Counts() ?? check.Times() ?? check.Permissions() ?? check.Markers() ?? check.Persistence()
            ?? check.Mirror() ?? check.Sources() ?? check.Prefixes() ?? check.Cycles()
            ?? check.Subjects() ?? check.Bytes() ?? check.Transform() ?? check.Republish() ?? check.Placement();
        if (error is null) config = check._config;
        return error;
    }

    private static ApiError Invalid(string text) => ApiErrors.StreamInvalidConfig(text);

    private static ApiError Pedantic(string text) => ApiErrors.Pedantic(text);

    private ApiError? Names()
    {
        if (!AssetName.IsValid(_config.Name)) return Invalid(@"stream name is required and can not contain '.', '*', '>', '\', '/'");
        if (Encoding.UTF8.GetByteCount(_config.Name) > MaximumNameLength) return Invalid($"stream name is too long, maximum allowed is {MaximumNameLength}");
        if (Encoding.UTF8.GetByteCount(_config.Description) > MaximumDescriptionLength) return Invalid($"stream description is too long, maximum allowed is {MaximumDescriptionLength}");
        return _config.Metadata.ByteCount > MaximumMetadataLength ? Invalid($"stream metadata exceeds maximum size of {MaximumMetadataLength} bytes") : null;
    }

    private ApiError? Counts()
    {
        if (_config.Storage == StorageType.Unset) _config = _config with { Storage = StorageType.File };
        if (_config.Replicas == 0) _config = _config with { Replicas = 1 };
        if (_config.Replicas > MaximumReplicas) return Invalid($"maximum replicas is {MaximumReplicas}");
        if (_config.Replicas < 0) return ApiErrors.ReplicasCountCannotBeNegative;
        foreach ((string name, long value) in (ReadOnlySpan<(string, long)>)
        [
            ("max_msgs", _config.MaxMessages), ("max_msgs_per_subject", _config.MaxMessagesPerSubject), ("max_bytes", _config.MaxBytes),
            ("max_msg_size", _config.MaxMessageSize), ("max_consumers", _config.MaxConsumers),
        ])
        {
            if (_isPedantic && value < -1) return Pedantic($"{name} must be set to -1");
        }

        _config = _config with
        {
            MaxMessages = OrUnlimited(_config.MaxMessages),
            MaxMessagesPerSubject = OrUnlimited(_config.MaxMessagesPerSubject),
            MaxBytes = OrUnlimited(_config.MaxBytes),
            MaxMessageSize = (int)OrUnlimited(_config.MaxMessageSize),
            MaxConsumers = OrUnlimited(_config.MaxConsumers),
        };
        return null;
    }

    private static long OrUnlimited(long value) => value <= 0 ? -1 : value;

    private ApiError? Times()
    {
        if (_config.MaxAgeNs < 0) return Invalid("max age can not be negative");
        if (_config.MaxAgeNs is not 0 and < ShortestAgeNs) return Invalid("max age needs to be >= 100ms");
        long limit = _view.Server.MaxDuplicateWindowNs;
        if (_config.DuplicateWindowNs == 0 && _config.Mirror is null && _config.Sources is not { Count: > 0 })
        {
            long window = DefaultDuplicateWindowNs;
            if (limit > 0 && window > limit)
            {
                if (_isPedantic) return Pedantic("duplicate window limits are higher than current limits");
                window = limit;
            }

            if (_config.MaxAgeNs != 0 && _config.MaxAgeNs < window)
            {
                if (_isPedantic) return Pedantic("duplicate window cannot be bigger than max age");
                window = _config.MaxAgeNs;
            }

            _config = _config with { DuplicateWindowNs = window };
        }

        if (_config.DuplicateWindowNs < 0) return Invalid("duplicates window can not be negative");
        if (_config.MaxAgeNs != 0 && _config.DuplicateWindowNs > _config.MaxAgeNs) return Invalid("duplicates window can not be larger then max age");
        if (limit > 0 && _config.DuplicateWindowNs > limit) return Invalid($"duplicates window can not be larger then server limit of {GoDuration.FormatNanoseconds(limit)}");
        return _config.DuplicateWindowNs is > 0 and < ShortestAgeNs ? Invalid("duplicates window needs to be >= 100ms") : null;
    }

    private ApiError? Permissions()
    {
        if (_config.DenyPurge && _config.AllowRollup) return Invalid("roll-ups require the purge permission");
        if (_config.AllowMessageCounter)
        {
            if (_config.Discard == DiscardPolicy.New) return Invalid("counter stream cannot use discard new");
            if (_config.AllowMessageTtl) return Invalid("counter stream cannot use message TTLs");
            if (_config.AllowMessageSchedules) return Invalid("counter stream cannot use message schedules");
            if (_config.Retention != RetentionPolicy.Limits) return Invalid("counter stream can only use limits retention");
        }

        return DiscardsPerSubject(_config);
    }

    /// <summary>What discarding new messages per subject requires.</summary>
    internal static ApiError? DiscardsPerSubject(StreamConfig config)
    {
        if (!config.DiscardNewPerSubject) return null;
        if (config.Discard != DiscardPolicy.New) return Invalid("discard new per subject requires discard new policy to be set");
        return config.MaxMessagesPerSubject <= 0 ? Invalid("discard new per subject requires max msgs per subject > 0") : null;
    }

    private ApiError? Markers()
    {
        if (_config.SubjectDeleteMarkerTtlNs > 0)
        {
            if (_config.SubjectDeleteMarkerTtlNs < NanosecondsPerSecond) return Invalid("subject delete marker TTL must be at least 1 second");
            if (_isPedantic && !_config.AllowMessageTtl) return Invalid("subject delete marker cannot be set if message TTLs are disabled");
            if (_isPedantic && !_config.AllowRollup) return Invalid("subject delete marker cannot be set if roll-ups are disabled");
            _config = _config with { AllowMessageTtl = true };
            AllowRollups();
        }
        else if (_config.SubjectDeleteMarkerTtlNs < 0)
        {
            return Invalid("subject delete marker TTL must not be negative");
        }

        if (!_config.AllowMessageSchedules) return null;
        if (_config.Discard == DiscardPolicy.New) return Invalid("message scheduling cannot use discard new");
        if (_isPedantic && !_config.AllowRollup) return Invalid("message scheduling cannot be set if roll-ups are disabled");
        AllowRollups();
        return null;
    }

    private void AllowRollups()
    {
        if (!_config.AllowRollup) _config = _config with { AllowRollup = true, DenyPurge = false };
    }

    private ApiError? Persistence()
    {
        if (_config.PersistMode != PersistMode.Async) return null;
        if (_config.Storage != StorageType.File) return Invalid("async persist mode is only supported on file storage");
        if (_config.Replicas > 1) return Invalid("async persist mode is not supported on replicated streams");
        return _config.AllowAtomicPublish ? Invalid("async persist mode is not supported with atomic batch publish") : null;
    }

    private ApiError? Bytes()
    {
        if (_view.Tiers.Select(_config.Replicas, out _) is not { } limits) return null;
        if (limits.IsMaxBytesRequired && _config.MaxBytes <= 0) return ApiErrors.StreamMaxBytesRequired;
        long limit = _config.Storage == StorageType.Memory ? limits.MaxMemoryStreamBytes : limits.MaxStorageStreamBytes;
        return limit > 0 && _config.MaxBytes > limit ? ApiErrors.StreamMaxStreamBytesExceeded : null;
    }

    private ApiError? Placement()
    {
        if (_config.Placement is { IsEmpty: true }) _config = _config with { Placement = null };
        return _config.Placement is { Preferred.Length: > 0 } ? Invalid("preferred server not permitted in placement") : null;
    }
}
