using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What publishers are told when a message is not stored, and the markers that stand for what has expired.</content>
internal sealed partial class Stream
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };
    private Consumer[] _allConsumers = [];

    /// <summary>The last message of a subject has expired: a marker takes its place, so that watchers learn of it.</summary>
    public void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
    {
        long ttlSeconds = Config.SubjectDeleteMarkerTtlNs / 1_000_000_000;
        string lifetime = Core.Config.GoDuration.Format(TimeSpan.FromSeconds(ttlSeconds));
        byte[] headers = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: {lifetime}\r\n\r\n"));
        MessageBatch batch = _services.Batches.Rent();
        lock (_lock)
        {
            if (_isClosed) return;
            _consumers.Touch(subject, _published);
            var marker = new NewMessage { Subject = subject, Headers = headers, TimestampNs = batch.NowNs, TtlSeconds = ttlSeconds };
            if (Store.Append(marker, out ulong stored) == StoreResult.Ok) _published.LastSequence = stored;
        }

        batch.AtEnd(this);
        _services.Batches.Return(batch);
    }

    private Consumer[] AllConsumers() => Volatile.Read(ref _allConsumers);

    private byte[] Refusal(StoreResult result) => Refusal(result switch
    {
        StoreResult.MaximumMessages => ApiErrors.StreamStoreFailed("maximum messages exceeded"),
        StoreResult.MaximumBytes => ApiErrors.StreamStoreFailed("maximum bytes exceeded"),
        StoreResult.MaximumMessagesPerSubject => ApiErrors.StreamStoreFailed("maximum messages per subject exceeded"),
        StoreResult.TooLarge => ApiErrors.StreamStoreFailed("message too large"),
        StoreResult.DiskFull => ApiErrors.InsufficientResources,
        StoreResult.Closed => ApiErrors.StreamStoreFailed("store is closed"),
        _ => ApiErrors.StreamStoreFailed(Store.WriteFailure ?? "the message could not be stored"),
    });

    private byte[] Refusal(ApiError error)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(output, JsonOptions))
        {
            json.WriteStartObject();
            json.WritePropertyName("error"u8);
            error.Write(json);
            json.WriteString("stream"u8, Name);
            json.WriteNumber("seq"u8, 0);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
