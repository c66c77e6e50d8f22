using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>
/// A seed and its public key. Thread-safe until it is wiped. The seed leaves it only through <see cref="ExportSeed"/>; <see cref="ToString"/> is the public
/// key.
/// </summary>
public sealed class NkeyPair
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedSize = 32;

    /// <summary>Characters of the text of a seed.</summary>
    public const int SeedTextLength = 58;

    /// <summary>Bytes of the nonce of a sealed message.</summary>
    public const int NonceSize = SecretBox.NonceSize;

    private const int RawSize = 2 + SeedSize + NkeyText.ChecksumSize;

    private readonly byte[] _seed;
    private readonly string _publicText;
    private bool _isWiped;

    private NkeyPair(NkeyRole role, ReadOnlySpan<byte> seed)
    {
        // Pinned, so that the collector leaves no copies behind.
        _seed = GC.AllocateArray<byte>(SeedSize, pinned: true);
        seed.CopyTo(_seed);
        Span<byte> publicKey = stackalloc byte[Nkey.Size];
        if (role == NkeyRole.Curve) X25519.DerivePublicKey(seed, publicKey);
        else Ed25519.DerivePublicKey(seed, publicKey);
        PublicKey = new Nkey(role, publicKey);
        _publicText = PublicKey.ToString();
    }

    public NkeyRole Role => PublicKey.Role;

    public Nkey PublicKey { get; }

    /// <summary>Makes a pair from 32 random bytes, which become its seed.</summary>
    public static NkeyPair Create(NkeyRole role, ReadOnlySpan<byte> entropy)
    {
        if (entropy.Length != SeedSize) throw new ArgumentException("a seed has 32 bytes", nameof(entropy));
        return new NkeyPair(role, entropy);
    }

    /// <summary>Reads the text of a seed of any role.</summary>
    /// <returns>False for everything but the 58 characters of a seed.</returns>
    public static bool TryParseSeed(ReadOnlySpan<char> text, [NotNullWhen(true)] out NkeyPair? pair)
    {
        pair = null;
        Span<byte> raw = stackalloc byte[RawSize];
        if (!NkeyText.TryDecode(text, raw)) return false;

        // Five bits that spell S, five that spell the role, six that are zero.
        NkeyRole role = (NkeyRole)text[1];
        if (text[0] == 'S' && IsRole(role) && (raw[1] & 0x3F) == 0) pair = new NkeyPair(role, raw.Slice(2, SeedSize));
        CryptographicOperations.ZeroMemory(raw);
        return pair is not null;
    }

    /// <summary>Reads the text of a seed of any role from bytes.</summary>
    public static bool TryParseSeed(ReadOnlySpan<byte> text, [NotNullWhen(true)] out NkeyPair? pair)
    {
        Span<char> buffer = stackalloc char[SeedTextLength];
        bool isSeed = TryParseSeed(NkeyText.Widen(text, buffer), out pair);
        CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer));
        return isSeed;
    }

    /// <summary>Writes the text of the seed: a secret, which the caller wipes.</summary>
    /// <param name="text">Takes <see cref="SeedTextLength"/> characters.</param>
    public void ExportSeed(Span<char> text)
    {
        if (text.Length != SeedTextLength) throw new ArgumentException("the text of a seed has 58 characters", nameof(text));
        RequireSeed();
        Span<byte> raw = stackalloc byte[RawSize];
        int role = NkeyText.LeadingByte((char)Role);
        raw[0] = (byte)(NkeyText.LeadingByte('S') | (role >> 5));
        raw[1] = (byte)(role << 3);
        _seed.CopyTo(raw[2..]);
        NkeyText.Encode(raw, text);
        CryptographicOperations.ZeroMemory(raw);
    }

    /// <summary>Signs a message; 64 bytes.</summary>
    /// <exception cref="InvalidOperationException">The pair is one for encryption, or was wiped.</exception>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[Ed25519.SignatureSize];
        Sign(message, signature);
        return signature;
    }

    /// <summary>Signs a message.</summary>
    /// <param name="message">Any length.</param>
    /// <param name="signature">Takes 64 bytes.</param>
    /// <exception cref="InvalidOperationException">The pair is one for encryption, or was wiped.</exception>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (Role == NkeyRole.Curve) throw new InvalidOperationException("curve keys do not sign");
        RequireSeed();
        Nkey publicKey = PublicKey;
        Ed25519.Sign(_seed, publicKey.Bytes, message, signature);
    }

    /// <summary>Encrypts a message so that only the recipient can read it and knows that it is from this pair.</summary>
    /// <param name="message">Any length; the result is 44 bytes longer.</param>
    /// <param name="recipient">A public curve key.</param>
    /// <param name="nonce">24 random bytes, never used before between the two.</param>
    /// <param name="sealedMessage">The text <c>xkv1</c>, the nonce, a tag and the encrypted message.</param>
    /// <returns>False when the recipient's key is no curve key, or one that would make the message readable for everybody.</returns>
    /// <exception cref="InvalidOperationException">The pair is one for signing, or was wiped.</exception>
    public bool TrySeal(ReadOnlySpan<byte> message, Nkey recipient, ReadOnlySpan<byte> nonce, [NotNullWhen(true)] out byte[]? sealedMessage)
    {
        RequireCurve();
        if (nonce.Length != NonceSize) throw new ArgumentException("a nonce has 24 bytes", nameof(nonce));
        sealedMessage = recipient.Role == NkeyRole.Curve ? CurveBox.Seal(_seed, recipient.Bytes, nonce, message) : null;
        return sealedMessage is not null;
    }

    /// <summary>Decrypts what the sender sealed for this pair.</summary>
    /// <returns>False when it is damaged, from somebody else, for somebody else, or of another form.</returns>
    /// <exception cref="InvalidOperationException">The pair is one for signing, or was wiped.</exception>
    public bool TryOpen(ReadOnlySpan<byte> sealedMessage, Nkey sender, [NotNullWhen(true)] out byte[]? message)
    {
        RequireCurve();
        message = null;
        return sender.Role == NkeyRole.Curve && CurveBox.TryOpen(_seed, sender.Bytes, sealedMessage, out message);
    }

    /// <summary>Overwrites the seed; the pair can do nothing more.</summary>
    public void Wipe()
    {
        _isWiped = true;
        CryptographicOperations.ZeroMemory(_seed);
    }

    /// <summary>The text of the public key.</summary>
    public override string ToString() => _publicText;

    private static bool IsRole(NkeyRole role) =>
        role is NkeyRole.Account or NkeyRole.Cluster or NkeyRole.Server or NkeyRole.Operator or NkeyRole.User or NkeyRole.Curve;

    private void RequireCurve()
    {
        if (Role != NkeyRole.Curve) throw new InvalidOperationException("only curve keys encrypt");
        RequireSeed();
    }

    private void RequireSeed()
    {
        if (_isWiped) throw new InvalidOperationException("the seed was wiped");
    }
}
