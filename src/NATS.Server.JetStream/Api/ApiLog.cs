using Microsoft.Extensions.Logging;

namespace NATS.Server.JetStream.Api;

/// <summary>What the API writes to the log. Thread-safe.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "JetStream request '{Account} > {Subject}' failed")]
    public static partial void Failed(ILogger logger, string account, string subject, Exception problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Queue} limit reached, dropping {Count} requests")]
    public static partial void LimitReached(ILogger logger, string queue, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Purge request for account {Account} (streams: {Streams}, hasAccount: {HasAccount})")]
    public static partial void AccountPurge(ILogger logger, string account, int streams, bool hasAccount);

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting snapshot for stream '{Account} > {Stream}'")]
    public static partial void SnapshotStarts(ILogger logger, string account, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting health check and snapshot for stream '{Account} > {Stream}'")]
    public static partial void CheckedSnapshotStarts(ILogger logger, string account, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "Completed snapshot of {Bytes} bytes for stream '{Account} > {Stream}' in {Seconds:0.###} s")]
    public static partial void SnapshotCompleted(ILogger logger, ulong bytes, string account, string stream, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Snapshot for stream '{Account} > {Stream}' failed: {Problem}")]
    public static partial void SnapshotFailed(ILogger logger, string account, string stream, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting restore for stream '{Account} > {Stream}'")]
    public static partial void RestoreStarts(ILogger logger, string account, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "Completed restore of {Bytes} bytes for stream '{Account} > {Stream}' in {Seconds:0.###} s")]
    public static partial void RestoreCompleted(ILogger logger, long bytes, string account, string stream, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Restore failed for {Bytes} bytes for stream '{Account} > {Stream}': {Problem}")]
    public static partial void RestoreFailed(ILogger logger, long bytes, string account, string stream, string problem);
}
