using System.Buffers;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using NATS.Server.Tracing;

namespace NATS.Server.Delivery;

/// <summary>
/// Takes the answers that an account gives to requests of others, all by one subscription to <c>_R_.PREFIX.&gt;</c>, to where they are waited for. Runs on
/// the publisher's thread.
/// </summary>
internal sealed class ResponseForwarder : Subscriber
{
    private readonly AccountServices _responder;

    /// <summary>Makes the forwarder and its subscription, which the caller adds to the account.</summary>
    /// <param name="responder">The account that answers.</param>
    /// <param name="prefix">Its <see cref="ServiceReplySubject.NewPrefix"/>.</param>
    public ResponseForwarder(AccountServices responder, byte[] prefix)
    {
        _responder = responder;
        Prefix = prefix;
        Subscription = new Subscription(this, [.. prefix, (byte)'>'], queue: null, sid: "0"u8.ToArray()) { ReceivesStreams = false };
    }

    public byte[] Prefix { get; }

    public Subscription Subscription { get; }

    /// <summary>Hands an answer on; true also when nobody waits for it: a responder is not told.</summary>
    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) =>
        Deliver(loop, subscription, message, producer, trace: null);

    /// <summary>The same; no import says that the answers to its requests may be traced, so that a trace ends here.</summary>
    public override bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace) =>
        Deliver(loop, subscription, message, producer, trace);

    private bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace? trace)
    {
        if (subscription.IsClosed) return false;
        Interlocked.Increment(ref subscription.Delivered);
        DeliveryContext root = DeliveryContext.Of(loop);
        DeliveryContext outer = root.Current;
        if (outer.Inner is not { } inner || !ServiceReplySubject.TryRead(outer.TargetOf(message), out uint number, out ulong ticket)) return true;
        if (_responder.Router.Find(number) is not { } requester) return true;
        inner.Subject.ResetWrittenCount();
        if (!requester.Replies.TryAnswer(ticket, _responder, outer, inner.Subject, out ReplyQueue queue, out ServiceMeasurement? measurement)) return true;
        if (measurement is not null) _responder.Router.OnAnswered(measurement, producer);
        bool delivered = Forward(loop, inner, requester, queue, message, outer.Target.WrittenCount > 0, producer, trace);
        if (queue.Export.ResponseType != ServiceResponseType.Singleton)
        {
            requester.Replies.Settle(ticket, isLast: !delivered || message.Size == 0, loop.NowMs);
        }

        return true;
    }

    private bool Forward(
        LoopContext loop,
        DeliveryContext inner,
        AccountServices requester,
        ReplyQueue queue,
        in InboundMessage message,
        bool showsAnother,
        Subscriber producer,
        MessageTrace? trace)
    {
        ReadOnlySpan<byte> subject = inner.Subject.WrittenSpan;
        if (requester.Account.Mappings is { } mappings && inner.TryMap(mappings, subject, out ReadOnlySpan<byte> mapped)) subject = mapped;
        trace?.AddServiceImport(requester.Account.Name, message.Subject, subject);
        if (subject.IsEmpty || trace is { IsOnly: true }) return false;
        Span<byte> replySpace = stackalloc byte[ServiceReplySubject.MaxLength];
        scoped ReadOnlySpan<byte> reply = default;
        ulong ticket = 0;
        bool asksBack = message.HasReply && !message.Reply.StartsWith("$JS.ACK."u8);
        if (asksBack)
        {
            // An answer that asks back: now the responder waits, and the requester answers.
            ticket = _responder.Replies.Add(queue.Reverse(requester), message.Reply, loop.NowMs, measurement: null);
            reply = replySpace[..ServiceReplySubject.Write(requester.ListenForAnswers(), _responder.Number, ticket, default, replySpace)];
        }
        else if (message.HasReply)
        {
            // What a consumer delivers is acknowledged by its name, through an import of its own.
            reply = message.Reply;
        }

        ReadOnlySpan<byte> payload = message.Body[Math.Max(0, message.HeaderSize)..^2];
        ReadOnlySpan<byte> headers = trace is { IsPublished: true } ? WithoutTrace(message.Headers) : message.Headers;
        InboundMessage answer = inner.Frame.Write(showsAnother ? message.Subject : subject, reply, headers, payload);
        var hop = new ServiceHop(queue.Exporter, queue.Export, queue.IsShared, Origin: default);
        if (InnerDelivery.RouteService(loop, inner, hop, requester.Account, subject, answer, producer, trace: null) > 0) return true;
        if (asksBack) _responder.Replies.Remove(ticket);
        return false;
    }

    private static ReadOnlySpan<byte> WithoutTrace(ReadOnlySpan<byte> headers)
    {
        var changed = new ArrayBufferWriter<byte>(headers.Length + 64);
        TraceHeaders.Redirect(headers, TraceHeaders.Disabled, changed);
        return changed.WrittenSpan;
    }
}
