using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace NATS.Server.Disks;

/// <summary>Thread-safe. The system's cryptographic source of chance as a <see cref="Random"/>, for seeds, nonces and noise.</summary>
internal sealed class SecureRandom : Random
{
    public static readonly SecureRandom Instance = new();

    private SecureRandom()
    {
    }

    public override int Next() => RandomNumberGenerator.GetInt32(int.MaxValue);

    public override int Next(int maxValue) => maxValue == 0 ? 0 : RandomNumberGenerator.GetInt32(maxValue);

    public override int Next(int minValue, int maxValue) => minValue == maxValue ? minValue : RandomNumberGenerator.GetInt32(minValue, maxValue);

    public override long NextInt64() => NextInt64(long.MaxValue);

    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        ulong range = (ulong)maxValue - (ulong)minValue;
        if (range == 0) return minValue;

        // Numbers with as many bits as the greatest result are drawn until one is below the range: twice on average at most.
        ulong mask = ulong.MaxValue >> BitOperations.LeadingZeroCount(Math.Max(range - 1, 1));
        while (true)
        {
            ulong drawn = NextUInt64() & mask;
            if (drawn < range) return (long)((ulong)minValue + drawn);
        }
    }

    public override double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    public override float NextSingle() => (NextUInt64() >> 40) * (1.0f / (1U << 24));

    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    protected override double Sample() => NextDouble();

    private static ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
