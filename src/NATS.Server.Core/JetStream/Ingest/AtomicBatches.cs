using System.Buffers;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Owned by the stream, under its lock. The atomic batches of a stream that are open.</summary>
/// <remarks>A message of a batch says in headers of which (<c>Nats-Batch-Id</c>), the how manieth it is, and whether it is the last. Reference: nats-server stream.go processJetStreamAtomicBatchMsg.</remarks>
internal sealed class AtomicBatches(BatchBudget budget)
{
    private readonly Dictionary<byte[], AtomicBatch> _open = new(ByteStringComparer.Instance);

    public int Count => _open.Count;

    /// <summary>When a batch is given up if nothing comes; <see cref="long.MaxValue"/> when none is open.</summary>
    public long NextExpiryNs
    {
        get
        {
            long next = long.MaxValue;
            foreach (AtomicBatch batch in _open.Values) next = Math.Min(next, batch.DeadlineNs);
            return next;
        }
    }

    private static ReadOnlySpan<byte> EndsAlone => "eob"u8;

    /// <summary>Takes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="batch">The batch, to be committed now, and to be closed then; null when it goes on.</param>
    /// <param name="endsAlone">The message only ends the batch.</param>
    /// <param name="abandoned">Why the batch was given up; null when it was not, or nobody is told.</param>
    /// <param name="error">What the publisher is told.</param>
    /// <returns>False when there is an error.</returns>
    public bool TryTake(in IngestMessage message, in IngestHeaders headers, long nowNs, out AtomicBatch? batch, out bool endsAlone, out BatchAbandonReason? abandoned, out ApiError error)
    {
        batch = null;
        abandoned = null;
        endsAlone = headers[IngestHeader.BatchCommit].SequenceEqual(EndsAlone);
        if (!TryFind(headers, nowNs, endsAlone, out AtomicBatch? open, out ulong sequence, out error)) return false;
        bool commits = headers.Has(IngestHeader.BatchCommit);
        if (!TryAdd(open!, sequence, message, headers, nowNs, ref abandoned, out error))
        {
            Close(open!);
            return false;
        }

        if (commits) batch = open;
        return true;
    }

    /// <summary>Forgets a batch that was committed or could not be.</summary>
    public void Close(AtomicBatch batch)
    {
        if (_open.Remove(batch.Id)) budget.CloseAtomic(batch.Bytes);
    }

    /// <summary>Gives up the batches for which nothing came.</summary>
    /// <returns>Their ids.</returns>
    public List<byte[]> Expire(long nowNs)
    {
        List<byte[]> ids = [];
        foreach (AtomicBatch batch in _open.Values)
        {
            if (batch.DeadlineNs <= nowNs) ids.Add(batch.Id);
        }

        foreach (byte[] id in ids) Close(_open[id]);
        return ids;
    }

    public void Clear()
    {
        foreach (AtomicBatch batch in _open.Values.ToArray()) Close(batch);
    }

    private bool TryFind(in IngestHeaders headers, long nowNs, bool endsAlone, out AtomicBatch? batch, out ulong sequence, out ApiError error)
    {
        batch = null;
        sequence = 0;
        error = default;
        ReadOnlySpan<byte> id = headers[IngestHeader.BatchId];
        if (id.Length > BatchPublisher.LongestId) error = ApiErrors.AtomicPublishInvalidBatchID;
        else if (!IngestNumber.TryParse(headers[IngestHeader.BatchSequence], out sequence)) error = ApiErrors.AtomicPublishMissingSeq;
        else if (_open.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(id, out batch)) return true;
        else if (sequence != 1) error = IsTooLarge(sequence, endsAlone) ? TooLarge : ApiErrors.AtomicPublishIncompleteBatch;
        else if (_open.Count >= budget.Limits.AtomicPerStream || !budget.TryOpenAtomic()) error = ApiErrors.AtomicPublishTooManyInflight;
        else
        {
            batch = new AtomicBatch(id.ToArray()) { DeadlineNs = nowNs + budget.Limits.TimeoutNs };
            _open.Add(batch.Id, batch);
            return true;
        }

        return false;
    }

    private bool TryAdd(AtomicBatch batch, ulong sequence, in IngestMessage message, in IngestHeaders headers, long nowNs, ref BatchAbandonReason? abandoned, out ApiError error)
    {
        error = default;
        ReadOnlySpan<byte> commit = headers[IngestHeader.BatchCommit];
        bool endsAlone = commit.SequenceEqual(EndsAlone);
        if (headers.Has(IngestHeader.BatchCommit) && !endsAlone && !commit.SequenceEqual("1"u8)) error = ApiErrors.AtomicPublishInvalidBatchCommit;
        else if (!ApiLevel.Supports(headers[IngestHeader.RequiredApiLevel])) (abandoned, error) = (BatchAbandonReason.Unsupported, ApiErrors.RequiredApiLevel);
        else if (++batch.LastSequence != sequence || batch.DeadlineNs <= nowNs || (sequence == 1 && endsAlone)) (abandoned, error) = (BatchAbandonReason.Incomplete, ApiErrors.AtomicPublishIncompleteBatch);
        else if (IsTooLarge(sequence, endsAlone)) (abandoned, error) = (BatchAbandonReason.Large, TooLarge);
        if (error != default) return false;
        batch.DeadlineNs = nowNs + budget.Limits.TimeoutNs;
        if (endsAlone) return true;
        StagedMessage staged = Stage(message, headers);
        if (!budget.TryStage(staged.Bytes))
        {
            abandoned = BatchAbandonReason.Large;
            error = ApiErrors.AtomicPublishTooManyInflight;
            return false;
        }

        batch.Add(staged);
        return true;
    }

    private ApiError TooLarge => ApiErrors.AtomicPublishTooLargeBatch(budget.Limits.AtomicMessages.ToString(System.Globalization.CultureInfo.InvariantCulture));

    // A message that only ends the batch is not counted.
    private bool IsTooLarge(ulong sequence, bool endsAlone) => (endsAlone ? sequence - 1 : sequence) > (ulong)budget.Limits.AtomicMessages;

    // What a message asks of the server is not stored.
    private static StagedMessage Stage(in IngestMessage message, in IngestHeaders headers)
    {
        if (!headers.HasValue(IngestHeader.RequiredApiLevel)) return StagedMessage.Copy(message.Subject, message.Headers, message.Payload);
        var output = new ArrayBufferWriter<byte>();
        bool isLeft = MessageHeaders.Remove(message.Headers, IngestHeaders.KeyOf(IngestHeader.RequiredApiLevel), output);
        return StagedMessage.Copy(message.Subject, isLeft ? output.WrittenSpan : default, message.Payload);
    }
}
