using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <content>What clients say of messages that were delivered to them, and messages that nobody has to say anything of any more.</content>
internal sealed partial class Consumer
{
    private const string DeletedReason = "Unacknowledged message was deleted";
    private readonly List<ulong> _done = [];

    // Delivered, and not waited for: they are settled when their bytes are not needed any more.
    private List<ulong>? _settling;
    private long _acknowledgedNs;

    /// <summary>Takes an acknowledgement. Any thread, in the middle of its batch.</summary>
    public bool ReceiveAcknowledgement(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        if (Volatile.Read(ref _isClosed) || Config.AckPolicy is AckPolicy.None or AckPolicy.FlowControl) return false;
        if (TryEnter())
        {
            Acknowledge(batch, message.Subject, message.Reply, message.Payload, sender.IsImported);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        var work = new ConsumerWork(
            ConsumerWorkKind.Acknowledgement, message.Subject.ToArray(), message.Reply.ToArray(), [], message.Payload.ToArray(), sender.IsImported);
        return TryPost(work);
    }

    /// <summary>Whether a message is not delivered yet or not acknowledged. Any thread.</summary>
    public bool Needs(ulong sequence, ReadOnlySpan<byte> subject)
    {
        if (!Filter.Matches(subject)) return false;
        lock (_stateLock) return _state.Needs(sequence);
    }

    // Owner.
    private void Acknowledge(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> payload, bool isImported)
    {
        _batch = batch;
        if (_isEnded || !AckReply.TryParse(subject, out AckReply ack)) return;
        Used(batch.NowNs);
        AckPayload said = AckPayload.Parse(payload);
        bool answers = !reply.IsEmpty && (ack.StreamSequence != 0 || (said.Kind is AckKind.Ack or AckKind.Term && IsAnsweredWithoutMessage));
        switch (said.Kind)
        {
            case AckKind.Ack:
                answers &= Settle(ack, isMeasured: true);
                break;
            case AckKind.Next:
                Settle(ack, isMeasured: true);
                Pull(batch, reply, said.Argument, isImported);
                answers = false;
                break;
            case AckKind.Nak:
                Refuse(batch.NowNs, ack, said);
                break;
            case AckKind.Progress:
                lock (_stateLock) _state.Progress(ack.StreamSequence, batch.NowNs);
                _deliveredNs = batch.NowNs;
                break;
            case AckKind.Term:
                answers &= Settle(ack, isMeasured: false);
                Publish(new TerminatedEvent(FactOf(ack), System.Text.Encoding.UTF8.GetString(said.Argument)));
                break;
        }

        if (answers) AnswerWhenStored(reply);
    }

    // Owner. False when nothing is said to whoever waits for an answer.
    private bool Settle(in AckReply ack, bool isMeasured)
    {
        if (isMeasured && _sampling > 0) Measure(ack);
        _done.Clear();
        AckOutcome outcome;
        lock (_stateLock) outcome = _state.Acknowledge(ack.StreamSequence, ack.ConsumerSequence, _done);
        if (outcome == AckOutcome.Ignored) return false;
        if (outcome == AckOutcome.Done) MarkChanged();
        if (outcome == AckOutcome.Done || Config.AckPolicy == AckPolicy.Explicit) _acknowledgedNs = Batch.NowNs;
        if (_done.Count > 0) _stream.Settled(this, _done);
        return true;
    }

    // The reference answers what ends message 0 only where nothing else depends on its acknowledgements.
    private bool IsAnsweredWithoutMessage => Config.AckPolicy == AckPolicy.Explicit && !_stream.Config.HasInterestRetention;

    private void Refuse(long nowNs, in AckReply ack, in AckPayload said)
    {
        NakDelay delay = said.ReadDelay(out long delayNs);
        bool isPending;
        lock (_stateLock)
        {
            isPending = delay == NakDelay.Given
                ? _state.Refuse(ack.StreamSequence, ack.ConsumerSequence, delayNs, nowNs)
                : _state.Refuse(ack.StreamSequence, ack.ConsumerSequence);
        }

        if (!isPending) return;
        MarkChanged();
        Publish(ref _nakSubject, new NakEvent(FactOf(ack)));
        if (delay == NakDelay.Given) _deliveredNs = nowNs;
        if (delay == NakDelay.Invalid) ConsumerLog.BadDelay(_services.Log, _stream.Port.Name, _stream.Name, Name, System.Text.Encoding.UTF8.GetString(said.Argument));
    }

    // Owner. A message that was pending is not in the stream any more.
    private void Forget(ulong sequence)
    {
        bool wasPending;
        ulong consumerSequence;
        ulong deliveries;
        lock (_stateLock) wasPending = _state.MessageRemoved(sequence, out consumerSequence, out deliveries);
        MarkChanged();
        if (!wasPending) return;
        _acknowledgedNs = Batch.NowNs;
        Publish(new TerminatedEvent(new DeliveryFact(_stream.Name, Name, consumerSequence, sequence, Math.Max(deliveries, 2) - 1), DeletedReason));
    }

    private void GiveUp(in GivenUpMessage message) =>
        Publish(new MaxDeliverEvent(new DeliveryFact(_stream.Name, Name, 0, message.StreamSequence, message.Deliveries)));

    private void SettleLater(ulong sequence)
    {
        if (_stream.Config.HasInterestRetention) (_settling ??= []).Add(sequence);
    }

    private void Settle()
    {
        if (_settling is not { Count: > 0 } settling) return;
        _stream.Settled(this, settling);
        settling.Clear();
    }

    private DeliveryFact FactOf(in AckReply ack) => new(_stream.Name, Name, ack.ConsumerSequence, ack.StreamSequence, ack.Deliveries);
}
