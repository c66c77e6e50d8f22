using System.Numerics;

namespace NATS.Server.Core.Security;

/// <summary>Pure. What all stream ciphers do with the bytes they make.</summary>
internal static class KeyStream
{
    /// <summary>Combines data with as many bytes of a key stream, in place.</summary>
    public static void Combine(Span<byte> data, ReadOnlySpan<byte> stream)
    {
        int at = 0;
        for (; data.Length - at >= Vector<byte>.Count; at += Vector<byte>.Count)
        {
            (new Vector<byte>(data[at..]) ^ new Vector<byte>(stream[at..])).CopyTo(data[at..]);
        }

        for (; at < data.Length; at++)
        {
            data[at] ^= stream[at];
        }
    }
}
