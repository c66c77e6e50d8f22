using System.Text;
using NATS.Server.Core.Security;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Texts of nkeys and signatures: what is read is written the same, and there is one text for a key.</summary>
internal sealed class NkeyTarget : IFuzzTarget
{
    public string Name => "nkeys";

    // The first use of the curve computes its tables.
    public long BaseAllocation => 256 * 1024;

    public int AllocationPerByte => 8;

    public string? Run(byte[] input, Random random)
    {
        string text = Encoding.Latin1.GetString(input);
        bool isKey = Nkey.TryParse(input, out Nkey key);
        if (isKey != Nkey.TryParse(text, out Nkey same) || key != same) return "bytes and characters are read differently";
        if (isKey && key.ToString() != text) return "the text of the key changed";
        bool isSeed = NkeyPair.TryParseSeed(input, out NkeyPair? pair);
        if (isSeed != NkeyPair.TryParseSeed(text, out _)) return "bytes and characters of a seed are read differently";
        if (isKey && isSeed) return "a key is a seed";
        if (pair is not null && SeedOf(pair) != text) return "the text of the seed changed";
        return CheckWithRightChecksum(input) ?? CheckSignature(input);
    }

    // Most inputs fail at the checksum; here it is right.
    private static string? CheckWithRightChecksum(byte[] input)
    {
        if (input.Length > 100) return null;
        byte[] raw = [.. input, 0, 0];
        char[] text = new char[Base32.LengthOf(raw.Length)];
        NkeyText.Encode(raw, text);
        byte[] decoded = new byte[raw.Length];
        if (!NkeyText.TryDecode(text, decoded) || !decoded.AsSpan().SequenceEqual(raw)) return "what was encoded is not decoded";
        if (Nkey.TryParse(text, out Nkey key) && key.ToString() != new string(text)) return "the text of the key changed";
        if (NkeyPair.TryParseSeed(text, out NkeyPair? pair) && SeedOf(pair) != new string(text)) return "the text of the seed changed";
        return null;
    }

    // A key, a signature, and the rest is the message.
    private static string? CheckSignature(byte[] input)
    {
        ReadOnlySpan<byte> key = input.AsSpan(0, Math.Min(input.Length, Ed25519.PublicKeySize));
        ReadOnlySpan<byte> rest = input.AsSpan(key.Length);
        ReadOnlySpan<byte> signature = rest[..Math.Min(rest.Length, Ed25519.SignatureSize)];
        if (!Ed25519.Verify(key, rest[signature.Length..], signature)) return null;
        byte[] changed = signature.ToArray();
        changed[^1] ^= 0x10;
        return Ed25519.Verify(key, rest[signature.Length..], changed) ? "a changed signature is good" : null;
    }

    private static string SeedOf(NkeyPair pair)
    {
        char[] text = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(text);
        return new string(text);
    }
}
