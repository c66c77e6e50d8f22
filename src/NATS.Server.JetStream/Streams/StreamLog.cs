using Microsoft.Extensions.Logging;

namespace NATS.Server.JetStream.Streams;

/// <summary>What streams write to the log. Thread-safe.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "JetStream stream '{Account} > {Stream}': {What}")]
    public static partial void Damaged(ILogger logger, string account, string stream, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dropping messages due to excessive stream ingest rate on '{Account}' > '{Stream}': {Limit}")]
    public static partial void Dropping(ILogger logger, string account, string stream, string limit);
}
