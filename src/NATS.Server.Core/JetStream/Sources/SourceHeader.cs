using System.Text;

namespace NATS.Server.Core.JetStream.Sources;

/// <summary>Immutable. What the header <c>Nats-Stream-Source</c> of a message says: from which source of its stream it came, and which message it was there.</summary>
/// <param name="Stream">The name of the stream, with what stands for another domain.</param>
/// <param name="Index">The name of the source (<see cref="SourceNames.IndexOf"/>); empty in headers that old versions wrote.</param>
/// <param name="Sequence">In the other stream; 0 when it is not to be read.</param>
/// <param name="Identity">Which stream of that name it was; empty when it is not known.</param>
/// <remarks>Reference: nats-server stream.go streamAndSeq.</remarks>
public readonly record struct SourceHeader(string Stream, string Index, ulong Sequence, string Identity)
{
    // <stream> <sequence> <filters> <destinations> <subject> [<identity>]; before 2.10 <stream> <sequence>, before 2.2.3 the reply subject of the delivery.
    private const int ShortFields = 2;
    private const int IndexFields = 4;
    private const int IdentityField = 5;

    /// <summary>The header's key.</summary>
    public static ReadOnlySpan<byte> Key => "Nats-Stream-Source"u8;

    /// <summary>Reads the value of the header.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out SourceHeader header)
    {
        header = default;
        if (value.StartsWith("$JS.ACK."u8)) return TryParseReply(value, out header);
        string[] fields = Encoding.UTF8.GetString(value).Split(' ');
        if (fields.Length < ShortFields || fields.Length == ShortFields + 1) return false;
        ulong sequence = ulong.TryParse(fields[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong read) ? read : 0;
        header = fields.Length < IndexFields
            ? new SourceHeader(fields[0], "", sequence, "")
            : new SourceHeader(fields[0], $"{fields[0]} {fields[2]} {fields[3]}", sequence, fields.Length > IdentityField ? fields[IdentityField] : "");
        return true;
    }

    private static bool TryParseReply(ReadOnlySpan<byte> value, out SourceHeader header)
    {
        header = default;
        if (!Consumers.AckReply.TryParse(value, out Consumers.AckReply reply)) return false;
        string[] tokens = Encoding.UTF8.GetString(value).Split('.');
        bool isShort = tokens.Length == Consumers.AckReply.ShortTokens;
        header = new SourceHeader(isShort ? tokens[2] : tokens[4], "", reply.StreamSequence == Consumers.AckReply.NoNumber ? 0 : reply.StreamSequence, "");
        return true;
    }
}
