using System.Buffers.Binary;
using System.Numerics;

namespace NATS.Server.Core.Hashing;

/// <summary>Immutable, thread-safe. A key of 256 bits, made ready for many hashes.</summary>
public sealed class HighwayHashKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Length = 32;

    private readonly HighwayState _initial;

    /// <summary>Prepares a key.</summary>
    /// <param name="key">Exactly <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public HighwayHashKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Length) throw new ArgumentException($"a key has {Length} bytes", nameof(key));
        ReadOnlySpan<ulong> first = [0xDBE6D5D5FE4CCE2F, 0xA4093822299F31D0, 0x13198A2E03707344, 0x243F6A8885A308D3];
        ReadOnlySpan<ulong> second = [0x3BD39E10CB0EF593, 0xC0ACF169B5F18A8C, 0xBE5466CF34E90C6C, 0x452821E638D01377];
        Span<ulong> lanes = _initial;
        for (int i = 0; i < 4; i++)
        {
            ulong part = BinaryPrimitives.ReadUInt64LittleEndian(key[(i * sizeof(ulong))..]);
            lanes[i] = part ^ first[i];
            lanes[4 + i] = BitOperations.RotateLeft(part, 32) ^ second[i];
            lanes[8 + i] = first[i];
            lanes[12 + i] = second[i];
        }
    }

    /// <summary>The state before the first byte.</summary>
    internal ref readonly HighwayState Initial => ref _initial;
}
