using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>JetStream in <see cref="Varz"/>. Immutable. Empty while the server has none.</summary>
public sealed record JetStreamVarz
{
    public static readonly JetStreamVarz Disabled = new();

    public JetStreamConfigInfo? Config { get; init; }

    public JetStreamStats? Stats { get; init; }

    public JetStreamLimitsInfo? Limits { get; init; }
}

/// <summary>What is in force of JetStream's configuration. Immutable.</summary>
public sealed record JetStreamConfigInfo
{
    /// <summary>Bytes.</summary>
    public required long MaxMemory { get; init; }

    /// <summary>Bytes.</summary>
    public required long MaxStorage { get; init; }

    public string? StoreDir { get; init; }

    /// <summary>Nanoseconds in JSON.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan SyncInterval { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SyncAlways { get; init; }

    public string? Domain { get; init; }

    /// <summary>Told only when all sizes are configured, as the reference does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CompressOk { get; init; }

    public string? UniqueTag { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Strict { get; init; }
}

/// <summary>What JetStream uses. Immutable.</summary>
public sealed record JetStreamStats
{
    /// <summary>Bytes.</summary>
    public ulong Memory { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Storage { get; init; }

    /// <summary>Bytes.</summary>
    public ulong ReservedMemory { get; init; }

    /// <summary>Bytes.</summary>
    public ulong ReservedStorage { get; init; }

    /// <summary>Accounts with JetStream.</summary>
    public int Accounts { get; init; }

    /// <summary>Assets with several replicas.</summary>
    public int HaAssets { get; init; }

    public JetStreamApiStats Api { get; init; } = new();
}

/// <summary>Requests to JetStream's API. Immutable.</summary>
public sealed record JetStreamApiStats
{
    public int Level { get; init; } = Core.JetStream.ApiLevel.Current;

    public ulong Total { get; init; }

    /// <summary>Those that were answered with an error.</summary>
    public ulong Errors { get; init; }

    /// <summary>Those that are being answered.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Inflight { get; init; }
}

/// <summary>The configured limits of single assets and requests; those that are not limited are absent. Immutable.</summary>
public sealed record JetStreamLimitsInfo
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxRequestBatch { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxAckPending { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxHaAssets { get; init; }

    /// <summary>Nanoseconds in JSON.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan MaxDuplicateWindow { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxBatchInflightPerStream { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxBatchInflightTotal { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxBatchSize { get; init; }

    /// <summary>Nanoseconds in JSON.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan MaxBatchTimeout { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long DefaultMaxConsumers { get; init; }
}
