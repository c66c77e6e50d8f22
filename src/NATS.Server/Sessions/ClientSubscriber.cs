using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Tracing;

namespace NATS.Server.Sessions;

/// <summary>
/// The receiving half of a client: puts messages into its outbound buffer. Called by any thread; what it reads of the session are settings that
/// change rarely, what it changes is under the buffer's lock.
/// </summary>
internal sealed class ClientSubscriber(ClientSession session, OutboundBuffer outbound, long maxPending) : Subscriber
{
    private const int StallMs = 2;
    private const int StallOverLimitMs = 5;

    private readonly long _stallPending = Math.Min(OutboundBuffer.StallPending, maxPending / 4 * 3);
    private ClientRights? _rights;

    public ClientSession Session => session;

    public override ClientIdentity? Identity => session.Identity;

    public override long RoundTripNs => session.RoundTrip.Ticks * TimeSpan.NanosecondsPerTick;

    public override bool IsConnection => true;

    /// <summary>Whether the client wants its own messages back.</summary>
    public bool Echo { get; set; } = true;

    /// <summary>Whether the client understands headers; they are cut off otherwise.</summary>
    public bool Headers { get; set; }

    /// <summary>Whether deliveries are traced.</summary>
    public bool Traced { get; set; }

    /// <summary>The client's rights, when deliveries have to ask them; null otherwise.</summary>
    public ClientRights? Rights
    {
        get => Volatile.Read(ref _rights);
        set => Volatile.Write(ref _rights, value);
    }

    public override void Prefetch() => outbound.Prefetch();

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        if (ReferenceEquals(producer, this) && !Echo) return false;
        ClientRights? rights = _rights;
        if (rights is not null && subscription.IsFiltered && !rights.MayDeliver(message.Subject, subscription.Queue)) return false;
        bool withHeaders = Headers || !message.HasHeaders;
        OutboundBuffer target = outbound;
        if (target.Pending > _stallPending && !session.AcceptsWhileBehind(target, producer)) return false;

        target.Enter();
        if (target.IsClosed | subscription.IsClosed)
        {
            target.Exit();
            return false;
        }

        long count = ++subscription.Delivered;
        bool ends = subscription.Max > 0 && count >= subscription.Max;
        if (ends && count > subscription.Max)
        {
            target.Exit();
            return false;
        }

        long before = target.Pending;
        int size = message.Size;
        if (message.IsCanonical && withHeaders && !message.IsMapped)
        {
            target.WriteDeliveryLocked(message.Frame, message.HeadLength, ref subscription.PaddedSid, subscription.SidAndSpaceLength);
        }
        else
        {
            size = WriteRendered(target, subscription, message, withHeaders);
        }

        target.Messages++;
        target.PayloadBytes += size;
        bool dirty = target.MarkDirtyLocked();
        long pending = target.Pending;
        target.Exit();

        if (dirty)
        {
            loop.AddDirty(target);
            target.LastDeliveryTicks = loop.UtcTicks;
        }

        loop.Staged += (int)(pending - before);
        loop.OutMessages++;
        loop.OutBytes += size;
        if (ends) session.EndSubscription(subscription);
        if (rights is not null && message.HasReply) rights.NoteRequest(message.Reply);
        if (pending > _stallPending) OnFallingBehind(loop, target, pending, (int)(pending - before), producer);
        if (Traced) session.TraceDelivery(subscription, message, withHeaders);
        return true;
    }

    public override bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace)
    {
        string error = "";
        bool delivered = false;
        if (ReferenceEquals(producer, this) && !Echo) error = TraceErrors.NoEcho;
        else if (_rights is { } rights && subscription.IsFiltered && !rights.MayDeliver(message.Subject, subscription.Queue)) error = TraceErrors.SubscriptionDenies;
        else if (subscription.IsClosed) error = TraceErrors.SubscriptionClosed;
        else if (trace.IsOnly) delivered = true;
        else delivered = Deliver(loop, subscription, message, producer);
        if (!delivered && error.Length == 0) error = WhyNot(subscription);
        trace.AddEgress(session.AsTraced(), subscription.Subject, subscription.Queue, error);
        return delivered;
    }

    private string WhyNot(Subscription subscription)
    {
        if (outbound.IsClosed) return TraceErrors.ClientClosed;
        if (subscription.IsClosed) return TraceErrors.SubscriptionClosed;
        return subscription.Max > 0 && subscription.Delivered > subscription.Max ? TraceErrors.AutoUnsubscribed : TraceErrors.NotStalled;
    }

    /// <summary>Frames that cannot be copied as they came: mapped subjects, unusual spelling, clients without headers. Returns the payload's size.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WriteRendered(OutboundBuffer target, Subscription subscription, in InboundMessage message, bool withHeaders)
    {
        if (message.IsCanonical && withHeaders)
        {
            target.WriteDeliveryLocked(message.Head, subscription.SidAndSpace, message.Tail);
            return message.Size;
        }

        bool headers = withHeaders && message.HasHeaders;
        ReadOnlySpan<byte> body = message.Body;
        if (message.HasHeaders && !withHeaders) body = body[message.HeaderSize..];
        int size = body.Length - 2;
        int expected = message.Subject.Length + subscription.SidAndSpace.Length + message.Reply.Length + body.Length + 40;
        target.WriteLocked(headers ? "HMSG "u8 : "MSG "u8, expected);
        target.WriteLocked(message.Subject);
        target.WriteLocked(" "u8);
        target.WriteLocked(subscription.SidAndSpace);
        if (message.HasReply)
        {
            target.WriteLocked(message.Reply);
            target.WriteLocked(" "u8);
        }

        Span<byte> sizes = stackalloc byte[24];
        int length = 0;
        if (headers)
        {
            message.HeaderSize.TryFormat(sizes, out length, default, CultureInfo.InvariantCulture);
            sizes[length++] = (byte)' ';
        }

        size.TryFormat(sizes[length..], out int digits, default, CultureInfo.InvariantCulture);
        length += digits;
        "\r\n"u8.CopyTo(sizes[length..]);
        target.WriteLocked(sizes[..(length + 2)]);
        target.WriteLocked(body);
        return size;
    }

    /// <summary>Much is unsent: what can be sent is sent now; what is left slows the producer down or ends the connection.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OnFallingBehind(LoopContext loop, OutboundBuffer target, long pending, int added, Subscriber producer)
    {
        if (pending - added <= _stallPending || pending > maxPending)
        {
            // Crossing a mark: bytes that the socket would take at once do not count as falling behind.
            target.Flush();
            pending = target.Pending;
        }

        if (pending > maxPending)
        {
            session.CloseSlowConsumer($"MaxPending of {maxPending} Exceeded", ClosedState.SlowConsumerPendingBytes, ClientSession.FallenBehind(pending, maxPending));
            return;
        }

        if (pending > _stallPending && producer is ClientSubscriber client && !ReferenceEquals(client, this)) client.Session.StallBehind(target);
    }

    /// <summary>How long a producer waits for a target at most, in milliseconds.</summary>
    public static int StallTime(OutboundBuffer target, long maxPending) => target.Pending >= maxPending ? StallOverLimitMs : StallMs;
}
