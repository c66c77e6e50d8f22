using System.Buffers;
using System.Buffers.Text;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>
/// Immutable, thread-safe. What a stream answers to those who publish: <c>{"stream":"S","seq":1}</c>. Its unchanging start is made once; an acknowledgement allocates nothing.
/// </summary>
public sealed class PubAck
{
    private const int LongestNumber = 20;
    private readonly byte[] _start;
    private readonly string _stream;

    /// <summary>For a stream.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="domain">The domain of the server; empty when it has none.</param>
    public PubAck(string stream, string domain = "")
    {
        _stream = stream;
        _start = Encoding.UTF8.GetBytes(domain.Length == 0
            ? $"{{\"stream\":{GoFormat.Quote(stream)},\"seq\":"
            : $"{{\"stream\":{GoFormat.Quote(stream)},\"domain\":{GoFormat.Quote(domain)},\"seq\":");
    }

    /// <summary>How many bytes <see cref="TryWrite"/> needs at most.</summary>
    public int MaximumLength => _start.Length + LongestNumber + DuplicateEnd.Length;

    private static ReadOnlySpan<byte> DuplicateEnd => ",\"duplicate\": true}"u8;

    /// <summary>Writes that a message is stored.</summary>
    /// <param name="output">At least <see cref="MaximumLength"/>.</param>
    /// <param name="sequence">Its sequence; of a duplicate, that of the first.</param>
    /// <param name="isDuplicate">Whether it was stored before.</param>
    /// <param name="written">How many bytes.</param>
    /// <returns>False when the output is too small.</returns>
    public bool TryWrite(Span<byte> output, ulong sequence, bool isDuplicate, out int written)
    {
        written = 0;
        ReadOnlySpan<byte> end = isDuplicate ? DuplicateEnd : "}"u8;
        if (!_start.AsSpan().TryCopyTo(output) || !Utf8Formatter.TryFormat(sequence, output[_start.Length..], out int digits)) return false;
        if (!end.TryCopyTo(output[(_start.Length + digits)..])) return false;
        written = _start.Length + digits + end.Length;
        return true;
    }

    /// <summary>Writes that a message is stored.</summary>
    public void Write(IBufferWriter<byte> output, ulong sequence, bool isDuplicate = false)
    {
        TryWrite(output.GetSpan(MaximumLength), sequence, isDuplicate, out int written);
        output.Advance(written);
    }

    /// <summary>Writes that a message of a counter is stored.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="sequence">Its sequence.</param>
    /// <param name="value">What the counter is now.</param>
    public void WriteCounter(IBufferWriter<byte> output, ulong sequence, string value)
    {
        WriteStart(output, sequence);
        Encoding.UTF8.GetBytes($",\"val\":{GoFormat.Quote(value)}}}", output);
    }

    /// <summary>Writes that a batch is stored.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="sequence">That of its last message.</param>
    /// <param name="batch">What its publisher calls it.</param>
    /// <param name="count">How many messages it had.</param>
    /// <param name="isDuplicate">Whether its only message was stored before.</param>
    public void WriteBatch(IBufferWriter<byte> output, ulong sequence, string batch, ulong count, bool isDuplicate = false)
    {
        WriteStart(output, sequence);
        Encoding.UTF8.GetBytes($"{(isDuplicate ? ",\"duplicate\": true" : "")},\"batch\":{GoFormat.Quote(batch)},\"count\":{count}}}", output);
    }

    /// <summary>Writes that a message or batch is refused.</summary>
    public void WriteError(IBufferWriter<byte> output, in ApiError error) => ApiAnswer.WriteObject(output, (Error: error, Stream: _stream), static (json, refusal) =>
    {
        json.WritePropertyName("error"u8);
        refusal.Error.Write(json);
        json.WriteString("stream"u8, refusal.Stream);
        json.WriteNumber("seq"u8, 0);
    });

    private void WriteStart(IBufferWriter<byte> output, ulong sequence)
    {
        Span<byte> span = output.GetSpan(_start.Length + LongestNumber);
        _start.CopyTo(span);
        Utf8Formatter.TryFormat(sequence, span[_start.Length..], out int digits);
        output.Advance(_start.Length + digits);
    }
}
