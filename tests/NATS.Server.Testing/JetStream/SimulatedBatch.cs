using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.Testing.JetStream;

/// <summary>One thread. A batch of a simulated publisher.</summary>
internal sealed class SimulatedBatch(TimeProvider time) : MessageBatch, IMessageSender
{
    private List<IBatchEnd> _ends = [];

    public override long NowNs => (time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    public bool IsImported => false;

    public override void AtEnd(IBatchEnd end) => _ends.Add(end);

    public byte[] Describe(in InboundMessage message) => [];

    /// <summary>Ends it, as often as what ends causes more.</summary>
    public void End()
    {
        while (_ends.Count > 0)
        {
            List<IBatchEnd> ending = _ends;
            _ends = [];
            Number++;
            foreach (IBatchEnd end in ending) end.OnBatchEnd(this);
        }
    }
}
