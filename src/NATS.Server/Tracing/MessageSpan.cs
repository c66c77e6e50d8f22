using System.Diagnostics;
using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Tracing;

/// <summary>
/// The span of a message that belongs to a sampled trace of the application: from its arrival until everybody who is to get it has it. Owned by the thread that
/// delivers the message. It becomes the current one of no thread while others run.
/// </summary>
internal sealed class MessageSpan
{
    private const string Operation = "route";
    private readonly Activity _activity;

    private MessageSpan(Activity activity) => _activity = activity;

    /// <summary>Whether the server's spans are listened to at all: only then is it worth asking for one.</summary>
    public static bool MayBeWanted => ServerSpans.AreWanted;

    /// <summary>The span of a message.</summary>
    /// <param name="message">What is known of it.</param>
    /// <returns>Null when it belongs to no sampled trace, or when nobody wants it.</returns>
    public static MessageSpan? Begin(in SpannedMessage message)
    {
        if (!TraceHeaders.TryFindParent(message.Headers, out ActivityContext parent, isSampled: true)) return null;
        KeyValuePair<string, object?>[] tags =
        [
            new(SpanTags.System, SpanTags.SystemName),
            new(SpanTags.OperationName, Operation),
            new(SpanTags.OperationType, Operation),
            new(SpanTags.Destination, Encoding.UTF8.GetString(message.Subject)),
        ];
        if (ServerSpans.Source.CreateActivity(Operation, ActivityKind.Server, parent, tags, links: null, ActivityIdFormat.W3C) is not { } activity) return null;
        if (activity.IsAllDataRequested)
        {
            activity.SetTag(SpanTags.BodySize, message.BodySize);
            activity.SetTag(SpanTags.EnvelopeSize, message.HeadersSize + message.BodySize);
            if (!message.Reply.IsEmpty) activity.SetTag(SpanTags.Conversation, Encoding.UTF8.GetString(message.Reply));
            if (MessageHeaders.TryGet(message.Headers, "Nats-Msg-Id"u8, out ReadOnlySpan<byte> id)) activity.SetTag(SpanTags.MessageId, Encoding.UTF8.GetString(id));
        }

        return new MessageSpan(activity);
    }

    /// <summary>The message is done with.</summary>
    /// <param name="trace">Its way.</param>
    /// <param name="server">The server's name.</param>
    /// <param name="address">Where the publisher is; null when it is in this process.</param>
    /// <param name="port">Of the publisher.</param>
    public void End(MessageTrace trace, string server, string? address, int port)
    {
        if (_activity.IsAllDataRequested)
        {
            _activity.SetTag(SpanTags.Server, server);
            if (address is not null)
            {
                _activity.SetTag(SpanTags.PeerAddress, address);
                _activity.SetTag(SpanTags.PeerPort, port);
            }
        }

        trace.Describe(_activity);

        // Started only now: a current activity would be inherited by whatever the delivery sets off.
        _activity.Start();
        _activity.SetEndTime(trace.Now.UtcDateTime);
        _activity.Stop();
    }
}

/// <summary>A message as its span shows it; parts of what came in.</summary>
internal readonly ref struct SpannedMessage
{
    public required ReadOnlySpan<byte> Subject { get; init; }

    public ReadOnlySpan<byte> Reply { get; init; }

    /// <summary>The block, perhaps cut off.</summary>
    public required ReadOnlySpan<byte> Headers { get; init; }

    /// <summary>Bytes of the block when it is whole.</summary>
    public required int HeadersSize { get; init; }

    public required int BodySize { get; init; }
}
