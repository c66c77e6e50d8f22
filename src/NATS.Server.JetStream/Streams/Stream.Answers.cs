using System.Buffers;
using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What publishers are told, and the markers that stand for what has expired.</content>
internal sealed partial class Stream
{
    private readonly ArrayBufferWriter<byte> _text = new(256);
    private readonly byte[] _nameBytes;
    private Consumer[] _allConsumers = [];

    /// <summary>The last message of a subject has expired: a marker takes its place, so that watchers learn of it.</summary>
    public void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
    {
        string lifetime = Core.Config.GoDuration.Format(TimeSpan.FromSeconds(Config.SubjectDeleteMarkerTtlNs / NanosecondsPerSecond));
        byte[] headers = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: {lifetime}\r\nNats-Rollup: sub\r\n\r\n"));
        ReceiveTrusted(subject, headers, default);
    }

    private Consumer[] AllConsumers() => Volatile.Read(ref _allConsumers);

    private void AnswerDuplicate(ReadOnlySpan<byte> reply, ulong sequence)
    {
        _text.ResetWrittenCount();
        _ack.WriteDuplicate(sequence, _text);

        // The message that was first may be on its way to the device still.
        _published.Add(reply, _text.WrittenSpan, waits: sequence > Readable);
    }

    private void AnswerCounter(ReadOnlySpan<byte> reply, ulong sequence, ReadOnlySpan<byte> value)
    {
        _text.ResetWrittenCount();
        _ack.WriteCounter(sequence, value, _text);
        _published.Add(reply, _text.WrittenSpan, waits: true);
    }

    private void Answer(ReadOnlySpan<byte> reply, in ApiError error) => _published.Add(reply, TextOf(error), waits: false);

    private byte[] TextOf(in ApiError error)
    {
        var output = new ArrayBufferWriter<byte>(128);
        _ack.WriteError(error, output);
        return output.WrittenSpan.ToArray();
    }

    private ApiError RefusalOf(StoreResult result) => result switch
    {
        StoreResult.MaximumMessages => IngestErrors.MaximumMessages,
        StoreResult.MaximumBytes => IngestErrors.MaximumBytes,
        StoreResult.MaximumMessagesPerSubject => IngestErrors.MaximumMessagesPerSubject,
        StoreResult.TooLarge => IngestErrors.TooLarge,
        StoreResult.DiskFull => ApiErrors.InsufficientResources,
        StoreResult.Closed => ApiErrors.StreamStoreFailed("store is closed"),
        _ => ApiErrors.StreamStoreFailed(Store.WriteFailure ?? "the message could not be stored"),
    };
}
