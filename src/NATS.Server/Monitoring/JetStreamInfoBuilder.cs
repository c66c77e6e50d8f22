using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>Makes what monitoring shows of JetStream's configuration, for <c>/varz</c> and <c>/jsz</c>. Pure, thread-safe.</summary>
internal static class JetStreamInfoBuilder
{
    /// <summary>The section of <c>/varz</c>.</summary>
    /// <param name="configuration">What is in force.</param>
    /// <param name="stats">What is used.</param>
    public static JetStreamVarz Varz(JetStreamConfiguration configuration, JetStreamStats stats) =>
        new() { Config = Config(configuration), Stats = stats, Limits = Limits(configuration.Options.Limits) };

    public static JetStreamConfigInfo Config(JetStreamConfiguration configuration)
    {
        JetStreamOptions options = configuration.Options;
        return new JetStreamConfigInfo
        {
            MaxMemory = configuration.MaxMemory,
            MaxStorage = configuration.MaxStorage,
            StoreDir = configuration.StoreDirectory,
            SyncInterval = options.SyncInterval ?? JetStreamOptions.DefaultSyncInterval,
            SyncAlways = options.SyncAlways,
            Domain = options.Domain.Length > 0 ? options.Domain : null,
            CompressOk = !configuration.IsDynamic,
            UniqueTag = options.UniqueTag.Length > 0 ? options.UniqueTag : null,
            Strict = options.IsStrict,
        };
    }

    public static JetStreamLimitsInfo Limits(JetStreamLimitOptions limits) => new()
    {
        MaxRequestBatch = limits.MaxRequestBatch,
        MaxAckPending = limits.MaxAckPending,
        MaxHaAssets = limits.MaxHaAssets,
        MaxDuplicateWindow = limits.DuplicateWindow,
        MaxBatchInflightPerStream = limits.MaxBatchInflightPerStream,
        MaxBatchInflightTotal = limits.MaxBatchInflightTotal,
        MaxBatchSize = limits.MaxBatchSize,
        MaxBatchTimeout = limits.MaxBatchTimeout,
        DefaultMaxConsumers = limits.DefaultMaxConsumers,
    };
}
