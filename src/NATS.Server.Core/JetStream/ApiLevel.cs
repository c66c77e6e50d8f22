using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream;

/// <summary>
/// Pure. The level of the JetStream API: each release that adds something which older servers would lose has the next. An asset keeps in its metadata the level that it
/// needs; answers say which level and version the server has, which is never kept.
/// </summary>
public static class ApiLevel
{
    /// <summary>What this server understands.</summary>
    public const int Current = 5;

    public const string RequiredKey = "_nats.req.level";
    private const string VersionKey = "_nats.ver";
    private const string LevelKey = "_nats.level";

    /// <summary>The level that a stream needs.</summary>
    public static int RequiredBy(StreamConfig config)
    {
        if (config.AllowBatchPublish) return 4;
        if (config.AllowMessageCounter || config.AllowAtomicPublish || config.AllowMessageSchedules || config.PersistMode == PersistMode.Async) return 2;
        return config.AllowMessageTtl || config.SubjectDeleteMarkerTtlNs > 0 ? 1 : 0;
    }

    /// <summary>The level that a consumer needs.</summary>
    public static int RequiredBy(ConsumerConfig config)
    {
        if (config.AckPolicy == AckPolicy.FlowControl) return 4;
        bool isPaused = config.PauseUntil is { IsZero: false };
        return isPaused || config.PriorityPolicy != PriorityPolicy.None || config.PriorityTimeoutNs != 0 || config.PriorityGroups is { Count: > 0 } ? 1 : 0;
    }

    /// <summary>The configuration with the level that it needs in its metadata, as it is kept.</summary>
    public static StreamConfig Stamp(StreamConfig config) => config with { Metadata = Stamp(config.Metadata, RequiredBy(config)) };

    /// <summary>The configuration with the level that it needs in its metadata, as it is kept.</summary>
    public static ConsumerConfig Stamp(ConsumerConfig config) => config with { Metadata = Stamp(config.Metadata, RequiredBy(config)) };

    /// <summary>Metadata with the level of another asset, or without one if that has none: for a comparison that should not look at it.</summary>
    public static ConfigMetadata StampAs(ConfigMetadata metadata, ConfigMetadata other) =>
        other.TryGet(RequiredKey, out string? level) ? WithoutServer(metadata).With(RequiredKey, level) : WithoutServer(metadata).Without(RequiredKey);

    /// <summary>Metadata as answers show it: with the server's version and level.</summary>
    /// <param name="metadata">As it is kept.</param>
    /// <param name="version">The server's version, such as <c>2.15.1</c>.</param>
    public static ConfigMetadata ForAnswer(ConfigMetadata metadata, string version) =>
        metadata.With(VersionKey, version).With(LevelKey, Current.ToString(CultureInfo.InvariantCulture));

    /// <summary>Whether this server understands an asset with this metadata.</summary>
    public static bool Supports(ConfigMetadata metadata) => !metadata.TryGet(RequiredKey, out string? level) || level.Length == 0 || Supports(level);

    /// <summary>Whether this server has the level that a request's header <c>Nats-Required-Api-Level</c> asks for.</summary>
    /// <param name="value">The value of the header; empty when there is none.</param>
    public static bool Supports(ReadOnlySpan<byte> value) => value.IsEmpty || Supports(Encoding.UTF8.GetString(value));

    private static bool Supports(string level) => GoInteger.TryParse(level, out long required, out _) && required <= Current;

    private static ConfigMetadata Stamp(ConfigMetadata metadata, int level) => WithoutServer(metadata).With(RequiredKey, level.ToString(CultureInfo.InvariantCulture));

    private static ConfigMetadata WithoutServer(ConfigMetadata metadata) => metadata.Without(VersionKey).Without(LevelKey);
}
