using System.Buffers;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>
/// Owned by the stream, under its lock. Publishes in batches: atomic ones, whose messages wait until the last has come and are stored together or not at all, and fast ones, whose messages are stored as they come
/// and acknowledged now and then.
/// </summary>
public sealed class BatchPublisher
{
    internal const int LongestId = 64;
    private readonly AtomicBatches _atomic;
    private readonly FastBatches _fast;
    private readonly PublishAck _ack;
    private readonly IngestScratch _scratch;

    /// <summary>Begins without batches.</summary>
    /// <param name="ack">Of the stream.</param>
    /// <param name="budget">Of the server.</param>
    /// <param name="scratch">Of the stream.</param>
    public BatchPublisher(PublishAck ack, BatchBudget budget, IngestScratch scratch)
    {
        _ack = ack;
        _scratch = scratch;
        _atomic = new AtomicBatches(budget);
        _fast = new FastBatches(budget, ack);
    }

    /// <summary>When a batch is given up if nothing comes, nanoseconds since 1970; <see cref="long.MaxValue"/> when none is open.</summary>
    public long NextExpiryNs => Math.Min(_atomic.NextExpiryNs, _fast.NextExpiryNs);

    /// <summary>The how manieth of its batch a message is.</summary>
    public static bool TryReadSequence(in IngestHeaders headers, out ulong sequence) => IngestNumber.TryParse(headers[IngestHeader.BatchSequence], out sequence);

    /// <summary>Takes a message of an atomic batch: one with the header <c>Nats-Batch-Id</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reply">Where answers go; empty for nowhere.</param>
    /// <param name="rules">Of the stream.</param>
    /// <param name="host">The stream.</param>
    public void PublishAtomic(in IngestMessage message, ReadOnlySpan<byte> reply, IngestRules rules, IBatchHost host)
    {
        if (!rules.Answers) reply = default;
        var headers = new IngestHeaders(message.Headers);
        if (!rules.Admits(message, host, rules.AtomicFault, out ApiError error))
        {
            Refuse(message, reply, error, host);
            return;
        }

        bool isTaken = _atomic.TryTake(message, headers, host.NowNs, out AtomicBatch? batch, out bool endsAlone, out BatchAbandonReason? abandoned, out error);
        if (abandoned is { } reason) host.Abandoned(headers[IngestHeader.BatchId], reason);
        if (!isTaken) Refuse(message, reply, error, host);
        else if (batch is not null) Commit(batch, endsAlone, message, reply, rules, host);
        else if (!reply.IsEmpty) host.Send(reply, default, waits: false);
    }

    /// <summary>Takes a message of a fast batch: one whose reply is meant as a command (<see cref="FastBatchCommand.IsMeant"/>).</summary>
    /// <param name="message">The message.</param>
    /// <param name="reply">Where answers go.</param>
    /// <param name="text">The command: mostly the reply.</param>
    /// <param name="rules">Of the stream.</param>
    /// <param name="host">The stream.</param>
    public void PublishFast(in IngestMessage message, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> text, IngestRules rules, IBatchHost host)
    {
        bool isCommand = FastBatchCommand.TryParse(text, out FastBatchCommand command);
        var headers = new IngestHeaders(message.Headers);
        if (rules.Admits(message, host, rules.FastFault, out ApiError error))
        {
            if (!isCommand) error = ApiErrors.BatchPublishInvalidPattern;
            else if (command.BatchId.Length > LongestId) error = ApiErrors.BatchPublishInvalidBatchID;
            else if (_fast.Take(command, headers[IngestHeader.RequiredApiLevel], reply, rules.Answers, host, out error) is { } batch) Publish(message, headers, command, batch, reply, rules, host);
        }

        if (error != default) Refuse(message, rules.Answers ? reply : default, error, host);
    }

    /// <summary>Gives up the batches for which nothing came.</summary>
    public void Expire(long nowNs, IBatchHost host)
    {
        foreach (byte[] id in _atomic.Expire(nowNs)) host.Abandoned(id, BatchAbandonReason.Timeout);
        _fast.Expire(nowNs);
    }

    /// <summary>Forgets all batches of a kind: the stream does not take them any more.</summary>
    public void Clear(bool atomic, bool fast)
    {
        if (atomic) _atomic.Clear();
        if (fast) _fast.Clear();
    }

    private void Commit(AtomicBatch batch, bool endsAlone, in IngestMessage message, ReadOnlySpan<byte> reply, IngestRules rules, IBatchHost host)
    {
        _atomic.Close(batch);
        if (!batch.TryPrepare(rules, host, _scratch, endsAlone, out ApiError error))
        {
            Refuse(message, reply, error, host);
            return;
        }

        ulong before = host.LastSequence;
        ulong last = before;
        List<PendingReplacement>? replacements = null;
        for (int i = 0; i < batch.Count; i++)
        {
            var plan = new IngestPlan(_scratch);
            if (!TryStore(rules.FinishMember(batch[i].ToIngest(), host, ref plan), plan, host, out last, out error))
            {
                if (i > 0) host.TakeBack(before);
                Refuse(message, reply, error, host);
                return;
            }

            var replacement = new IngestReplacement(plan, last);
            if (!replacement.IsEmpty) (replacements ??= []).Add(PendingReplacement.Copy(replacement));
        }

        // Not before the last message is stored: what is taken away does not come back when the batch does not become whole.
        foreach (PendingReplacement replacement in replacements ?? []) host.Replace(replacement.ToIngest());
        if (reply.IsEmpty) return;
        var text = new ArrayBufferWriter<byte>();
        _ack.WriteBatch(last, batch.Id, (ulong)batch.Count, text);
        host.Send(reply, text.WrittenSpan, waits: true);
    }

    private void Publish(in IngestMessage message, in IngestHeaders headers, in FastBatchCommand command, FastBatch batch, ReadOnlySpan<byte> reply, IngestRules rules, IBatchHost host)
    {
        var plan = new IngestPlan(_scratch);
        IngestVerdict verdict = rules.JudgeMember(message, host, null, ref plan);
        if (verdict != IngestVerdict.Store)
        {
            if (verdict == IngestVerdict.Refuse) host.Refused(message, plan.Error);
            _fast.Refused(batch, command, verdict == IngestVerdict.Duplicate, plan, reply, host);
            return;
        }

        if (headers.HasValue(IngestHeader.RequiredApiLevel)) plan.RemoveHeader(IngestHeader.RequiredApiLevel);
        verdict = rules.FinishMember(new IngestMessage { Subject = plan.Subject, Headers = plan.Headers, Payload = plan.Payload }, host, ref plan);
        if (TryStore(verdict, plan, host, out ulong sequence, out ApiError error))
        {
            host.Replace(new IngestReplacement(plan, sequence));
            _fast.Stored(batch, sequence, reply, host);
            return;
        }

        _fast.NotStored(batch);
        Refuse(message, rules.Answers ? reply : default, error, host);
    }

    private static bool TryStore(IngestVerdict verdict, in IngestPlan plan, IBatchHost host, out ulong sequence, out ApiError error)
    {
        error = plan.Error;
        sequence = 0;
        if (verdict == IngestVerdict.Skip) sequence = host.Skip(plan);
        return verdict == IngestVerdict.Skip || (verdict == IngestVerdict.Store && host.TryStore(plan, out sequence, out error));
    }

    private void Refuse(in IngestMessage message, ReadOnlySpan<byte> reply, in ApiError error, IBatchHost host)
    {
        host.Refused(message, error);
        if (reply.IsEmpty) return;
        var text = new ArrayBufferWriter<byte>();
        _ack.WriteError(error, text);
        host.Send(reply, text.WrittenSpan, waits: false);
    }
}
