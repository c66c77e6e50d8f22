using System.Buffers;
using System.Text.Json;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Owned by the stream, under its lock. The fast batches of a stream that are open, and what their clients are told. One message is dealt with at a time.</summary>
/// <remarks>Reference: nats-server stream.go processJetStreamFastBatchMsg and jetstream_batching.go.</remarks>
internal sealed class FastBatches(BatchBudget budget, PublishAck ack)
{
    private readonly Dictionary<byte[], FastBatch> _open = new(ByteStringComparer.Instance);
    private readonly ArrayBufferWriter<byte> _text = new(128);

    public int Count => _open.Count;

    /// <summary>When a batch is forgotten if nothing comes; <see cref="long.MaxValue"/> when none is open.</summary>
    public long NextExpiryNs
    {
        get
        {
            long next = long.MaxValue;
            foreach (FastBatch batch in _open.Values) next = Math.Min(next, batch.DeadlineNs);
            return next;
        }
    }

    /// <summary>Takes a message.</summary>
    /// <param name="command">What it says.</param>
    /// <param name="requiredLevel">The API level that it requires; empty for none.</param>
    /// <param name="reply">Where answers go.</param>
    /// <param name="answers">Whether the stream answers publishers.</param>
    /// <param name="host">The stream.</param>
    /// <param name="error">What the publisher is told.</param>
    /// <returns>The batch, when the message is to be judged and stored; else that is all.</returns>
    public FastBatch? Take(in FastBatchCommand command, ReadOnlySpan<byte> requiredLevel, ReadOnlySpan<byte> reply, bool answers, IBatchHost host, out ApiError error)
    {
        error = default;
        if (Find(command, host.NowNs, out error) is not { } batch) return null;
        if (!ApiLevel.Supports(requiredLevel))
        {
            Close(batch);
            error = ApiErrors.RequiredApiLevel;
            return null;
        }

        batch.DeadlineNs = host.NowNs + budget.Limits.TimeoutNs;
        if (command.IsPing)
        {
            Ping(batch, command, reply, host);
            return null;
        }

        if (!Follows(batch, command, reply, host)) return null;
        if (command.EndsAlone)
        {
            batch.LastSequence--;
            End(batch, reply, host);
            return null;
        }

        batch.IsEnding = command.Commits;
        if (command.Sequence == 1 && answers && !command.Commits) SendAck(0, batch, reply, host);
        return batch;
    }

    /// <summary>The message was stored.</summary>
    public void Stored(FastBatch batch, ulong streamSequence, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        batch.StreamSequence = streamSequence;
        batch.StoredSequence = batch.LastSequence;
        if (batch.IsEnding) End(batch, reply, host);
        else if (batch.IsDue(_open.Count)) SendAck(batch.ToldSequence, batch, reply, host);
    }

    /// <summary>The message was refused, or was there already.</summary>
    public void Refused(FastBatch batch, in FastBatchCommand command, bool isDuplicate, in IngestPlan plan, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        if (isDuplicate)
        {
            batch.StoredSequence = command.Sequence;
            if (batch.IsDue(_open.Count)) SendAck(batch.ToldSequence, batch, reply, host);
            if (!command.Commits) return;
        }

        if (!command.GapIsFine && batch.LastSequence == 1)
        {
            RefuseAll(batch, command, isDuplicate, plan, reply, host);
            return;
        }

        if (!isDuplicate) SendError(command.Sequence, plan.Error, reply, host);
        if (command.GapIsFine && !command.Commits) return;
        if (!isDuplicate) batch.LastSequence--;
        End(batch, reply, host);
    }

    /// <summary>The message could not be stored although it was good.</summary>
    public void NotStored(FastBatch batch)
    {
        if (batch.IsEnding) Close(batch);
    }

    /// <summary>Forgets the batches for which nothing came.</summary>
    public void Expire(long nowNs)
    {
        foreach (FastBatch batch in _open.Values.Where(batch => batch.DeadlineNs <= nowNs).ToArray()) Close(batch);
    }

    public void Clear()
    {
        foreach (FastBatch batch in _open.Values.ToArray()) Close(batch);
    }

    private FastBatch? Find(in FastBatchCommand command, long nowNs, out ApiError error)
    {
        error = default;
        if (_open.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(command.BatchId, out FastBatch? batch))
        {
            if (batch.DeadlineNs > nowNs) return batch;
            Close(batch);
        }

        if (command.Sequence != 1)
        {
            error = ApiErrors.BatchPublishUnknownBatchID;
            return null;
        }

        if (_open.Count >= budget.Limits.FastPerStream || !budget.TryOpenFast())
        {
            error = ApiErrors.BatchPublishTooManyInflight;
            return null;
        }

        batch = new FastBatch(command.BatchId.ToArray(), command.Flow, command.GapIsFine, nowNs + budget.Limits.TimeoutNs);
        _open.Add(batch.Id, batch);
        batch.Begin(_open.Count);
        return batch;
    }

    private void Ping(FastBatch batch, in FastBatchCommand command, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        if (command.Sequence > batch.LastSequence)
        {
            SendGap(batch.LastSequence + 1, command.Sequence + 1, reply, host);
            if (!batch.GapIsFine)
            {
                End(batch, reply, host);
                return;
            }

            batch.StoredSequence = batch.LastSequence = command.Sequence;
            batch.IsDue(_open.Count);
        }

        SendAck(batch.ToldSequence, batch, reply, host);
    }

    // Whether the message is the next, or messages may be missing; else the batch ends.
    private bool Follows(FastBatch batch, in FastBatchCommand command, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        ulong expected = batch.LastSequence + 1;
        if (command.Sequence != expected) SendGap(expected, command.Sequence, reply, host);
        if (command.Sequence == expected || (batch.GapIsFine && command.Sequence > expected))
        {
            batch.LastSequence = command.Sequence;
            return true;
        }

        End(batch, reply, host);
        return false;
    }

    // Nothing of the batch was stored: it is as if it were a message of its own.
    private void RefuseAll(FastBatch batch, in FastBatchCommand command, bool isDuplicate, in IngestPlan plan, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        Close(batch);
        _text.ResetWrittenCount();
        if (isDuplicate) ack.WriteDuplicateBatch(plan.DuplicateOf, batch.Id, command.Sequence, _text);
        else ack.WriteError(plan.Error, _text);
        host.Send(reply, _text.WrittenSpan, waits: isDuplicate);
    }

    private void End(FastBatch batch, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        Close(batch);
        _text.ResetWrittenCount();
        ack.WriteBatch(batch.StreamSequence, batch.Id, batch.LastSequence, _text);
        host.Send(reply, _text.WrittenSpan, waits: true);
    }

    private void Close(FastBatch batch)
    {
        if (_open.Remove(batch.Id)) budget.CloseFast();
    }

    private void SendAck(ulong sequence, FastBatch batch, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        using (Utf8JsonWriter json = Begin("ack"u8))
        {
            json.WriteNumber("seq"u8, sequence);
            json.WriteNumber("msgs"u8, batch.MessagesPerAck);
            json.WriteEndObject();
        }

        host.Send(reply, _text.WrittenSpan, waits: sequence > 0);
    }

    private void SendGap(ulong expected, ulong sequence, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        using (Utf8JsonWriter json = Begin("gap"u8))
        {
            json.WriteNumber("last_seq"u8, expected);
            json.WriteNumber("seq"u8, sequence);
            json.WriteEndObject();
        }

        host.Send(reply, _text.WrittenSpan, waits: false);
    }

    private void SendError(ulong sequence, in ApiError error, ReadOnlySpan<byte> reply, IBatchHost host)
    {
        using (Utf8JsonWriter json = Begin("err"u8))
        {
            json.WriteNumber("seq"u8, sequence);
            json.WritePropertyName("error"u8);
            error.Write(json);
            json.WriteEndObject();
        }

        host.Send(reply, _text.WrittenSpan, waits: false);
    }

    private Utf8JsonWriter Begin(ReadOnlySpan<byte> type)
    {
        _text.ResetWrittenCount();
        var json = new Utf8JsonWriter(_text, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance, SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        return json;
    }
}
