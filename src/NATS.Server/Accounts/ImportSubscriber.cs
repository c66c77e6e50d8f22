using System.Buffers;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Tracing;

namespace NATS.Server.Accounts;

/// <summary>
/// A stream import as the owner of the subscriptions that stand for importers in the exporting account: gives what they match the subject it has in the
/// importing account, and hands it to the real subscription. Thread-safe.
/// </summary>
/// <param name="import">The import.</param>
/// <param name="importer">Name of the importing account.</param>
internal sealed class ImportSubscriber(StreamImport import, string importer) : Subscriber
{
    private const int InlineLength = 512;

    // A literal subject that has another name here.
    private readonly byte[]? _head = import.Transform is null && !import.To.AsSpan().SequenceEqual(import.From)
        ? [.. InboundMessage.HeadPrefix, .. import.To, (byte)' ']
        : null;

    private long _sentMessages;
    private long _sentBytes;

    public StreamImport Import => import;

    /// <summary>Name of the importing account.</summary>
    public string Importer => importer;

    /// <summary>
    /// The subject in the exporting account of a subscription in the importing one: of what both the subscription and the import match. Null when that is
    /// nothing.
    /// </summary>
    public byte[]? SubjectFor(byte[] subscribed)
    {
        if (SubjectIntersection.Of(subscribed, import.To) is not { } common) return null;
        if (import.Reverse is null) return _head is null ? common : import.From;
        var there = new ArrayBufferWriter<byte>(common.Length);
        import.Reverse.Transform(common, there, Random.Shared);
        return there.WrittenSpan.ToArray();
    }

    /// <summary>What connections got by the import.</summary>
    public TrafficCount Sent => new(0, 0, Interlocked.Read(ref _sentMessages), Interlocked.Read(ref _sentBytes));

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) =>
        Deliver(loop, subscription, message, producer, trace: null);

    public override bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace) =>
        Deliver(loop, subscription, message, producer, trace);

    private bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace? trace)
    {
        // What came in as a request is not exported as a stream.
        if (loop.CarriesService) return false;
        var shadow = (ShadowSubscription)subscription;
        // What a consumer pushes keeps the subject that it was published to.
        if (loop.ShowsAnotherSubject) return Hand(loop, shadow, message, producer, trace);
        if (_head is not null) return Hand(loop, shadow, message.WithHead(_head), producer, trace);
        if (import.Transform is not { } transform) return Hand(loop, shadow, message, producer, trace);

        int start = InboundMessage.HeadPrefix.Length;
        int length = start + transform.MaxLength(message.Subject.Length) + 1;
        byte[]? rented = length <= InlineLength ? null : ArrayPool<byte>.Shared.Rent(length);
        Span<byte> head = rented ?? stackalloc byte[InlineLength];
        InboundMessage.HeadPrefix.CopyTo(head);
        int end = start + transform.Transform(message.Subject, head[start..], Random.Shared);
        head[end] = (byte)' ';
        bool delivered = Hand(loop, shadow, message.WithHead(head[..(end + 1)]), producer, trace);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return delivered;
    }

    private bool Hand(LoopContext loop, ShadowSubscription shadow, in InboundMessage message, Subscriber producer, MessageTrace? trace)
    {
        long messages = loop.OutMessages;
        long bytes = loop.OutBytes;
        bool delivered = trace is null ? shadow.Real.Owner.Deliver(loop, shadow.Real, message, producer) : HandTraced(loop, shadow, message, producer, trace);
        if (!delivered || trace is { IsOnly: true }) return delivered;
        Interlocked.Increment(ref shadow.Delivered);
        if (!shadow.Real.Owner.IsConnection) return true;
        Interlocked.Add(ref _sentMessages, loop.OutMessages - messages);
        Interlocked.Add(ref _sentBytes, loop.OutBytes - bytes);
        return true;
    }

    // An import that does not allow traces ends them at the border: what is only traced counts as delivered there.
    private bool HandTraced(LoopContext loop, ShadowSubscription shadow, in InboundMessage message, Subscriber producer, MessageTrace trace)
    {
        trace.AddStreamExport(importer, message.Subject);
        if (!import.Declared.AllowTrace) return trace.IsOnly || shadow.Real.Owner.Deliver(loop, shadow.Real, message, producer);
        trace.ImportedBy = shadow.Subject;
        bool delivered = shadow.Real.Owner.DeliverTraced(loop, shadow.Real, message, producer, trace);
        trace.ImportedBy = null;
        return delivered;
    }
}
