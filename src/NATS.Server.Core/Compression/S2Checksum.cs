using System.Buffers.Binary;
using System.Numerics;

namespace NATS.Server.Core.Compression;

/// <summary>Pure. CRC-32C, masked as streams carry it.</summary>
internal static class S2Checksum
{
    /// <summary>The checksum of a block before compression.</summary>
    public static uint Of(ReadOnlySpan<byte> block)
    {
        uint crc = uint.MaxValue;
        for (; block.Length >= sizeof(ulong); block = block[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(block));
        }

        foreach (byte b in block)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return unchecked(BitOperations.RotateRight(~crc, 15) + 0xA282EAD8);
    }
}
