using System.Text;
using System.Text.Json;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. The payload of an acknowledgement, without its headers; lives as long as the bytes it was read from.</summary>
/// <remarks>
/// Words are compared with their case and without trimming; what follows them without a space belongs to them already, so that <c>-NAKED</c> is a
/// <c>-NAK</c> with a bad delay. Reference: nats-server consumer.go processAck and processNak.
/// </remarks>
public readonly ref struct AckPayload
{
    private const int MaximumDepth = 10_000;
    private const int MaximumDelayLength = 256;

    private AckPayload(AckKind kind, ReadOnlySpan<byte> argument)
    {
        Kind = kind;
        Argument = argument;
    }

    public AckKind Kind { get; }

    /// <summary>What stands behind the word, without white space around it: a delay, the body of a pull request, or a reason in words.</summary>
    public ReadOnlySpan<byte> Argument { get; }

    public static AckPayload Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty || payload.SequenceEqual("+ACK"u8) || payload.SequenceEqual("+OK"u8)) return new AckPayload(AckKind.Ack, default);
        if (payload.SequenceEqual("+WPI"u8)) return new AckPayload(AckKind.Progress, default);
        if (payload.StartsWith("+NXT"u8)) return new AckPayload(AckKind.Next, WhiteSpace.Trim(payload["+NXT"u8.Length..]));
        if (payload.StartsWith("-NAK"u8)) return new AckPayload(AckKind.Nak, WhiteSpace.Trim(payload["-NAK"u8.Length..]));
        if (payload.StartsWith("+TERM"u8)) return new AckPayload(AckKind.Term, WhiteSpace.Trim(payload["+TERM"u8.Length..]));
        return new AckPayload(AckKind.Unknown, default);
    }

    /// <summary>Reads the delay of a <see cref="AckKind.Nak"/>: <c>{"delay": nanoseconds}</c>, or a duration as Go writes them.</summary>
    /// <param name="delayNs">Nanoseconds, to 100 exactly; may be negative.</param>
    public NakDelay ReadDelay(out long delayNs)
    {
        delayNs = 0;
        if (Argument.IsEmpty) return NakDelay.None;
        bool isRead = Argument[0] == '{' ? TryReadObject(Argument, out delayNs) : TryReadDuration(Argument, out delayNs);
        return isRead ? NakDelay.Given : NakDelay.Invalid;
    }

    private static bool TryReadDuration(ReadOnlySpan<byte> text, out long delayNs)
    {
        delayNs = 0;
        if (text.Length > MaximumDelayLength || !GoDuration.TryParse(Encoding.UTF8.GetString(text), out TimeSpan delay, out _)) return false;
        delayNs = delay.Ticks * TimeSpan.NanosecondsPerTick;
        return true;
    }

    // Names are compared without their case, the last one counts, null says nothing.
    private static bool TryReadObject(ReadOnlySpan<byte> json, out long delayNs)
    {
        delayNs = 0;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        bool isValid = true;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isDelay = IsDelay(ref reader);
                reader.Read();
                if (isDelay && reader.TokenType == JsonTokenType.Number) isValid &= reader.TryGetInt64(out delayNs);
                else if (isDelay && reader.TokenType != JsonTokenType.Null) isValid = false;
                reader.Skip();
            }

            // Anything behind the object makes it invalid.
            reader.Read();
            return isValid;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // The second is said of names with half a character in them.
            return false;
        }
    }

    private static bool IsDelay(ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped) return reader.GetString()!.Equals("delay", StringComparison.OrdinalIgnoreCase);
        return Ascii.EqualsIgnoreCase(reader.ValueSpan, "delay"u8);
    }
}
