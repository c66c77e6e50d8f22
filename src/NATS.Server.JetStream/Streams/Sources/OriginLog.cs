using Microsoft.Extensions.Logging;

namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>What mirrors and sources write to the log. Thread-safe.</summary>
internal static partial class OriginLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream error response for create mirror consumer: {Error}")]
    public static partial void MirrorRefused(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream error response for stream {Stream} create source consumer {Source}: {Error}")]
    public static partial void SourceRefused(ILogger logger, string stream, string source, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream source stream \"{Source}\" for stream '{Account} > {Stream}' was recreated, resetting source state")]
    public static partial void Recreated(ILogger logger, string source, string account, string stream);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Error processing inbound message of \"{Source}\" for '{Account} > {Stream}': {Result}")]
    public static partial void NotStored(ILogger logger, string source, string account, string stream, CopyResult result);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Retrying consumer of \"{Source}\" for '{Account} > {Stream}'")]
    public static partial void Retrying(ILogger logger, string source, string account, string stream);
}
