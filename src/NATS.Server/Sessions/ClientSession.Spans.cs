using System.Net;
using NATS.Server.Core.Protocol;
using NATS.Server.Tracing;

namespace NATS.Server.Sessions;

/// <summary>Spans of messages that belong to a sampled trace of the application, while somebody in the process listens to them. Read loop only.</summary>
internal sealed partial class ClientSession
{
    private void AddSpan(in InboundMessage message, ref MessageTrace? trace)
    {
        var spanned = new SpannedMessage
        {
            Subject = message.Subject,
            Reply = message.Reply,
            Headers = message.Headers,
            HeadersSize = message.Headers.Length,
            BodySize = message.Payload.Length,
        };
        AddSpan(spanned, ref trace);
    }

    /// <summary>Gives the message a span if it is to have one: its trace tells what it says, and begins here unless the message is traced anyway.</summary>
    private void AddSpan(in SpannedMessage message, ref MessageTrace? trace)
    {
        if (MessageSpan.Begin(message) is not { } span) return;
        trace ??= new MessageTrace(_server.Clock.Time, message.HeadersSize + message.BodySize, AsTraced(), message.Subject);
        trace.Span = span;
    }

    private void EndSpan(MessageTrace trace)
    {
        if (trace.Span is not { } span) return;
        IPEndPoint? peer = _connection.RemoteEndPoint;
        span.End(trace, _server.Info.ServerName, peer?.Address.ToString(), peer?.Port ?? 0);
    }
}
