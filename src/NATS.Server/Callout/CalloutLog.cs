using Microsoft.Extensions.Logging;

namespace NATS.Server.Callout;

/// <summary>What the log is told of authorization services. Thread-safe. Never the request, which holds the client's secrets.</summary>
internal sealed partial class CalloutLog(ILogger logger)
{
    public void Warn(string text) => Log.Warning(logger, text);

    public void Debug(string text) => Log.Debug(logger, text);

    private static partial class Log
    {
        [LoggerMessage(EventId = 120, Level = LogLevel.Warning, Message = "{Text}")]
        public static partial void Warning(ILogger logger, string text);

        [LoggerMessage(EventId = 121, Level = LogLevel.Debug, Message = "{Text}")]
        public static partial void Debug(ILogger logger, string text);
    }
}
