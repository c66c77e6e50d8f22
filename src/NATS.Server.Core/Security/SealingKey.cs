namespace NATS.Server.Core.Security;

/// <summary>
/// Owned by one user at a time. A key that encrypts and authenticates: what is sealed is the nonce, then as many bytes as the message has, then a tag.
/// </summary>
public abstract class SealingKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of a tag.</summary>
    public const int TagSize = 16;

    /// <summary>Bytes of a nonce.</summary>
    public abstract int NonceSize { get; }

    /// <summary>How much longer what is sealed is than the message.</summary>
    public int Overhead => NonceSize + TagSize;

    /// <summary>Seals a message.</summary>
    /// <param name="nonce">Random; never used before with this key.</param>
    /// <param name="message">Any length.</param>
    /// <param name="box">Takes the message's length and <see cref="Overhead"/>.</param>
    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> message, Span<byte> box)
    {
        if (nonce.Length != NonceSize) throw new ArgumentException($"a nonce has {NonceSize} bytes", nameof(nonce));
        if (box.Length != message.Length + Overhead) throw new ArgumentException("of another length", nameof(box));
        nonce.CopyTo(box);
        Span<byte> encrypted = box.Slice(NonceSize, message.Length);
        message.CopyTo(encrypted);
        Encrypt(nonce, encrypted, box[^TagSize..]);
    }

    /// <summary>Opens what was sealed.</summary>
    /// <param name="box">What <see cref="Seal"/> wrote; any length.</param>
    /// <param name="message">Takes the box's length less <see cref="Overhead"/>.</param>
    /// <returns>False when it is too short, or was not made with this key; the message is then all zeros.</returns>
    public bool TryOpen(ReadOnlySpan<byte> box, Span<byte> message)
    {
        if (box.Length < Overhead || message.Length != box.Length - Overhead) return false;
        box.Slice(NonceSize, message.Length).CopyTo(message);
        if (TryDecrypt(box[..NonceSize], message, box[^TagSize..])) return true;
        message.Clear();
        return false;
    }

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Encrypts in place and writes the tag.</summary>
    protected abstract void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag);

    /// <summary>Checks the tag in constant time, and decrypts in place.</summary>
    protected abstract bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag);

    /// <summary>Forgets the key.</summary>
    protected virtual void Dispose(bool isDisposing)
    {
    }
}
