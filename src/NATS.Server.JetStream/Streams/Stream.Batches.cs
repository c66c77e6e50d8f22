using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What is published in batches. With the lock held.</content>
internal sealed partial class Stream : IBatchHost
{
    private readonly BatchPublisher _batches;

    bool IBatchHost.TryStore(in IngestPlan plan, out ulong sequence, out ApiError error)
    {
        StoreResult result = Keep(plan, out sequence);
        error = result == StoreResult.Ok ? default : RefusalOf(result);
        return result == StoreResult.Ok;
    }

    ulong IBatchHost.Skip(in IngestPlan plan) => Skip(plan);

    void IBatchHost.Replace(in IngestReplacement replacement) => Replace(replacement);

    void IBatchHost.TakeBack(ulong lastSequence)
    {
        Store.Truncate(lastSequence);
        _published.LastSequence = Math.Min(_published.LastSequence, lastSequence);
        _published.DropMessagesAfter(lastSequence);
        _window.Clear();
        SetLastMessageId(default);
        RecoverMessageIds(_publishNowNs);
    }

    void IBatchHost.Refused(in IngestMessage message, in ApiError error)
    {
        if (_traced is not { } traced) return;
        traced.Error = IngestRefusal.TextOf(error, message.Headers, isBySubject: new IngestHeaders(message.Headers).HasValue(IngestHeader.ExpectedLastSubjectSequence));
        traced.Subject = "";
    }

    void IBatchHost.Send(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> payload, bool waits) => _published.Add(reply, payload, waits);

    void IBatchHost.Abandoned(ReadOnlySpan<byte> batchId, BatchAbandonReason reason)
    {
        var happened = new BatchAbandonedEvent("", Name, Encoding.UTF8.GetString(batchId), reason);
        _text.ResetWrittenCount();
        JetStreamEvents.Write(_text, new EventHead(NewId(), _publishNowNs, _owner.Domain), happened);
        byte[] subject = Encoding.UTF8.GetBytes(happened.Subject);
        _published.Add(subject, _text.WrittenSpan, waits: false);
        if (_owner.SystemPort?.HasInterest(subject) != true) return;

        // There the account is not known from where it is said.
        _text.ResetWrittenCount();
        JetStreamEvents.Write(_text, new EventHead(NewId(), _publishNowNs, _owner.Domain), happened with { Account = Port.Name });
        _published.AddSystemEvent(subject, _text.WrittenSpan);
    }

    // A batch of which only a part is there was being written when the server ended: as if it had never come. Nobody was told that it had. Messages of other streams may bear the headers of batches there.
    private void ForgetTornBatch()
    {
        if (!_config.AllowAtomicPublish) return;
        HashSet<ulong> lost = [.. Store.Lost?.Sequences ?? []];
        ulong last = Store.State.LastSequence;
        while (lost.Contains(last)) last--;
        if (Store.Load(last, out StoredMessage message) != StoreResult.Ok) return;
        var headers = new IngestHeaders(message.Headers);
        if (headers.HasValue(IngestHeader.StreamSource) || !headers.HasValue(IngestHeader.BatchId) || !BatchPublisher.TryReadSequence(headers, out ulong count) || count > last) return;

        // What was written when the power went need not be a beginning of it.
        bool isWhole = headers.HasValue(IngestHeader.BatchCommit);
        for (ulong sequence = last - count + 1; sequence < last && isWhole; sequence++) isWhole = !lost.Contains(sequence);
        if (!isWhole) Store.Truncate(last - count);
    }

    private string NewId()
    {
        const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return string.Create(22, _services.Random, static (text, random) =>
        {
            for (int i = 0; i < text.Length; i++) text[i] = Letters[random.Next(Letters.Length)];
        });
    }
}
