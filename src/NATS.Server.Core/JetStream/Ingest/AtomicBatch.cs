using System.Buffers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Owned by the stream, under its lock. Messages that are stored together, or not at all.</summary>
internal sealed class AtomicBatch(byte[] id)
{
    private readonly List<StagedMessage> _messages = [];

    public byte[] Id { get; } = id;

    /// <summary>The sequence of the last message that came.</summary>
    public ulong LastSequence { get; set; }

    /// <summary>When it is given up unless a message comes.</summary>
    public long DeadlineNs { get; set; }

    /// <summary>Bytes that its messages take.</summary>
    public long Bytes { get; private set; }

    public int Count => _messages.Count;

    public StagedMessage this[int index] => _messages[index];

    public void Add(in StagedMessage message)
    {
        _messages.Add(message);
        Bytes += message.Bytes;
    }

    /// <summary>Judges all messages together, and makes of them what is to be stored.</summary>
    /// <param name="rules">Of the stream.</param>
    /// <param name="host">The stream.</param>
    /// <param name="scratch">Of the stream.</param>
    /// <param name="endsAlone">The message that committed the batch is not one of it: the last one says that it ends there.</param>
    /// <param name="error">What is wrong with the first that is.</param>
    public bool TryPrepare(IngestRules rules, IIngestHost host, IngestScratch scratch, bool endsAlone, out ApiError error)
    {
        var stage = new IngestStage();
        long bytes = 0;
        for (int i = 0; i < _messages.Count; i++)
        {
            StagedMessage message = _messages[i];
            error = ApiErrors.AtomicPublishUnsupportedHeaderBatch("Nats-Expected-Last-Msg-Id");
            if (new IngestHeaders(message.Headers.Span).HasValue(IngestHeader.ExpectedLastMessageId)) return false;
            var plan = new IngestPlan(scratch);
            IngestVerdict verdict = rules.JudgeMember(message.ToIngest(), host, stage, ref plan);
            error = plan.Error;
            if (verdict != IngestVerdict.Store) return false;
            _messages[i] = message.With(plan);
            bytes += _messages[i].Bytes;
        }

        if (endsAlone) EndLast();
        return !host.ExceedsAccount(default, 0, (int)Math.Min(bytes, int.MaxValue), out error);
    }

    private void EndLast()
    {
        StagedMessage last = _messages[^1];
        var output = new ArrayBufferWriter<byte>();
        MessageHeaders.Append(last.Headers.Span, IngestHeaders.KeyOf(IngestHeader.BatchCommit), "1"u8, output);
        _messages[^1] = last with { Headers = output.WrittenMemory };
    }
}
