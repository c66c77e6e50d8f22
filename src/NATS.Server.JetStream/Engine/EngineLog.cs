using Microsoft.Extensions.Logging;

namespace NATS.Server.JetStream.Engine;

/// <summary>What the engine writes to the log. Thread-safe.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "JetStream {Failure}")]
    public static partial void NotOpened(ILogger logger, string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "JetStream out of File resources: stream '{Account} > {Stream}' found no space left on its disk; messages are refused until there is some")]
    public static partial void OutOfSpace(ILogger logger, string account, string stream);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Detected unsupported {Kind} '{Name}': {Reason}")]
    public static partial void Unsupported(ILogger logger, string kind, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping unsupported stream '{Account} > {Stream}'")]
    public static partial void Stopping(ILogger logger, string account, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "JetStream moved the streams of account '{Account}' into {Directory}")]
    public static partial void Moved(ILogger logger, string account, string directory);
}
