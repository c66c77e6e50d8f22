using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>Messages that are pushed to a subject.</content>
internal sealed partial class Consumer
{
    private byte[] _deliverSubject = [];
    private byte[] _deliverGroup = [];
    private IDisposable? _interest;
    private byte[] _confirmed = [];

    /// <summary>Takes the answer to a flow control message. Any thread.</summary>
    public bool ReceiveFlowControl(MessageBatch batch, in InboundMessage message)
    {
        if (Volatile.Read(ref _isClosed)) return false;
        if (TryEnter())
        {
            ConfirmFlow(message.Subject);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        return TryPost(new ConsumerWork(ConsumerWorkKind.FlowControl, message.Subject.ToArray(), [], [], [], false));
    }

    private void StartPushing()
    {
        if (_config.IsPull) return;
        _deliverSubject = Encoding.UTF8.GetBytes(_config.DeliverSubject);
        _deliverGroup = Encoding.UTF8.GetBytes(_config.DeliverGroup);
        _interest = _stream.Port.WatchInterest(_deliverSubject, Signal);
    }

    private void StopPushing()
    {
        _interest?.Dispose();
        _interest = null;
    }

    private bool CanPush(long nowNs) => _stream.Port.HasInterest(_deliverSubject, _deliverGroup);

    private bool TryPush(in StoredMessage message, ulong deliveries, long nowNs, bool isNew)
    {
        if (Deliver(_deliverSubject, message, deliveries, nowNs, isNew) > 0) return true;
        _state.DeliveryFailed(message.Sequence);
        return false;
    }

    private void ConfirmFlow(ReadOnlySpan<byte> subject) => _confirmed = subject.ToArray();
}
