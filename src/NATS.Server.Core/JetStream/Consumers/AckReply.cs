using System.Buffers.Text;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Pure. What the reply subject of a delivered message says, <c>$JS.ACK.…</c>: whoever acknowledges publishes to it, and so brings it back.
/// </summary>
/// <param name="Deliveries">The how manieth delivery of the message it was, 1 for the first.</param>
/// <param name="StreamSequence">Of the message.</param>
/// <param name="ConsumerSequence">Of the delivery.</param>
/// <param name="TimeNs">When the message was stored, nanoseconds since 1970.</param>
/// <param name="Pending">How many messages the consumer had still to deliver.</param>
/// <remarks>Reference: nats-server consumer.go ackReplyInfo.</remarks>
public readonly record struct AckReply(ulong Deliveries, ulong StreamSequence, ulong ConsumerSequence, long TimeNs, ulong Pending)
{
    /// <summary>Stands where the subject has no number, or one that no sequence can have. The reference reads -1 there.</summary>
    public const ulong NoNumber = ulong.MaxValue;

    /// <summary>How many tokens a subject of the first format has.</summary>
    public const int ShortTokens = 9;

    private const int SecondFormatTokens = 11;

    private static ReadOnlySpan<byte> Prefix => "$JS.ACK."u8;

    /// <summary>Reads a subject of either format.</summary>
    /// <param name="subject">From a client: anything.</param>
    /// <param name="reply">Tokens that are no number are <see cref="NoNumber"/>, the time -1.</param>
    /// <returns>False when the subject has another shape. The names in it are not looked at: who received it has subscribed to his own.</returns>
    public static bool TryParse(ReadOnlySpan<byte> subject, out AckReply reply)
    {
        // $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>
        // $JS.ACK.<domain or _>.<account hash>.<stream>.<consumer>.<deliveries>.<…>.<pending>[.<anything>]
        reply = default;
        if (!subject.StartsWith(Prefix)) return false;
        int tokens = subject.Count((byte)'.') + 1;
        if (tokens != ShortTokens && tokens < SecondFormatTokens) return false;
        ReadOnlySpan<byte> rest = subject[Prefix.Length..];
        for (int names = tokens == ShortTokens ? 2 : 4; names > 0; names--) TakeToken(ref rest);
        ulong deliveries = TakeNumber(ref rest);
        ulong streamSequence = TakeNumber(ref rest);
        ulong consumerSequence = TakeNumber(ref rest);
        long timeNs = unchecked((long)TakeNumber(ref rest));
        reply = new AckReply(deliveries, streamSequence, consumerSequence, timeNs, TakeNumber(ref rest));
        return true;
    }

    /// <summary>The name of the consumer in a subject of either format; empty when it has another shape.</summary>
    public static ReadOnlySpan<byte> ConsumerOf(ReadOnlySpan<byte> subject)
    {
        if (!subject.StartsWith(Prefix)) return default;
        int tokens = subject.Count((byte)'.') + 1;
        if (tokens != ShortTokens && tokens < SecondFormatTokens) return default;
        ReadOnlySpan<byte> rest = subject[Prefix.Length..];
        for (int names = tokens == ShortTokens ? 1 : 3; names > 0; names--) TakeToken(ref rest);
        return TakeToken(ref rest);
    }

    private static ReadOnlySpan<byte> TakeToken(scoped ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)'.');
        ReadOnlySpan<byte> token = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return token;
    }

    // Digits only, and not more than 63 bits: the reference wraps around there, which would make sequences out of nonsense.
    private static ulong TakeNumber(ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> token = TakeToken(ref rest);
        if (token.IsEmpty || token[0] is < (byte)'0' or > (byte)'9') return NoNumber;
        return Utf8Parser.TryParse(token, out long number, out int read) && read == token.Length ? (ulong)number : NoNumber;
    }
}
