using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Security;

/// <summary>A public nkey: a role and 32 bytes. Immutable, compared by value. The default value is no key.</summary>
/// <remarks>Text form: 56 characters, the first of which is the letter of the role.</remarks>
public readonly record struct Nkey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>Characters of a text.</summary>
    public const int TextLength = 56;

    private const int RawSize = 1 + Size + NkeyText.ChecksumSize;

    private readonly Vector256<byte> _bytes;

    /// <summary>A key from its bytes, 32 of them.</summary>
    public Nkey(NkeyRole role, ReadOnlySpan<byte> bytes)
    {
        if (!IsRole((char)role)) throw new ArgumentException("a key has a role", nameof(role));
        if (bytes.Length != Size) throw new ArgumentException("a public key has 32 bytes", nameof(bytes));
        Role = role;
        _bytes = Vector256.Create(bytes);
    }

    public NkeyRole Role { get; }

    /// <summary>The 32 bytes, valid as long as the variable that holds the key.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<Vector256<byte>>(in _bytes));

    /// <summary>Reads the text of a public key of any role.</summary>
    /// <returns>False for everything but the 56 characters of a key: other lengths, lower case, blanks, a wrong checksum, seeds and private keys.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Nkey key)
    {
        key = default;
        Span<byte> raw = stackalloc byte[RawSize];
        if (!NkeyText.TryDecode(text, raw) || !IsRole(text[0]) || raw[0] != NkeyText.LeadingByte(text[0])) return false;
        key = new Nkey((NkeyRole)text[0], raw.Slice(1, Size));
        return true;
    }

    /// <summary>Reads the text of a public key of one role.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, NkeyRole role, out Nkey key)
    {
        if (TryParse(text, out key) && key.Role == role) return true;
        key = default;
        return false;
    }

    /// <summary>Reads the text of a public key of any role from bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Nkey key) => TryParse(NkeyText.Widen(text, stackalloc char[TextLength]), out key);

    /// <summary>Reads the text of a public key of one role from bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, NkeyRole role, out Nkey key) =>
        TryParse(NkeyText.Widen(text, stackalloc char[TextLength]), role, out key);

    /// <summary>Whether a text is a public key of this role.</summary>
    public static bool IsValid(ReadOnlySpan<char> text, NkeyRole role) => TryParse(text, role, out _);

    /// <summary>Whether the holder of this key has signed the message.</summary>
    /// <returns>False also for a signature of another length than 64, for a key that cannot sign, and for no key.</returns>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Role is not (NkeyRole.None or NkeyRole.Curve) && Ed25519.Verify(Bytes, message, signature);

    /// <summary>The text; empty for no key.</summary>
    public override string ToString() => Role == NkeyRole.None ? "" : string.Create(TextLength, this, static (text, key) => key.WriteText(text));

    private static bool IsRole(char letter) => letter is 'A' or 'C' or 'N' or 'O' or 'U' or 'X';

    private void WriteText(Span<char> text)
    {
        Span<byte> raw = stackalloc byte[RawSize];
        raw[0] = NkeyText.LeadingByte((char)Role);
        Bytes.CopyTo(raw[1..]);
        NkeyText.Encode(raw, text);
    }
}
