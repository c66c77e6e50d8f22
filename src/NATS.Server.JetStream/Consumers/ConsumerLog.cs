using Microsoft.Extensions.Logging;

namespace NATS.Server.JetStream.Consumers;

/// <summary>What consumers write to the log. Thread-safe.</summary>
internal static partial class ConsumerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream consumer '{Account} > {Stream} > {Consumer}' bad NAK delay value: \"{Delay}\"")]
    public static partial void BadDelay(ILogger logger, string account, string stream, string consumer, string delay);

    [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream consumer '{Account} > {Stream} > {Consumer}' delivered sequence {Delivered} past last stream sequence of {Last}")]
    public static partial void AheadOfStream(ILogger logger, string account, string stream, string consumer, ulong delivered, ulong last);

    [LoggerMessage(Level = LogLevel.Error, Message = "JetStream consumer '{Account} > {Stream} > {Consumer}' could not write its state: {Problem}")]
    public static partial void NotWritten(ILogger logger, string account, string stream, string consumer, string problem);
}
