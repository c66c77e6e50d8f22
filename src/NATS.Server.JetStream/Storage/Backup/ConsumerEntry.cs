using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Config;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Pure. The entry of a consumer in a backup: <c>{"config":…,"state":…}</c>.</summary>
internal static class ConsumerEntry
{
    /// <summary>What the names of these entries begin with.</summary>
    public const string Prefix = "consumers/";

    private const int LongestPending = 96;

    /// <summary>Writes a consumer, without what is above the last sequence of the backup.</summary>
    public static ReadOnlyMemory<byte> Encode(BackupConsumer consumer, ulong lastSequence)
    {
        ConsumerSnapshot state = consumer.State;
        var output = new ArrayBufferWriter<byte>();
        output.Write("{\"config\":"u8);
        output.Write(consumer.Config.Span);
        Write(output, $",\"state\":{{\"delivered\":{{\"consumer_seq\":{state.DeliveredConsumer},\"stream_seq\":{Math.Min(state.DeliveredStream, lastSequence)}}}");
        Write(output, $",\"ack_floor\":{{\"consumer_seq\":{state.AckFloorConsumer},\"stream_seq\":{Math.Min(state.AckFloorStream, lastSequence)}}}");
        WritePending(output, [.. state.Pending.Where(message => message.StreamSequence <= lastSequence)]);
        WriteRedelivered(output, [.. state.Redelivered.Where(message => message.StreamSequence <= lastSequence)]);
        output.Write("}}"u8);
        return output.WrittenMemory;
    }

    /// <summary>Reads a consumer.</summary>
    /// <param name="json">The content of the entry.</param>
    /// <param name="name">From the name of the entry.</param>
    /// <param name="consumer">Null when it is not one. The configuration is a slice of the content.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Decode(ReadOnlyMemory<byte> json, string name, out BackupConsumer? consumer)
    {
        consumer = null;
        string quoted = GoFormat.Quote(name);
        if (!JsonProperties.TryRead(json, out List<JsonPart> parts)) return $"failed to decode consumer {quoted} state: it is not a JSON object";
        ReadOnlyMemory<byte> config = default;
        ReadOnlyMemory<byte> state = default;
        foreach (JsonPart part in parts)
        {
            if (part.Name == "config") config = part.Value;
            else if (part.Name == "state") state = part.Value;
        }

        if (config.IsEmpty || config.Span.SequenceEqual("null"u8)) return $"consumer {quoted} is missing config";
        if (state.IsEmpty || state.Span.SequenceEqual("null"u8)) return $"consumer {quoted} is missing state";
        if (!TryReadState(state, out ConsumerSnapshot? snapshot)) return $"failed to decode consumer {quoted} state: its state is not one";
        consumer = new BackupConsumer(name, config, snapshot);
        return null;
    }

    // The keys are in the order of their text, as Go writes maps.
    private static void WritePending(ArrayBufferWriter<byte> output, List<PendingMessage> pending)
    {
        if (pending.Count == 0) return;
        pending.Sort((first, second) => Compare(first.StreamSequence, second.StreamSequence));
        string separator = ",\"pending\":{";
        foreach (PendingMessage message in pending)
        {
            Write(output, $"{separator}\"{message.StreamSequence}\":{{\"Sequence\":{message.ConsumerSequence},\"Timestamp\":{message.TimeNs}}}");
            separator = ",";
        }

        output.Write("}"u8);
    }

    private static void WriteRedelivered(ArrayBufferWriter<byte> output, List<RedeliveredMessage> redelivered)
    {
        if (redelivered.Count == 0) return;
        redelivered.Sort((first, second) => Compare(first.StreamSequence, second.StreamSequence));
        string separator = ",\"redelivered\":{";
        foreach (RedeliveredMessage message in redelivered)
        {
            Write(output, $"{separator}\"{message.StreamSequence}\":{message.Deliveries}");
            separator = ",";
        }

        output.Write("}"u8);
    }

    private static int Compare(ulong first, ulong second)
    {
        Span<byte> a = stackalloc byte[20];
        Span<byte> b = stackalloc byte[20];
        Utf8Formatter.TryFormat(first, a, out int lengthOfFirst);
        Utf8Formatter.TryFormat(second, b, out int lengthOfSecond);
        return a[..lengthOfFirst].SequenceCompareTo(b[..lengthOfSecond]);
    }

    private static void Write(ArrayBufferWriter<byte> output, FormattableString text)
    {
        string written = FormattableString.Invariant(text);
        output.Advance(Encoding.UTF8.GetBytes(written, output.GetSpan(Math.Max(LongestPending, written.Length))));
    }

    private static bool TryReadState(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ConsumerSnapshot? snapshot)
    {
        snapshot = null;
        try
        {
            var state = new ConsumerSnapshot();
            var reader = new Utf8JsonReader(json.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isGood = true;
                if (reader.ValueTextEquals("delivered"u8))
                {
                    isGood = TryReadPair(ref reader, out ulong consumer, out ulong stream);
                    (state.DeliveredConsumer, state.DeliveredStream) = (consumer, stream);
                }
                else if (reader.ValueTextEquals("ack_floor"u8))
                {
                    isGood = TryReadPair(ref reader, out ulong consumer, out ulong stream);
                    (state.AckFloorConsumer, state.AckFloorStream) = (consumer, stream);
                }
                else if (reader.ValueTextEquals("pending"u8))
                {
                    isGood = TryReadPending(ref reader, state.Pending);
                }
                else if (reader.ValueTextEquals("redelivered"u8))
                {
                    isGood = TryReadRedelivered(ref reader, state.Redelivered);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }

                if (!isGood) return false;
            }

            snapshot = state;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A value of another kind than expected.
            return false;
        }
    }

    private static bool TryReadPair(ref Utf8JsonReader reader, out ulong consumer, out ulong stream)
    {
        consumer = 0;
        stream = 0;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isConsumer = reader.ValueTextEquals("consumer_seq"u8);
            bool isStream = reader.ValueTextEquals("stream_seq"u8);
            reader.Read();
            if (isConsumer && !reader.TryGetUInt64(out consumer)) return false;
            if (isStream && !reader.TryGetUInt64(out stream)) return false;
            reader.Skip();
        }

        return true;
    }

    private static bool TryReadPending(ref Utf8JsonReader reader, List<PendingMessage> pending)
    {
        if (!reader.Read()) return false;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryReadKey(ref reader, out ulong stream) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            ulong consumer = 0;
            long time = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isSequence = reader.ValueTextEquals("Sequence"u8);
                bool isTime = reader.ValueTextEquals("Timestamp"u8);
                reader.Read();
                if (isSequence && !reader.TryGetUInt64(out consumer)) return false;
                if (isTime && !reader.TryGetInt64(out time)) return false;
                reader.Skip();
            }

            pending.Add(new PendingMessage(stream, consumer, time));
        }

        return true;
    }

    private static bool TryReadRedelivered(ref Utf8JsonReader reader, List<RedeliveredMessage> redelivered)
    {
        if (!reader.Read()) return false;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryReadKey(ref reader, out ulong stream) || !reader.Read() || !reader.TryGetUInt64(out ulong deliveries)) return false;
            redelivered.Add(new RedeliveredMessage(stream, deliveries));
        }

        return true;
    }

    private static bool TryReadKey(ref Utf8JsonReader reader, out ulong sequence) =>
        ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out sequence);
}
