using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Streams;

/// <content>Messages whose way is told: they are published as others are, or only judged.</content>
internal sealed partial class Stream : ITracedTarget
{
    // Of the message that is being published; the lock's. Mostly null.
    private TracedPublish? _traced;

    public bool ReceiveTraced(MessageBatch batch, in InboundMessage message, TracedPublish outcome)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                outcome.Error = "stream closed";
                return false;
            }

            _publishNowNs = batch.NowNs;
            _traced = outcome;
            if (!TryReceive(message)) outcome.Error = ApiErrors.StreamTooManyRequests.ToString();
            else PublishTraced(new IngestMessage { Subject = message.Subject, Headers = message.Headers, Payload = message.Payload }, message.Reply, outcome);
            _traced = null;
            ComeBackAtEnd(batch);
        }

        return true;
    }

    private void PublishTraced(in IngestMessage message, ReadOnlySpan<byte> reply, TracedPublish outcome)
    {
        if (IsOfBatch(message, reply))
        {
            outcome.Subject = Encoding.UTF8.GetString(message.Subject);
            if (!outcome.IsOnly) Publish(message, reply);
            return;
        }

        var plan = new IngestPlan(_scratch);
        IngestVerdict verdict = _rules.Judge(message, this, ref plan);
        outcome.NoInterest = verdict == IngestVerdict.Skip;
        bool isAdmitted = verdict is IngestVerdict.Store or IngestVerdict.Skip || (verdict == IngestVerdict.Refuse && IngestRefusal.IsLate(plan.Error));
        if (isAdmitted) outcome.Subject = Encoding.UTF8.GetString(plan.Subject);
        if (isAdmitted && outcome.IsOnly) return;
        if (verdict == IngestVerdict.Duplicate) outcome.Error = IngestRefusal.Duplicate;
        if (verdict == IngestVerdict.Refuse) outcome.Error = IngestRefusal.TextOf(plan.Error, message.Headers, plan.IsRefusedBySubject);
        CarryOut(verdict, message, plan, reply);
    }

    private static bool IsOfBatch(in IngestMessage message, ReadOnlySpan<byte> reply) =>
        new IngestHeaders(message.Headers).HasValue(IngestHeader.BatchId) || FastBatchCommandOf(message, reply).Length > 0;
}
