using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Immutable, thread-safe; made once of a stream. The answers to publishes, byte for byte as the reference writes them.</summary>
public sealed class PublishAck
{
    private const int LongestNumber = 20;
    private readonly byte[] _start;
    private readonly string _name;

    /// <summary>Takes over names.</summary>
    /// <param name="stream">Of the stream.</param>
    /// <param name="domain">Of JetStream; empty without one.</param>
    public PublishAck(string stream, string domain)
    {
        _name = stream;
        string text = domain.Length == 0
            ? $$"""{"stream":{{QuotedText.Quote(stream)}},"seq":"""
            : $$"""{"stream":{{QuotedText.Quote(stream)}},"domain":{{QuotedText.Quote(domain)}},"seq":""";
        _start = Encoding.UTF8.GetBytes(text);
    }

    /// <summary>An upper bound of the length of <see cref="Write(ulong, Span{byte})"/>.</summary>
    public int MaxLength => _start.Length + LongestNumber + 1;

    /// <summary>Writes that a message was stored.</summary>
    /// <param name="sequence">Its sequence.</param>
    /// <param name="output">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>The length of the answer.</returns>
    public int Write(ulong sequence, Span<byte> output)
    {
        _start.CopyTo(output);
        sequence.TryFormat(output[_start.Length..], out int digits, default, CultureInfo.InvariantCulture);
        output[_start.Length + digits] = (byte)'}';
        return _start.Length + digits + 1;
    }

    /// <summary>Writes that a message was stored.</summary>
    public void Write(ulong sequence, IBufferWriter<byte> output) => output.Advance(Write(sequence, output.GetSpan(MaxLength)));

    /// <summary>Writes what a counter says.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="value">Digits.</param>
    /// <param name="output">Gets the answer.</param>
    public void WriteCounter(ulong sequence, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        WriteStart(sequence, output);
        output.Write(",\"val\":\""u8);
        output.Write(value);
        output.Write("\"}"u8);
    }

    /// <summary>Writes that a message was there already.</summary>
    /// <param name="sequence">Of the message that was first.</param>
    /// <param name="output">Gets the answer.</param>
    public void WriteDuplicate(ulong sequence, IBufferWriter<byte> output)
    {
        WriteStart(sequence, output);
        output.Write(",\"duplicate\": true}"u8);
    }

    /// <summary>Writes that a batch was stored.</summary>
    /// <param name="sequence">Of its last message.</param>
    /// <param name="batchId">Of the batch.</param>
    /// <param name="count">Of its messages.</param>
    /// <param name="output">Gets the answer.</param>
    public void WriteBatch(ulong sequence, ReadOnlySpan<byte> batchId, ulong count, IBufferWriter<byte> output)
    {
        WriteStart(sequence, output);
        WriteBatchEnd(batchId, count, output);
    }

    /// <summary>Writes that the first message of a batch, and with it the batch, was there already.</summary>
    /// <param name="sequence">Of the message that was first.</param>
    /// <param name="batchId">Of the batch.</param>
    /// <param name="count">Of its messages.</param>
    /// <param name="output">Gets the answer.</param>
    public void WriteDuplicateBatch(ulong sequence, ReadOnlySpan<byte> batchId, ulong count, IBufferWriter<byte> output)
    {
        WriteStart(sequence, output);
        output.Write(",\"duplicate\": true"u8);
        WriteBatchEnd(batchId, count, output);
    }

    /// <summary>Writes why a message was refused.</summary>
    public void WriteError(in ApiError error, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance });
        json.WriteStartObject();
        json.WritePropertyName("error"u8);
        error.Write(json);
        json.WriteString("stream"u8, _name);
        json.WriteNumber("seq"u8, 0);
        json.WriteEndObject();
    }

    private static void WriteBatchEnd(ReadOnlySpan<byte> batchId, ulong count, IBufferWriter<byte> output)
    {
        output.Write(",\"batch\":"u8);
        output.Write(Encoding.UTF8.GetBytes(QuotedText.Quote(batchId)));
        output.Write(",\"count\":"u8);
        WriteNumber(count, output);
        output.Write("}"u8);
    }

    private static void WriteNumber(ulong number, IBufferWriter<byte> output)
    {
        number.TryFormat(output.GetSpan(LongestNumber), out int digits, default, CultureInfo.InvariantCulture);
        output.Advance(digits);
    }

    private void WriteStart(ulong sequence, IBufferWriter<byte> output)
    {
        output.Write(_start);
        WriteNumber(sequence, output);
    }
}
