using System.Buffers.Binary;

namespace NATS.Server.Core.Security;

/// <summary>The one-time authenticator of RFC 8439, 2.5. Pure. Takes the same time for all keys and messages of a length.</summary>
internal static class Poly1305
{
    public const int KeySize = 32;
    public const int TagSize = 16;

    private const uint Mask = (1 << 26) - 1;

    /// <summary>Computes the tag of a message. A key must never authenticate two messages.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="message">Any length.</param>
    /// <param name="tag">Takes 16 bytes.</param>
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        // The clamped factor r, in five limbs of 26 bits; what lies above 2^130 comes back times 5.
        uint r0 = Read(key) & 0x3FFFFFF;
        uint r1 = (Read(key[3..]) >> 2) & 0x3FFFF03;
        uint r2 = (Read(key[6..]) >> 4) & 0x3FFC0FF;
        uint r3 = (Read(key[9..]) >> 6) & 0x3F03FFF;
        uint r4 = (Read(key[12..]) >> 8) & 0x00FFFFF;
        uint s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;

        uint h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0;
        Span<byte> padded = stackalloc byte[TagSize];
        while (message.Length > 0)
        {
            // A block counts with a 1 above its highest byte.
            scoped ReadOnlySpan<byte> block = message;
            uint top = 1 << 24;
            if (message.Length < TagSize)
            {
                padded.Clear();
                message.CopyTo(padded);
                padded[message.Length] = 1;
                block = padded;
                top = 0;
            }

            h0 += Read(block) & Mask;
            h1 += (Read(block[3..]) >> 2) & Mask;
            h2 += (Read(block[6..]) >> 4) & Mask;
            h3 += (Read(block[9..]) >> 6) & Mask;
            h4 += (Read(block[12..]) >> 8) | top;

            ulong d0 = ((ulong)h0 * r0) + ((ulong)h1 * s4) + ((ulong)h2 * s3) + ((ulong)h3 * s2) + ((ulong)h4 * s1);
            ulong d1 = ((ulong)h0 * r1) + ((ulong)h1 * r0) + ((ulong)h2 * s4) + ((ulong)h3 * s3) + ((ulong)h4 * s2);
            ulong d2 = ((ulong)h0 * r2) + ((ulong)h1 * r1) + ((ulong)h2 * r0) + ((ulong)h3 * s4) + ((ulong)h4 * s3);
            ulong d3 = ((ulong)h0 * r3) + ((ulong)h1 * r2) + ((ulong)h2 * r1) + ((ulong)h3 * r0) + ((ulong)h4 * s4);
            ulong d4 = ((ulong)h0 * r4) + ((ulong)h1 * r3) + ((ulong)h2 * r2) + ((ulong)h3 * r1) + ((ulong)h4 * r0);

            d1 += d0 >> 26;
            d2 += d1 >> 26;
            d3 += d2 >> 26;
            d4 += d3 >> 26;
            h0 = ((uint)d0 & Mask) + ((uint)(d4 >> 26) * 5);
            h1 = ((uint)d1 & Mask) + (h0 >> 26);
            h0 &= Mask;
            h2 = (uint)d2 & Mask;
            h3 = (uint)d3 & Mask;
            h4 = (uint)d4 & Mask;
            message = message[Math.Min(TagSize, message.Length)..];
        }

        // Carry once around.
        h2 += h1 >> 26;
        h1 &= Mask;
        h3 += h2 >> 26;
        h2 &= Mask;
        h4 += h3 >> 26;
        h3 &= Mask;
        h0 += (h4 >> 26) * 5;
        h4 &= Mask;
        h1 += h0 >> 26;
        h0 &= Mask;

        // h - p, that is h + 5 - 2^130, taken when it is not negative.
        uint g0 = h0 + 5;
        uint g1 = h1 + (g0 >> 26);
        uint g2 = h2 + (g1 >> 26);
        uint g3 = h3 + (g2 >> 26);
        uint g4 = h4 + (g3 >> 26) - (1 << 26);
        uint keep = (uint)((int)g4 >> 31);
        h0 = Choose(keep, h0, g0 & Mask);
        h1 = Choose(keep, h1, g1 & Mask);
        h2 = Choose(keep, h2, g2 & Mask);
        h3 = Choose(keep, h3, g3 & Mask);
        h4 = Choose(keep, h4, g4 & Mask);

        // Plus the second half of the key, modulo 2^128.
        ulong sum = (h0 | ((ulong)h1 << 26)) & uint.MaxValue;
        sum += Read(key[16..]);
        BinaryPrimitives.WriteUInt32LittleEndian(tag, (uint)sum);
        sum = (sum >> 32) + (((h1 >> 6) | ((ulong)h2 << 20)) & uint.MaxValue) + Read(key[20..]);
        BinaryPrimitives.WriteUInt32LittleEndian(tag[4..], (uint)sum);
        sum = (sum >> 32) + (((h2 >> 12) | ((ulong)h3 << 14)) & uint.MaxValue) + Read(key[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(tag[8..], (uint)sum);
        sum = (sum >> 32) + (((h3 >> 18) | ((ulong)h4 << 8)) & uint.MaxValue) + Read(key[28..]);
        BinaryPrimitives.WriteUInt32LittleEndian(tag[12..], (uint)sum);
    }

    private static uint Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static uint Choose(uint mask, uint ones, uint zeros) => zeros ^ (mask & (zeros ^ ones));
}
