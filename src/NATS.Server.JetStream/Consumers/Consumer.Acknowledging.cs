using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <content>What clients say of messages that were delivered to them.</content>
internal sealed partial class Consumer
{
    private readonly List<ulong> _done = [];

    /// <summary>Takes an acknowledgement. Any thread, in the middle of its batch.</summary>
    public bool ReceiveAcknowledgement(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        if (Volatile.Read(ref _isClosed)) return false;
        if (TryEnter())
        {
            Acknowledge(batch, message.Subject, message.Reply, message.Headers, message.Payload, sender.IsImported);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        var work = new ConsumerWork(
            ConsumerWorkKind.Acknowledgement, message.Subject.ToArray(), message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), sender.IsImported);
        return TryPost(work);
    }

    /// <summary>Whether a message is not delivered yet or not acknowledged. Any thread.</summary>
    public bool Needs(ulong sequence, ReadOnlySpan<byte> subject)
    {
        if (!Filter.Matches(subject)) return false;
        lock (_stateLock) return _state.Needs(sequence);
    }

    // Owner.
    private void Acknowledge(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, bool isImported)
    {
        if (!AckReply.TryParse(subject, out AckReply ack)) return;
        AckPayload said = AckPayload.Parse(payload);
        bool answers = !reply.IsEmpty;
        switch (said.Kind)
        {
            case AckKind.Ack:
                answers &= Settle(ack);
                break;
            case AckKind.Next:
                Settle(ack);
                Pull(batch, reply, headers, said.Argument, isImported);
                answers = false;
                break;
            case AckKind.Nak:
                Refuse(batch, ack, said);
                break;
            case AckKind.Progress:
                lock (_stateLock) _state.Progress(ack.StreamSequence, batch.NowNs);
                break;
            case AckKind.Term:
                Terminate(batch, ack, said);
                break;
        }

        if (answers) AnswerWhenStored(reply);
    }

    // Owner. False when nothing is said to whoever waits for an answer.
    private bool Settle(in AckReply ack)
    {
        _done.Clear();
        AckOutcome outcome;
        lock (_stateLock) outcome = _state.Acknowledge(ack.StreamSequence, ack.ConsumerSequence, _done);
        if (outcome == AckOutcome.Done) MarkChanged();
        if (_done.Count > 0) _stream.Settled(this, _done);
        return outcome != AckOutcome.Ignored;
    }

    private void Refuse(MessageBatch batch, in AckReply ack, in AckPayload said)
    {
        lock (_stateLock)
        {
            if (said.ReadDelay(out long delayNs) == NakDelay.Given) _state.Refuse(ack.StreamSequence, ack.ConsumerSequence, delayNs, batch.NowNs);
            else _state.Refuse(ack.StreamSequence, ack.ConsumerSequence);
        }
    }

    private void Terminate(MessageBatch batch, in AckReply ack, in AckPayload said) => Settle(ack);
}
