using System.Buffers;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Accounts;

/// <summary>
/// A stream import as the owner of the subscriptions that stand for importers in the exporting account: gives what they match the subject it has in the
/// importing account, and hands it to the real subscription. Thread-safe.
/// </summary>
internal sealed class ImportSubscriber(StreamImport import) : Subscriber
{
    private const int InlineLength = 512;

    // A literal subject that has another name here.
    private readonly byte[]? _head = import.Transform is null && !import.To.AsSpan().SequenceEqual(import.From)
        ? [.. InboundMessage.HeadPrefix, .. import.To, (byte)' ']
        : null;

    private long _sentMessages;
    private long _sentBytes;

    public StreamImport Import => import;

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

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        // What came in as a request is not exported as a stream.
        if (loop.CarriesService) return false;
        long messages = loop.OutMessages;
        long bytes = loop.OutBytes;
        Subscription real = ((ShadowSubscription)subscription).Real;
        if (!DeliverTo(real, loop, message, producer)) return false;
        Interlocked.Increment(ref subscription.Delivered);
        if (!real.Owner.IsConnection) return true;
        Interlocked.Add(ref _sentMessages, loop.OutMessages - messages);
        Interlocked.Add(ref _sentBytes, loop.OutBytes - bytes);
        return true;
    }

    private bool DeliverTo(Subscription real, LoopContext loop, in InboundMessage message, Subscriber producer)
    {
        // What a consumer pushes keeps the subject that it was published to.
        if (loop.ShowsAnotherSubject) return real.Owner.Deliver(loop, real, message, producer);
        if (_head is not null) return real.Owner.Deliver(loop, real, message.WithHead(_head), producer);
        if (import.Transform is not { } transform) return real.Owner.Deliver(loop, real, message, producer);

        int start = InboundMessage.HeadPrefix.Length;
        int length = start + transform.MaxLength(message.Subject.Length) + 1;
        byte[]? rented = length <= InlineLength ? null : ArrayPool<byte>.Shared.Rent(length);
        Span<byte> head = rented ?? stackalloc byte[InlineLength];
        InboundMessage.HeadPrefix.CopyTo(head);
        int end = start + transform.Transform(message.Subject, head[start..], Random.Shared);
        head[end] = (byte)' ';
        bool delivered = real.Owner.Deliver(loop, real, message.WithHead(head[..(end + 1)]), producer);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return delivered;
    }
}
