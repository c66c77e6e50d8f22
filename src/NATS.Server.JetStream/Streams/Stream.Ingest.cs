using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What the rules for published messages ask of the stream. With the lock held.</content>
internal sealed partial class Stream : IIngestHost
{
    private readonly IngestScratch _scratch = new();
    private readonly DedupeWindow _window;
    private readonly PublishAck _ack;
    private IngestRules _rules;
    private byte[] _lastMessageId = new byte[64];
    private int _lastMessageIdLength;
    private StoredMessage _loaded;
    private long _publishNowNs;

    long IIngestHost.NowNs => _publishNowNs;

    Random IIngestHost.Random => _services.Random;

    ulong IIngestHost.LastSequence => Store.State.LastSequence;

    ReadOnlySpan<byte> IIngestHost.LastMessageId => _lastMessageId.AsSpan(0, _lastMessageIdLength);

    bool IIngestHost.IsServerFull => _owner.IsServerFull(_config.Storage);

    /// <summary>When a stored message is due that is a schedule; 0 when it is none. Any thread, without the lock.</summary>
    public long DueOf(ReadOnlySpan<byte> headers, long timestampNs) => MessageSchedule.DueNs(headers, timestampNs, _services.NowNs, _services.Ingest.FindTimeZone);

    ulong IIngestHost.LastSequenceOf(ReadOnlySpan<byte> filter) => Store.LoadLast(MessageFilter.Of(filter), out StoredMessage last) == StoreResult.Ok ? last.Sequence : 0;

    bool IIngestHost.TryLoadLast(ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> payload)
    {
        bool isFound = Store.LoadLast(MessageFilter.Of(subject), out _loaded) == StoreResult.Ok;
        headers = isFound ? _loaded.Headers : default;
        payload = isFound ? _loaded.Payload : default;
        return isFound;
    }

    bool IIngestHost.TryFindMessageId(ReadOnlySpan<byte> messageId, out ulong sequence) => _window.TryFind(messageId, _publishNowNs, out sequence);

    // Who is interested is about to have something new, unless the message is refused after all: then there is nothing to find.
    bool IIngestHost.HasInterest(ReadOnlySpan<byte> subject) => _consumers.Touch(subject, _published);

    bool IIngestHost.ExceedsAccount(ReadOnlySpan<byte> subject, int headersLength, int payloadLength, out ApiError error)
    {
        error = default;
        long room = _owner.RoomFor(_config);
        if (room == long.MaxValue) return false;
        error = room < 0 ? ApiErrors.NoLimits : ApiErrors.AccountResourcesExceeded;
        if (room < 0) return true;

        // What was published since the last flush is not counted yet.
        CountBytes();
        return StreamStorage.SizeOf(_config, subject.Length, headersLength, payloadLength) > _owner.RoomFor(_config);
    }

    void IIngestHost.Totals(out ulong messages, out ulong bytes)
    {
        StreamState state = Store.State;
        messages = state.Messages;
        bytes = state.Bytes;
    }

    ulong IIngestHost.MessagesOf(ReadOnlySpan<byte> subject) => Store.StateOf(MessageFilter.Of(subject), 0).Messages;

    // The ids of the messages that are young enough; the reference knows the id of the last message only if it is one of them.
    private void RecoverMessageIds(long nowNs)
    {
        if (_config.DuplicateWindowNs <= 0) return;
        ulong last = Store.State.LastSequence;
        ulong next = Store.SequenceAt(nowNs - _config.DuplicateWindowNs);
        while (next <= last && Store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            next = message.Sequence + 1;
            var headers = new IngestHeaders(message.Headers);
            ReadOnlySpan<byte> id = headers[IngestHeader.MessageId];
            _window.Add(id, message.Sequence, message.TimestampNs);
            if (message.Sequence == last) SetLastMessageId(id);
        }
    }

    private void SetLastMessageId(ReadOnlySpan<byte> id)
    {
        if (id.Length > _lastMessageId.Length) _lastMessageId = new byte[id.Length];
        id.CopyTo(_lastMessageId);
        _lastMessageIdLength = id.Length;
    }
}
