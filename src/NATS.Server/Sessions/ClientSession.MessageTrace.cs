using System.Runtime.CompilerServices;
using System.Text;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.Tracing;

namespace NATS.Server.Sessions;

/// <summary>Messages whose way is told to whom they name. They take a way of their own, so that the others pay nothing for it. Read loop only.</summary>
internal sealed partial class ClientSession
{
    private enum TraceVerdict : byte
    {
        /// <summary>An ordinary message.</summary>
        Untraced,

        /// <summary>An ordinary message, of which other servers are told not to trace it.</summary>
        Disabled,

        /// <summary>It was to be traced, and only that, and cannot be: nobody gets it.</summary>
        Dropped,

        Traced,
    }

    /// <summary>How traces show this client. Any thread.</summary>
    public TracedClient AsTraced() => new(Id, _options.Name, _account.Name);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayBeTraced(in InboundMessage message) =>
        _account.TraceTarget is not null || MessageSpan.MayBeWanted || TraceHeaders.MayNameDestination(message.Headers);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool PublishPerhapsTraced(LoopContext loop, in InboundMessage message)
    {
        TraceVerdict verdict = BeginTrace(loop, message.Headers, message.Size, message.Subject, out MessageTrace? trace);
        if (verdict == TraceVerdict.Dropped) return !_connection.IsClosing;
        if (MessageSpan.MayBeWanted) AddSpan(message, ref trace);
        if (verdict == TraceVerdict.Disabled)
        {
            InboundMessage told = WithoutTrace(loop, message);
            return trace is null ? PublishUntraced(loop, told) : PublishTraced(loop, told, trace);
        }

        return trace is null ? PublishUntraced(loop, message) : PublishTraced(loop, message, trace);
    }

    /// <summary>A message that is too large, of which the headers may have arrived.</summary>
    private void TraceExcess(LoopContext loop, ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> headers = body[..Math.Min(body.Length, line.HeaderSize)];
        if (_account.TraceTarget is null && !MessageSpan.MayBeWanted && !TraceHeaders.MayNameDestination(headers)) return;
        ReadOnlySpan<byte> subject = arguments[..line.SubjectLength];
        BeginTrace(loop, headers, line.TotalSize, subject, out MessageTrace? trace);
        if (MessageSpan.MayBeWanted)
        {
            var message = new SpannedMessage { Subject = subject, Headers = headers, HeadersSize = line.HeaderSize, BodySize = line.TotalSize - line.HeaderSize };
            AddSpan(message, ref trace);
        }

        if (trace is null) return;
        trace.Refuse(TraceErrors.MaximumPayload);
        if (trace.IsPublished) _server.MessageTraces?.Publish(loop, _account, trace);
        EndSpan(trace);
    }

    private TraceVerdict BeginTrace(LoopContext loop, ReadOnlySpan<byte> headers, int size, ReadOnlySpan<byte> subject, out MessageTrace? trace)
    {
        trace = null;
        TraceOrigin origin = TraceHeaders.Find(headers);
        if (origin == TraceOrigin.None || (origin == TraceOrigin.Parent && _account.TraceTarget is null)) return TraceVerdict.Untraced;
        SortedDictionary<string, List<string>> read = TraceHeaders.Read(headers);
        bool isOnly = origin == TraceOrigin.Destination && IsOnlyTraced(read);
        TraceVerdict failed = isOnly ? TraceVerdict.Dropped : TraceVerdict.Untraced;
        if (read.TryGetValue("Nats-Trace-Origin-Account", out List<string>? origins))
        {
            // A header of servers that are no more: who sends it would have traces go to another account.
            LogError($"Message tracing disabled because of header \"Nats-Trace-Origin-Account\" with value={QuotedText.Quote(origins[0])}");
            return isOnly ? TraceVerdict.Dropped : TraceVerdict.Disabled;
        }

        string destination;
        if (origin == TraceOrigin.Destination)
        {
            destination = read["Nats-Trace-Dest"][0];
        }
        else
        {
            if (_account.TraceTarget is not { } target) return TraceVerdict.Untraced;
            if (target.Sampling is > 0 and < 100 && loop.NextRandom(100) > target.Sampling) return TraceVerdict.Disabled;
            destination = target.Destination;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(destination);
        if (!Subject.IsValidPublish(bytes))
        {
            LogError($"Destination {QuotedText.Quote(destination)} is not valid, won't be able to trace events");
            return failed;
        }

        if (!MayTraceTo(bytes))
        {
            DenyPublish(loop, bytes);
            return TraceVerdict.Dropped;
        }

        trace = new MessageTrace(_server.Clock.Time, read, destination, isOnly, size, AsTraced(), subject);
        return TraceVerdict.Traced;
    }

    private static bool IsOnlyTraced(SortedDictionary<string, List<string>> headers) =>
        headers.TryGetValue("Nats-Trace-Only", out List<string>? values) && values[0].ToUpperInvariant() is "1" or "TRUE" or "ON";

    // What a client may answer since it was asked does not count: a trace is no answer.
    private bool MayTraceTo(ReadOnlySpan<byte> destination) =>
        !ReservedSubjects.IsReservedForPublish(destination) && (_rights is not { RestrictsPublish: true } rights || rights.Permissions!.MayPublish(destination));

    private static InboundMessage WithoutTrace(LoopContext loop, in InboundMessage message)
    {
        DeliveryContext delivery = DeliveryContext.Of(loop);
        delivery.Headers.ResetWrittenCount();
        TraceHeaders.Redirect(message.Headers, TraceHeaders.Disabled, delivery.Headers);
        return delivery.Frame.Write(message.Subject, message.Reply, delivery.Headers.WrittenSpan, message.Payload);
    }

    private bool PublishTraced(LoopContext loop, in InboundMessage message, MessageTrace trace)
    {
        Count(loop, message);
        bool isMapped = false;
        ReadOnlySpan<byte> head = default;
        if (_account.Mappings is { } mappings) isMapped = DeliveryContext.Of(loop).TryMapHead(mappings, message.Subject, out head);
        InboundMessage mapped = head.IsEmpty ? message : message.WithHead(head);
        if (isMapped) trace.AddMapping(head.IsEmpty ? default : mapped.Subject);
        if (_traced)
        {
            if (!head.IsEmpty) Trace("MAPPING", [.. message.PublishedSubject, .. " -> "u8, .. mapped.Subject]);
            if (!isMapped || !head.IsEmpty) TracePayload(message, inbound: true);
        }

        bool goesOn = isMapped && head.IsEmpty ? GiveUp(loop, message) : DeliverTraced(loop, mapped, trace);
        if (trace.IsPublished) _server.MessageTraces?.Publish(loop, _account, trace);
        EndSpan(trace);
        loop.FlushIfMuchStaged();
        return goesOn;
    }

    private bool DeliverTraced(LoopContext loop, in InboundMessage message, MessageTrace trace)
    {
        MatchEntry entry = EntryOf(loop, message.Subject);
        if (!MayPublish(message.Subject, entry))
        {
            trace.Refuse(PublishDenied(QuotedText.Quote(message.Subject)));
            return DenyPublish(loop, message.Subject);
        }

        if (message.HasReply && ReservedSubjects.IsReservedReply(message.Reply))
        {
            trace.Refuse(ReplyDenied(QuotedText.Quote(message.Reply)));
            return DenyReply(loop, message.Reply);
        }

        if (_options.Verbose) SendOk(loop);
        int delivered = 0;
        if (!entry.Match.IsEmpty)
        {
            if (message.IsCanonical) message.TurnIntoDelivery();
            delivered = TracedRouter.Route(loop, entry.Match, message, _subscriber, trace);
        }

        if (delivered == 0 && message.HasReply && _options.NoResponders) SendNoResponders(loop, message.Reply, message.Subject);
        return !_connection.IsClosing;
    }
}
