using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;

namespace NATS.Server.Sessions;

/// <summary>What the client publishes. Read loop only.</summary>
internal sealed partial class ClientSession
{
    /// <summary>Checks what can be checked before the payload has arrived.</summary>
    public bool OnPublishLine(LoopContext loop, ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body)
    {
        if (_traced) Trace(line.HeaderSize >= 0 ? "HPUB" : "PUB", arguments);
        if (line.HeaderSize >= 0 && !_headers)
        {
            return Violate(ProtocolTexts.MessageHeadersNotSupported);
        }

        if (line.Error != PublishLineError.None)
        {
            return Violate(PublishLineErrorText(line, arguments));
        }

        if (line.TotalSize > MaxPayload)
        {
            if (line.HeaderSize > 0) TraceExcess(loop, arguments, line, body);
            LogError($"maximum payload exceeded: {line.TotalSize} vs {MaxPayload}");
            SendError(loop, ProtocolTexts.MaximumPayloadViolation);
            _connection.Close(ClosedState.MaxPayloadExceeded, Detail("it published a larger message", "max_payload", line.TotalSize, MaxPayload));
            return false;
        }

        // Before CONNECT only what fits the small buffer that such a connection may have.
        if (!ConnectReceived && line.BodyStart + line.TotalSize + 2 > MaxBufferedBeforeConnect)
        {
            SendError(loop, ProtocolTexts.MaximumPayloadViolation);
            _connection.Close(ClosedState.MaxPayloadExceeded, BeforeConnect(line.BodyStart + line.TotalSize + 2));
            return false;
        }

        if (_options.Pedantic) CheckPublishSubject(loop, arguments);
        return true;
    }

    private static string PublishLineErrorText(in PublishLine line, ReadOnlySpan<byte> arguments)
    {
        string operation = line.HeaderSize >= 0 ? "processHeaderPub" : "processPub";
        string problem = line.Error switch
        {
            PublishLineError.HeaderSize => "Bad or Missing Header Size",
            PublishLineError.TotalSize => line.HeaderSize >= 0 ? "Bad or Missing Total Size" : "Bad or Missing Size",
            PublishLineError.HeaderLargerThanTotal => "Header Size larger then TotalSize",
            _ => "Parse Error",
        };
        return $"{operation} {problem}: {QuotedText.Quote(arguments)}";
    }

    /// <summary>A broken protocol line: logged, and the connection is closed without a word, as the reference does.</summary>
    private bool Violate(string text)
    {
        LogError(text);
        _connection.Close(ClosedState.ProtocolViolation, Violation(text));
        return false;
    }

    private void CheckPublishSubject(LoopContext loop, ReadOnlySpan<byte> arguments)
    {
        int end = arguments.IndexOfAny((byte)' ', (byte)'\t');
        ReadOnlySpan<byte> subject = end < 0 ? arguments : arguments[..end];
        if (!Subject.IsValidLiteral(subject)) SendError(loop, ProtocolTexts.InvalidPublishSubject);
    }

    /// <summary>Whether a complete publish may skip <see cref="OnPublishLine"/>: nothing to refuse, to trace or to complain about.</summary>
    public bool AcceptsPublish(int totalSize, bool hasHeaders) =>
        totalSize <= MaxPayload && (!hasHeaders || _headers) && !_traced && ConnectReceived && !_options.Pedantic;

    public bool OnPublish(LoopContext loop, in InboundMessage message)
    {
        if (message.HasHeaders && MayBeTraced(message)) return PublishPerhapsTraced(loop, message);
        return PublishUntraced(loop, message);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool PublishUntraced(LoopContext loop, in InboundMessage message)
    {
        Count(loop, message);
        if (_account.Mappings is { } mappings) return PublishMapped(loop, message, mappings);
        if (_traced) TracePayload(message, inbound: true);
        return PublishTo(loop, message);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(LoopContext loop, in InboundMessage message)
    {
        int size = message.Size;
        InMessages++;
        InBytes += size;
        loop.InMessages++;
        loop.InBytes += size;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool PublishMapped(LoopContext loop, in InboundMessage message, SubjectMappings mappings)
    {
        DeliveryContext delivery = DeliveryContext.Of(loop);
        MatchEntry? entry = _server.UsesMatchCache ? delivery.Mapped.Find(_account, message.Subject) : null;
        if (entry is { Mapping: EntryMapping.Varying }) entry = null;
        bool isMapped;
        ReadOnlySpan<byte> head;
        if (entry is not null)
        {
            head = entry.Head;
            isMapped = !head.IsEmpty;
        }
        else
        {
            isMapped = delivery.TryMapHead(mappings, message.Subject, out head);
            if (isMapped && head.IsEmpty) return GiveUp(loop, message);
        }

        if (_traced)
        {
            if (isMapped) Trace("MAPPING", [.. message.PublishedSubject, .. " -> "u8, .. message.WithHead(head).Subject]);
            TracePayload(message, inbound: true);
        }

        if (!isMapped) return entry is null ? PublishTo(loop, message) : Publish(loop, message, entry);
        InboundMessage mapped = message.WithHead(head);
        return entry is null ? PublishTo(loop, mapped) : Publish(loop, mapped, entry);
    }

    /// <summary>The mapping left this message to nobody: a requester is told so, by a subject that is empty like the reference's.</summary>
    private bool GiveUp(LoopContext loop, in InboundMessage message)
    {
        if (_traced) TracePayload(message, inbound: true);
        if (_options.Verbose) SendOk(loop);
        if (message.HasReply && _options.NoResponders) SendNoResponders(loop, message.Reply, subject: default);
        return !_connection.IsClosing;
    }

    private bool PublishTo(LoopContext loop, in InboundMessage message) => Publish(loop, message, EntryOf(loop, message.Subject));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MatchEntry EntryOf(LoopContext loop, ReadOnlySpan<byte> subject)
    {
        MatchCache cache = DeliveryContext.Of(loop).Cache;
        if (!_server.UsesMatchCache) return cache.FindUncached(_account, subject);
        return _rights.RestrictsPublish ? cache.FindOwn(_account, subject) : cache.Find(_account, subject);
    }

    private bool Publish(LoopContext loop, in InboundMessage message, MatchEntry entry)
    {
        if (!MayPublish(message.Subject, entry)) return DenyPublish(loop, message.Subject);
        if (message.HasReply && ReservedSubjects.IsReservedReply(message.Reply)) return DenyReply(loop, message.Reply);
        if (_options.Verbose) SendOk(loop);
        int delivered = 0;
        if (!entry.Match.IsEmpty)
        {
            if (message.IsCanonical) message.TurnIntoDelivery();
            delivered = MessageRouter.Route(loop, entry.Match, message, _subscriber);
        }

        if (delivered == 0 && message.HasReply && _options.NoResponders) SendNoResponders(loop, message.Reply, message.Subject);
        loop.FlushIfMuchStaged();
        return !_connection.IsClosing;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayPublish(ReadOnlySpan<byte> subject, MatchEntry entry)
    {
        if (subject is [(byte)'$' or (byte)'_', ..] && ReservedSubjects.IsReservedForPublish(subject)) return false;
        ClientRights rights = _rights;
        return !rights.RestrictsPublish || entry.MayPublish(rights.Permissions!, subject) || rights.MayRespond(subject);
    }

    private bool DenyPublish(LoopContext loop, ReadOnlySpan<byte> subject)
    {
        string quoted = QuotedText.Quote(subject);
        SendError(loop, PublishDenied(quoted));
        LogError($"Publish Violation - Subject {quoted}");
        return true;
    }

    private static string PublishDenied(string quoted) => $"Permissions Violation for Publish to {quoted}";

    private bool DenyReply(LoopContext loop, ReadOnlySpan<byte> reply)
    {
        string quoted = QuotedText.Quote(reply);
        SendError(loop, ReplyDenied(quoted));
        LogError($"Publish Violation - Reply {quoted}");
        return true;
    }

    private static string ReplyDenied(string quoted) => $"Permissions Violation for Publish with Reply of {quoted}";

    /// <summary>Nobody received a request: the requester is told by a status on its own subscription to the reply.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SendNoResponders(LoopContext loop, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> subject)
    {
        SublistMatch<Subscription> match = DeliveryContext.Of(loop).ReplyMatch;
        _account.Match(reply, match);
        foreach (Subscription subscription in match.Plain)
        {
            if (!ReferenceEquals(subscription.Owner, _subscriber)) continue;
            byte[] headers = [.. "NATS/1.0 503\r\nNats-Subject: "u8, .. subject, .. "\r\n\r\n"u8];
            byte[] line = [.. "HMSG "u8, .. reply, (byte)' ', .. subscription.SidAndSpace];
            byte[] sizes = System.Text.Encoding.ASCII.GetBytes($"{headers.Length} {headers.Length}\r\n");
            _outbound.Append(loop, [.. line, .. sizes, .. headers, .. "\r\n"u8]);
            return;
        }
    }
}
