using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Immutable. Writes the subjects on which one consumer hears from its clients: acknowledgements and answers to flow control.
/// </summary>
/// <remarks>Reference: nats-server consumer.go, the templates around ackReplyT and fcPre.</remarks>
public sealed class AckReplyFormat
{
    // Five numbers of up to twenty characters, and the dots before them.
    private const int NumbersLength = 5 * 21;
    private readonly byte[] _prefix;

    private AckReplyFormat(string names, string rest)
    {
        _prefix = Encoding.UTF8.GetBytes("$JS.ACK." + names);
        AckSubject = $"$JS.ACK.{names}.{rest}";
        FlowControlPrefix = $"$JS.FC.{names}.";
    }

    /// <summary>What the consumer subscribes to for acknowledgements.</summary>
    public string AckSubject { get; }

    /// <summary>A token behind it makes the reply of a flow control message.</summary>
    public string FlowControlPrefix { get; }

    /// <summary>What the consumer subscribes to for answers to flow control.</summary>
    public string FlowControlSubject => FlowControlPrefix + "*";

    /// <summary>The bytes that <see cref="Write"/> needs room for.</summary>
    public int MaximumLength => _prefix.Length + NumbersLength;

    /// <summary>The format that every client knows.</summary>
    public static AckReplyFormat First(string stream, string consumer) => new($"{stream}.{consumer}", "*.*.*.*.*");

    /// <summary>The format that can cross accounts and domains.</summary>
    /// <param name="domain">Null or empty: the server has none.</param>
    /// <param name="account">Its name, of which the subject gets a hash.</param>
    /// <param name="stream">Its name.</param>
    /// <param name="consumer">Its name.</param>
    public static AckReplyFormat Second(string? domain, string account, string stream, string consumer) =>
        new($"{(string.IsNullOrEmpty(domain) ? "_" : domain)}.{NameHash.Of(account)}.{stream}.{consumer}", "*.*.*.*.>");

    /// <summary>Writes the reply subject of a delivery. Allocates nothing.</summary>
    /// <param name="reply">The delivery.</param>
    /// <param name="output">At least <see cref="MaximumLength"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public int Write(in AckReply reply, Span<byte> output)
    {
        _prefix.CopyTo(output);
        int length = _prefix.Length;
        Append(output, ref length, reply.Deliveries);
        Append(output, ref length, reply.StreamSequence);
        Append(output, ref length, reply.ConsumerSequence);
        output[length++] = (byte)'.';
        bool fits = Utf8Formatter.TryFormat(reply.TimeNs, output[length..], out int written);
        Debug.Assert(fits, "the room was promised");
        length += written;
        Append(output, ref length, reply.Pending);
        return length;
    }

    private static void Append(Span<byte> output, ref int length, ulong number)
    {
        output[length++] = (byte)'.';
        bool fits = Utf8Formatter.TryFormat(number, output[length..], out int written);
        Debug.Assert(fits, "the room was promised");
        length += written;
    }
}
