using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>Log lines of a client, and the protocol trace. The texts are the reference's, since operators grep for them.</summary>
internal sealed partial class ClientSession
{
    private bool LogsDebug => _server.Logger.IsEnabled(LogLevel.Debug);

    private void LogDebug(string text) => Log.Debug(_server.Logger, _label, text);

    private void LogError(string text) => Log.Error(_server.Logger, _label, text);

    private void LogWarning(string text) => Log.Warning(_server.Logger, _label, text);

    private void LogNotice(string text) => Log.Notice(_server.Logger, _label, text);

    /// <summary>Applies a changed trace level. Any thread.</summary>
    public void UpdateTraceLevel()
    {
        _traced = _server.Options.Trace && _server.Logger.IsEnabled(LogLevel.Trace);
        _subscriber.Traced = _traced;
    }

    private void Trace(string text) => Log.Trace(_server.Logger, _label, text);

    private void Trace(string operation, ReadOnlySpan<byte> arguments) => Trace($"<<- [{operation} {Encoding.UTF8.GetString(arguments)}]");

    /// <summary>Logs headers and payload as far as the configuration wants to see them.</summary>
    private void TracePayload(in InboundMessage message, bool inbound, int skip = 0)
    {
        Options.ServerOptions options = _server.Options;
        ReadOnlySpan<byte> shown = message.Body[skip..^2];
        if (options.TraceHeaders)
        {
            const int endOfHeaders = 2;
            if (message.HeaderSize <= endOfHeaders || skip > 0) return;
            shown = message.Headers[..^(endOfHeaders + 2)];
        }

        if (shown.IsEmpty) return;
        string arrow = inbound ? "<<-" : "->>";
        int max = options.MaxTracedMessageLength;
        Trace(max > 0 && shown.Length > max
            ? $"{arrow} MSG_PAYLOAD: [\"{QuotedText.Quote(shown[..max])[1..^1]}...\"]"
            : $"{arrow} MSG_PAYLOAD: [{QuotedText.Quote(shown)}]");
    }

    /// <summary>Logs a delivery to this client. Any thread.</summary>
    public void TraceDelivery(Subscription subscription, in InboundMessage message, bool withHeaders)
    {
        bool headers = withHeaders && message.HasHeaders;
        int skip = message.HasHeaders && !withHeaders ? message.HeaderSize : 0;
        string reply = message.HasReply ? Text(message.Reply) + " " : "";
        string sizes = headers ? $"{message.HeaderSize} {message.Size}" : $"{message.Size - skip}";
        Trace($"->> [{(headers ? "HMSG" : "MSG")} {Text(message.Subject)} {Text(subscription.Sid)} {reply}{sizes}]");
        TracePayload(message, inbound: false, skip);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Debug, Message = "{Connection} - {Text}")]
        public static partial void Debug(ILogger logger, string connection, string text);

        [LoggerMessage(EventId = 101, Level = LogLevel.Error, Message = "{Connection} - {Text}")]
        public static partial void Error(ILogger logger, string connection, string text);

        [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "{Connection} - {Text}")]
        public static partial void Notice(ILogger logger, string connection, string text);

        [LoggerMessage(EventId = 104, Level = LogLevel.Information, Message = "Removed sub {Subscription} for {User} - not authorized")]
        public static partial void SubscriptionRemoved(ILogger logger, string subscription, string user);

        [LoggerMessage(EventId = 105, Level = LogLevel.Warning, Message = "{Connection} - {Text}")]
        public static partial void Warning(ILogger logger, string connection, string text);

        [LoggerMessage(EventId = 106, Level = LogLevel.Warning, Message = "{Text}")]
        public static partial void LoginWarning(ILogger logger, string text);

        [LoggerMessage(EventId = 103, Level = LogLevel.Trace, Message = "{Connection} - {Text}")]
        public static partial void Trace(ILogger logger, string connection, string text);
    }
}
