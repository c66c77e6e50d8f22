using System.Buffers;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Accounts;

/// <summary>
/// A stream import as the owner of the subscriptions that stand for importers in the exporting account: gives what they match the subject it has in the
/// importing account, and hands it to the real subscription. Immutable, thread-safe.
/// </summary>
internal sealed class ImportSubscriber(StreamImport import) : Subscriber
{
    private const int InlineLength = 512;

    // A literal subject that has another name here.
    private readonly byte[]? _head = import.Transform is null && !import.To.AsSpan().SequenceEqual(import.From)
        ? [.. InboundMessage.HeadPrefix, .. import.To, (byte)' ']
        : null;

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

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        // What came in as a request is not exported as a stream.
        if (loop.CarriesService) return false;
        Subscription real = ((ShadowSubscription)subscription).Real;
        // What a consumer pushes keeps the subject that it was published to.
        if (loop.ShowsAnotherSubject) return Counted(subscription, real.Owner.Deliver(loop, real, message, producer));
        if (_head is not null) return Counted(subscription, real.Owner.Deliver(loop, real, message.WithHead(_head), producer));
        if (import.Transform is not { } transform) return Counted(subscription, real.Owner.Deliver(loop, real, message, producer));

        int start = InboundMessage.HeadPrefix.Length;
        int length = start + transform.MaxLength(message.Subject.Length) + 1;
        byte[]? rented = length <= InlineLength ? null : ArrayPool<byte>.Shared.Rent(length);
        Span<byte> head = rented ?? stackalloc byte[InlineLength];
        InboundMessage.HeadPrefix.CopyTo(head);
        int end = start + transform.Transform(message.Subject, head[start..], Random.Shared);
        head[end] = (byte)' ';
        bool delivered = real.Owner.Deliver(loop, real, message.WithHead(head[..(end + 1)]), producer);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return Counted(subscription, delivered);
    }

    private static bool Counted(Subscription shadow, bool delivered)
    {
        if (delivered) Interlocked.Increment(ref shadow.Delivered);
        return delivered;
    }
}
