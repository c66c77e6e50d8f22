using System.Buffers;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;
using NATS.Server.Tracing;

namespace NATS.Server.Delivery;

/// <summary>
/// A service import at work: subscribes in the importing account and publishes what arrives in the exporting one, with a reply subject that leads back and
/// the header that says who asks. Runs on the publisher's thread.
/// </summary>
internal sealed class RequestForwarder : Subscriber
{
    // Other than that of tickets.
    private const int DeadEndLength = 6;
    private readonly ServiceRouter _router;
    private readonly AccountServices _requester;
    private readonly AccountServices _responder;
    private readonly bool _keepsSubject;
    private readonly byte[] _requesterJson;
    private readonly byte[] _latencySubject;
    private readonly ReplyQueue _queue;

    public RequestForwarder(ServiceRouter router, AccountServices requester, ServiceImport import)
    {
        _router = router;
        _requester = requester;
        _responder = router.Of(import.Exporter);
        _keepsSubject = import.Transform is null && Core.Subjects.Subject.HasWildcard(import.To);
        _requesterJson = ClientIdentityJson.Text(requester.Account.Name);
        _latencySubject = import.Export.Latency is { } latency ? System.Text.Encoding.UTF8.GetBytes(latency.Subject) : [];
        _queue = new ReplyQueue(requester.Replies, _responder, import.Exporter, import.Export, import.Declared.Share);
        Import = import;
        Subscription = new Subscription(this, import.From, queue: null, sid: "0"u8.ToArray()) { ReceivesStreams = false };
    }

    public ServiceImport Import { get; }

    /// <summary>The import's subscription in the importing account.</summary>
    public Subscription Subscription { get; }

    private Account Exporter => _responder.Account;

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) =>
        Deliver(loop, subscription, message, producer, trace: null);

    public override bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace) =>
        Deliver(loop, subscription, message, producer, trace);

    private bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace? trace)
    {
        DeliveryContext root = DeliveryContext.Of(loop);
        DeliveryContext outer = root.Current;
        if (subscription.IsClosed || outer.Inner is not { } inner || outer.HasPassed(Exporter, Import.Export)) return false;
        Interlocked.Increment(ref subscription.Delivered);
        bool isShared = outer.Hop.Export is null ? Import.Declared.Share : outer.Hop.IsShared;
        ReadOnlySpan<byte> subject = SubjectThere(inner, message.Subject);
        trace?.AddServiceImport(Exporter.Name, message.Subject, subject);
        if (subject.IsEmpty || (trace is { IsOnly: true } && !Import.Export.AllowTrace)) return false;
        return Forward(loop, inner, subject, message, producer, OriginOf(outer.Hop, isShared, producer), trace);
    }

    /// <summary>Who asks: in a chain of imports the client at its beginning, and the account in the middle.</summary>
    private RequestOrigin OriginOf(in ServiceHop previous, bool isShared, Subscriber producer)
    {
        bool isSystem = ReferenceEquals(Exporter, _router.SystemAccount);
        if (previous.Origin.Client is not null)
        {
            bool namesServer = previous.Origin.NamesServer || (!isShared && (Import.Declared.Share || isSystem));
            return previous.Origin with { Service = _requesterJson, NamesServer = namesServer };
        }

        return new RequestOrigin(producer.Identity, producer.RoundTripNs, isShared, isSystem, Service: null);
    }

    /// <summary>The subject in the exporting account, its mappings applied; empty when one of them gives the message up.</summary>
    private ReadOnlySpan<byte> SubjectThere(DeliveryContext inner, ReadOnlySpan<byte> subject)
    {
        if (Import.Transform is { } transform)
        {
            inner.Subject.ResetWrittenCount();
            transform.Transform(subject, inner.Subject, inner.Random);
            subject = inner.Subject.WrittenSpan;
        }
        else if (!_keepsSubject)
        {
            subject = Import.To;
        }

        return Exporter.Mappings is { } mappings && inner.TryMap(mappings, subject, out ReadOnlySpan<byte> mapped) ? mapped : subject;
    }

    private bool Forward(
        LoopContext loop,
        DeliveryContext inner,
        ReadOnlySpan<byte> subject,
        in InboundMessage message,
        Subscriber producer,
        in RequestOrigin origin,
        MessageTrace? trace)
    {
        ServiceMeasurement? measurement = Import.Export.Latency is { } latency ? Measure(loop, latency, message, producer) : null;
        Span<byte> replySpace = stackalloc byte[ServiceReplySubject.MaxLength];
        scoped ReadOnlySpan<byte> reply = default;
        ulong ticket = 0;
        bool waits = message.HasReply && !message.Reply.StartsWith("$JS.ACK."u8);
        if (waits)
        {
            ticket = _requester.Replies.Add(_queue, message.Reply, loop.NowMs, measurement);
            byte[] mark = measurement is null ? [] : _router.Mark;
            reply = replySpace[..ServiceReplySubject.Write(_responder.ListenForAnswers(), _requester.Number, ticket, mark, replySpace)];
        }
        else if (message.HasReply)
        {
            // Acknowledgements of a stream name what they acknowledge: the consumer in another account has to see that subject.
            reply = message.Reply;
        }
        else if (measurement is not null)
        {
            _router.OnEnded(measurement, RequestEnd.BadRequest);
        }

        inner.Headers.ResetWrittenCount();
        RequestInfo.Write(message.Headers, origin, _router.ServerNameJson, message.Reply, inner.Headers);
        ReadOnlySpan<byte> payload = message.Body[Math.Max(0, message.HeaderSize)..^2];
        ReadOnlySpan<byte> headers = inner.Headers.WrittenSpan;
        if (trace is { IsPublished: true }) headers = Redirect(headers);
        InboundMessage request = inner.Frame.Write(subject, reply, headers, payload);
        var hop = new ServiceHop(Exporter, Import.Export, Import.Declared.Share, origin);
        int delivered = InnerDelivery.RouteService(loop, inner, hop, Exporter, subject, request, producer, Import.Export.AllowTrace ? trace : null);
        if (delivered > 0)
        {
            // Nobody has got it, so nobody will answer.
            if (waits && trace is { IsOnly: true }) _requester.Replies.Remove(ticket);
            return true;
        }

        if (waits && _requester.Replies.Remove(ticket) is { } unanswered) _router.OnEnded(unanswered, RequestEnd.Undelivered);
        return false;
    }

    // On the other side the header names no subject of this account, but one that leads nowhere; where traces are not allowed, none at all.
    private ReadOnlySpan<byte> Redirect(ReadOnlySpan<byte> headers)
    {
        var redirected = new ArrayBufferWriter<byte>(headers.Length + 64);
        byte[]? nowhere = Import.Export.AllowTrace ? [.. _responder.ListenForAnswers(), .. System.Text.Encoding.ASCII.GetBytes(EventId.New()[..DeadEndLength])] : null;
        TraceHeaders.Redirect(headers, nowhere ?? TraceHeaders.Disabled, redirected);
        return redirected.WrittenSpan;
    }

    private ServiceMeasurement? Measure(LoopContext loop, ServiceLatencyOptions latency, in InboundMessage message, Subscriber producer)
    {
        byte[]? headerJson = null;
        bool isSampled = latency.Sampling >= 100 || (latency.Sampling > 0 && loop.NextRandom(100) <= latency.Sampling);
        if (!isSampled && !LatencySampling.IsAskedFor(message.Headers, out headerJson)) return null;
        return new ServiceMeasurement
        {
            Exporter = Exporter,
            Subject = _latencySubject,
            Requestor = new RequestOrigin(producer.Identity, producer.RoundTripNs, Import.Declared.Share, NamesServer: false, Service: null),
            Time = _router.Time.GetUtcNow(),
            Timestamp = _router.Time.GetTimestamp(),
            HeaderJson = headerJson,
        };
    }
}
