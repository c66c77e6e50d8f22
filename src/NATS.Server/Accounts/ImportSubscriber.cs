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

    public StreamImport Import => import;

    /// <summary>
    /// The subject in the exporting account of a subscription in the importing one: of what both the subscription and the import match. Null when that is
    /// nothing.
    /// </summary>
    public byte[]? SubjectFor(byte[] subscribed)
    {
        if (SubjectIntersection.Of(subscribed, import.To) is not { } common) return null;
        if (import.Reverse is null) return import.Transform is null && import.To.AsSpan().SequenceEqual(import.From) ? common : import.From;
        var there = new ArrayBufferWriter<byte>(common.Length);
        import.Reverse.Transform(common, there, Random.Shared);
        return there.WrittenSpan.ToArray();
    }

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        // What came in as a request is not exported as a stream.
        if (loop.CarriesService) return false;
        Subscription real = ((ShadowSubscription)subscription).Real;
        if (import.Transform is not { } transform)
        {
            if (import.To.AsSpan().SequenceEqual(import.From)) return real.Owner.Deliver(loop, real, message, producer);
            return real.Owner.Deliver(loop, real, message.WithSubject(import.To), producer);
        }

        int length = transform.MaxLength(message.Subject.Length);
        byte[]? rented = length <= InlineLength ? null : ArrayPool<byte>.Shared.Rent(length);
        Span<byte> subject = rented ?? stackalloc byte[InlineLength];
        subject = subject[..transform.Transform(message.Subject, subject, Random.Shared)];
        bool delivered = real.Owner.Deliver(loop, real, message.WithSubject(subject), producer);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return delivered;
    }
}
