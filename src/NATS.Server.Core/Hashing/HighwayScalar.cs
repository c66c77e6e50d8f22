using System.Buffers.Binary;
using System.Numerics;

namespace NATS.Server.Core.Hashing;

/// <summary>Pure. HighwayHash one lane at a time, for machines without wide vectors; also what the vector code is tested against.</summary>
internal static class HighwayScalar
{
    /// <summary>Takes in whole packets.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="packets">A multiple of <see cref="HighwayPacket.Length"/> bytes.</param>
    public static void Update(ref HighwayState state, ReadOnlySpan<byte> packets)
    {
        Span<ulong> packet = stackalloc ulong[4];
        for (; packets.Length >= HighwayPacket.Length; packets = packets[HighwayPacket.Length..])
        {
            for (int i = 0; i < packet.Length; i++)
            {
                packet[i] = BinaryPrimitives.ReadUInt64LittleEndian(packets[(i * sizeof(ulong))..]);
            }

            Update(state, packet);
        }
    }

    /// <summary>Takes in what is left and makes the hash.</summary>
    /// <param name="state">Not changed.</param>
    /// <param name="rest">Less than a packet.</param>
    public static ulong Finish(in HighwayState state, ReadOnlySpan<byte> rest)
    {
        HighwayState last = state;
        Span<ulong> lanes = last;
        if (!rest.IsEmpty) UpdateRest(ref last, rest);
        Span<ulong> permuted = stackalloc ulong[4];
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < permuted.Length; i++)
            {
                permuted[i] = BitOperations.RotateLeft(lanes[(i + 2) & 3], 32);
            }

            Update(lanes, permuted);
        }

        return unchecked(lanes[0] + lanes[4] + lanes[8] + lanes[12]);
    }

    private static void UpdateRest(ref HighwayState state, ReadOnlySpan<byte> rest)
    {
        Span<ulong> lanes = state;
        uint length = (uint)rest.Length;
        for (int i = 0; i < 4; i++)
        {
            unchecked
            {
                lanes[i] += ((ulong)length << 32) + length;
                uint low = BitOperations.RotateLeft((uint)lanes[4 + i], (int)length);
                uint high = BitOperations.RotateLeft((uint)(lanes[4 + i] >> 32), (int)length);
                lanes[4 + i] = ((ulong)high << 32) | low;
            }
        }

        // Whole words stay where they are. The last bytes go to the end, or, when half the packet is free, to its middle.
        HighwayPacket padded = default;
        Span<byte> packet = padded;
        int words = rest.Length & ~3;
        int odd = rest.Length & 3;
        rest[..words].CopyTo(packet);
        if (rest.Length >= 16)
        {
            rest[^4..].CopyTo(packet[28..]);
        }
        else if (odd > 0)
        {
            packet[16] = rest[words];
            packet[17] = rest[words + (odd >> 1)];
            packet[18] = rest[^1];
        }

        Update(ref state, packet);
    }

    private static void Update(Span<ulong> lanes, ReadOnlySpan<ulong> packet)
    {
        unchecked
        {
            for (int i = 0; i < 4; i++)
            {
                lanes[4 + i] += lanes[8 + i] + packet[i];
                lanes[8 + i] ^= (lanes[4 + i] & uint.MaxValue) * (lanes[i] >> 32);
                lanes[i] += lanes[12 + i];
                lanes[12 + i] ^= (lanes[i] & uint.MaxValue) * (lanes[4 + i] >> 32);
            }

            Merge(lanes[4..], lanes);
            Merge(lanes[6..], lanes[2..]);
            Merge(lanes, lanes[4..]);
            Merge(lanes[2..], lanes[6..]);
        }
    }

    // Adds the bytes of two lanes, shuffled so that those the multiplications mixed best meet those they mixed worst.
    private static void Merge(ReadOnlySpan<ulong> from, Span<ulong> to)
    {
        ReadOnlySpan<byte> order = [3, 12, 2, 5, 14, 1, 15, 0, 11, 4, 10, 13, 9, 6, 8, 7];
        ulong low = 0;
        ulong high = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            low |= ByteOf(from, order[i]) << (8 * i);
            high |= ByteOf(from, order[sizeof(ulong) + i]) << (8 * i);
        }

        unchecked
        {
            to[0] += low;
            to[1] += high;
        }
    }

    private static ulong ByteOf(ReadOnlySpan<ulong> lanes, int index) => (lanes[index >> 3] >> (8 * (index & 7))) & byte.MaxValue;
}
