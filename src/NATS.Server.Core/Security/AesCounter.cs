using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>Owned by one user at a time. AES in counter mode (NIST SP 800-38A, 6.5), from any place of the key stream.</summary>
internal sealed class AesCounter : IDisposable
{
    public const int BlockSize = 16;

    private const int BatchSize = 4096;

    private readonly ICryptoTransform _encryptor;
    private readonly byte[] _counters = new byte[BatchSize];
    private readonly byte[] _stream = new byte[BatchSize];

    /// <summary>Takes a key.</summary>
    /// <param name="key">16, 24 or 32 bytes.</param>
    public AesCounter(ReadOnlySpan<byte> key)
    {
        using var aes = Aes.Create();
        aes.Mode = CipherMode.ECB; // The counters are different in each block, and they are all that is encrypted.
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        _encryptor = aes.CreateEncryptor();
    }

    /// <summary>Encrypts one block.</summary>
    public void EncryptBlock(ReadOnlySpan<byte> block, Span<byte> encrypted)
    {
        block[..BlockSize].CopyTo(_counters);
        _encryptor.TransformBlock(_counters, 0, BlockSize, _stream, 0);
        _stream.AsSpan(0, BlockSize).CopyTo(encrypted);
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="first">16 bytes: the first block of the whole key stream, a number of 128 bits, big-endian.</param>
    /// <param name="offset">How far into the key stream the data begins.</param>
    /// <param name="data">Any length.</param>
    /// <param name="wrapsAt32Bits">Counts in the last four bytes only, as GCM does.</param>
    public void Apply(ReadOnlySpan<byte> first, long offset, Span<byte> data, bool wrapsAt32Bits = false)
    {
        var counter = BinaryPrimitives.ReadUInt128BigEndian(first);
        counter = Advance(counter, (ulong)(offset / BlockSize), wrapsAt32Bits);
        int skipped = (int)(offset % BlockSize);
        while (!data.IsEmpty)
        {
            int size = Math.Min(data.Length, BatchSize - skipped);
            int used = (skipped + size + BlockSize - 1) & -BlockSize;
            for (int at = 0; at < used; at += BlockSize)
            {
                BinaryPrimitives.WriteUInt128BigEndian(_counters.AsSpan(at), counter);
                counter = Advance(counter, 1, wrapsAt32Bits);
            }

            _encryptor.TransformBlock(_counters, 0, used, _stream, 0);
            KeyStream.Combine(data[..size], _stream.AsSpan(skipped));
            data = data[size..];
            skipped = 0;
        }
    }

    public void Dispose()
    {
        _encryptor.Dispose();
        CryptographicOperations.ZeroMemory(_stream);
    }

    private static UInt128 Advance(UInt128 counter, ulong blocks, bool wrapsAt32Bits) => unchecked(
        wrapsAt32Bits ? ((counter >> 32) << 32) | (uint)((uint)counter + (uint)blocks) : counter + blocks);
}
