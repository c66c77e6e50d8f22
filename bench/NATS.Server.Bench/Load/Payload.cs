using System.Runtime.CompilerServices;

namespace NATS.Server.Bench.Load;

/// <summary>
/// The payload every message carries: sequence (8 bytes), publisher (4), filler, and the complement of the sequence in the last 8 bytes when it fits.
/// Head and tail are checked on every delivery, the filler on one in <see cref="BodyCheckInterval"/>.
/// </summary>
internal static unsafe class Payload
{
    public const int MinimumLength = 16;
    public const int BodyCheckInterval = 64;

    private const int PublisherOffset = 8;
    private const int FillerOffset = 12;
    private const int TailLength = 8;
    private const int MinimumLengthWithTail = 24;

    public static bool HasTail(int length) => length >= MinimumLengthWithTail;

    public static void Fill(Span<byte> payload, int publisher)
    {
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] = (byte)('a' + (i % 26));
        }

        BitConverter.TryWriteBytes(payload[PublisherOffset..], publisher);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stamp(byte* payload, int length, bool hasTail, long sequence)
    {
        Unsafe.WriteUnaligned(payload, sequence);
        if (hasTail)
        {
            Unsafe.WriteUnaligned(payload + length - TailLength, ~sequence);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sequence(byte* payload) => Unsafe.ReadUnaligned<long>(payload);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Publisher(byte* payload) => Unsafe.ReadUnaligned<uint>(payload + PublisherOffset);

    /// <summary>Whether tail and line end after <paramref name="payload"/> belong to <paramref name="sequence"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool EndsRight(byte* payload, int length, bool hasTail, long sequence) =>
        Unsafe.ReadUnaligned<ushort>(payload + length) == 0x0A0D
        && (!hasTail || Unsafe.ReadUnaligned<long>(payload + length - TailLength) == ~sequence);

    /// <summary>Whether the filler is what <see cref="Fill"/> wrote.</summary>
    public static bool BodyIsIntact(byte* payload, int length)
    {
        var end = HasTail(length) ? length - TailLength : length;
        for (var i = FillerOffset; i < end; i++)
        {
            if (payload[i] != (byte)('a' + (i % 26)))
            {
                return false;
            }
        }

        return true;
    }
}
