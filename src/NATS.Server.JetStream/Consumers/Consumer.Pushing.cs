using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <content>Messages that are pushed to a subject, as long as somebody listens there and keeps up.</content>
internal sealed partial class Consumer
{
    private static readonly byte[] FlowControlRequest = "NATS/1.0 100 FlowControl Request\r\n\r\n"u8.ToArray();
    private byte[] _deliverSubject = [];
    private byte[] _deliverGroup = [];
    private IDisposable? _interest;
    private bool _isActive;
    private FlowWindow? _window;

    // Where the client answers to the flow control that it was asked for.
    private byte[] _flowReply = [];
    private long _heartbeatDueNs = long.MaxValue;

    /// <summary>Whether somebody listens where messages are pushed. Any thread.</summary>
    public bool IsPushBound => !Config.IsPull && _stream.Port.HasListener(Volatile.Read(ref _deliverSubject), Volatile.Read(ref _deliverGroup));

    /// <summary>Takes the answer to a flow control message. Any thread.</summary>
    public bool ReceiveFlowControl(MessageBatch batch, in InboundMessage message)
    {
        if (Volatile.Read(ref _isClosed)) return false;
        if (TryEnter())
        {
            _batch = batch;
            ConfirmFlow(message.Subject, message.Headers);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        return TryPost(new ConsumerWork(ConsumerWorkKind.FlowControl, message.Subject.ToArray(), [], message.Headers.ToArray(), [], false));
    }

    private void StartPushing()
    {
        ConsumerConfig config = Config;
        if (config.IsPull) return;
        Volatile.Write(ref _deliverGroup, Encoding.UTF8.GetBytes(config.DeliverGroup));
        Volatile.Write(ref _deliverSubject, Encoding.UTF8.GetBytes(config.DeliverSubject));
        if (config.FlowControl) _window ??= new FlowWindow();
        _interest = _stream.Port.WatchInterest(_deliverSubject, () => Signal(SignalInterest));
    }

    private void StopPushing()
    {
        _interest?.Dispose();
        _interest = null;
    }

    private bool CanPush() => _isActive && _window is not { IsClosed: true };

    // Owner. Somebody came or went, or may have.
    private void LookForInterest(long nowNs)
    {
        if (!Config.IsPull) BecomeActive(IsPushBound, nowNs);
    }

    // Owner. A message reached nobody: whoever listens at all, be it by a wildcard, keeps the consumer going.
    private void LookForAnyInterest(long nowNs) => BecomeActive(_stream.Port.HasInterest(_deliverSubject), nowNs);

    private void BecomeActive(bool isActive, long nowNs)
    {
        if (isActive && !_isActive && Config.HeartbeatNs > 0) _heartbeatDueNs = nowNs + Config.HeartbeatNs;
        _isActive = isActive;
        if (isActive) StayForGood();
        else LeaveIfUnused(nowNs);
    }

    // Owner. After a delivery.
    private void Pushed(long flowBytes, long size, long nowNs)
    {
        _rate?.Take(size);
        if (Config.HeartbeatNs > 0) _heartbeatDueNs = nowNs + Config.HeartbeatNs;
        if (_window is { } window && window.Sent(flowBytes, Config.AckPolicy == AckPolicy.FlowControl && _state.IsFull)) AskForFlow(window);
    }

    // Owner. Says that there is nothing, when it is time. Returns when that will be.
    private long Beat(long nowNs)
    {
        if (Config.HeartbeatNs <= 0 || Config.IsPull || !_isActive) return long.MaxValue;
        if (nowNs < _heartbeatDueNs) return _heartbeatDueNs;
        SendHeartbeat(_deliverSubject);
        if (Config.AckPolicy == AckPolicy.FlowControl && _state.PendingCount > 0 && _window is { IsAsking: false } window) AskForFlow(window);
        _heartbeatDueNs = nowNs + Config.HeartbeatNs;
        return _heartbeatDueNs;
    }

    private void SendHeartbeat(ReadOnlySpan<byte> to)
    {
        Span<byte> text = stackalloc byte[512];
        int length = 0;
        Append(text, ref length, "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: "u8);
        Append(text, ref length, _state.Delivered.Consumer);
        Append(text, ref length, "\r\nNats-Last-Stream: "u8);
        Append(text, ref length, _state.NextSequence - 1);
        if (_window is { IsAsking: true } && _flowReply.Length < 256)
        {
            Append(text, ref length, "\r\nNats-Consumer-Stalled: "u8);
            Append(text, ref length, _flowReply);
        }

        Append(text, ref length, "\r\n\r\n"u8);
        _stream.Port.Publish(Batch, to, default, text[..length], default);
    }

    private void AskForFlow(FlowWindow window)
    {
        window.Ask();
        _flowReply = Encoding.UTF8.GetBytes(_replies.FlowControlPrefix + Core.JetStream.UniqueName.Next(_services.Random)[..4]);
        _stream.Port.Publish(Batch, _deliverSubject, _flowReply, FlowControlRequest, default);
    }

    // Owner. What does not answer the last question is an answer that came too late.
    private void ConfirmFlow(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers)
    {
        if (_window is not { IsAsking: true } window || !subject.SequenceEqual(_flowReply)) return;
        window.Confirm();
        if (Config.AckPolicy != AckPolicy.FlowControl) return;
        long stream = NumberIn(headers, "Nats-Last-Stream"u8);
        long consumer = Math.Max(NumberIn(headers, "Nats-Last-Consumer"u8), 0);
        if (stream > 0) Settle(new AckReply(1, (ulong)stream, (ulong)consumer, 0, 0), isMeasured: false);
    }

    private static long NumberIn(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> key) =>
        MessageHeaders.TryGet(headers, key, out ReadOnlySpan<byte> value)
        && System.Buffers.Text.Utf8Parser.TryParse(value, out long number, out int read)
        && read == value.Length
            ? number
            : -1;

    private static void Append(Span<byte> text, ref int length, ReadOnlySpan<byte> part)
    {
        part.CopyTo(text[length..]);
        length += part.Length;
    }

    private static void Append(Span<byte> text, ref int length, ulong number)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(number, text[length..], out int written);
        length += written;
    }
}
