using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Compression;

/// <summary>Pure. Reads S2 and Snappy blocks: raft proposals and snapshots, and what is inside the chunks of a stream.</summary>
public static class S2Block
{
    private const int WideCopy = 16;
    private const int LongestLength = 5;

    /// <summary>Reads how long a block is when decompressed: to be compared with a limit before memory is taken.</summary>
    /// <param name="block">A whole block, or its beginning.</param>
    /// <param name="length">Bytes after decompression.</param>
    /// <param name="headerLength">Bytes that the length takes at the beginning of the block.</param>
    /// <returns>False when there is no length, or none that fits 31 bits.</returns>
    public static bool TryGetLength(ReadOnlySpan<byte> block, out int length, out int headerLength)
    {
        ulong value = 0;
        for (int i = 0; i < block.Length && i < LongestLength; i++)
        {
            value |= (ulong)(block[i] & 0x7F) << (7 * i);
            if (block[i] >= 0x80) continue;
            length = (int)Math.Min(value, int.MaxValue);
            headerLength = i + 1;
            return value <= int.MaxValue;
        }

        length = 0;
        headerLength = 0;
        return false;
    }

    /// <summary>Decompresses a block.</summary>
    /// <param name="block">All of it, with its length at the beginning.</param>
    /// <param name="output">Exactly as long as <see cref="TryGetLength"/> says. Undefined after a failure.</param>
    /// <returns>False when the block is damaged.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> block, Span<byte> output) =>
        TryGetLength(block, out int length, out int headerLength) && length == output.Length && TryDecodeBody(block[headerLength..], output);

    /// <summary>Decompresses a damaged block as far as that goes, whatever its length says. What is not reached stays as it was.</summary>
    /// <returns>Whether all of it was reached.</returns>
    internal static bool DecodePart(ReadOnlySpan<byte> block, Span<byte> output) =>
        TryGetLength(block, out _, out int headerLength) && TryDecodeBody(block[headerLength..], output);

    // A tag, then what it names: bytes to take from the block, or a length and how far back they were seen. Every length is checked against what is
    // left of both sides before anything is touched; copies of sixteen bytes are made only where both have room for them.
    private static bool TryDecodeBody(ReadOnlySpan<byte> block, Span<byte> output)
    {
        ref byte source = ref MemoryMarshal.GetReference(block);
        ref byte target = ref MemoryMarshal.GetReference(output);
        int end = block.Length;
        int outputEnd = output.Length;
        int at = 0;
        int written = 0;
        uint offset = 0;
        while (at < end)
        {
            uint tag = Unsafe.Add(ref source, at);
            uint length = tag >> 2;
            switch (tag & 3)
            {
                case S2Format.Literal:
                    at++;
                    if (length >= 60 && !TryReadNumber(ref source, end, ref at, (int)length - 59, out length)) return false;
                    if (length >= (uint)(end - at) || length >= (uint)(outputEnd - written)) return false;
                    length++;
                    if (length <= WideCopy && end - at >= WideCopy && outputEnd - written >= WideCopy)
                        Vector128.LoadUnsafe(ref source, (nuint)at).StoreUnsafe(ref target, (nuint)written);
                    else Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, written), ref Unsafe.Add(ref source, at), length);
                    at += (int)length;
                    written += (int)length;
                    continue;

                case S2Format.NearCopy:
                    if (end - at < 2) return false;
                    uint near = ((tag & 0xE0) << 3) | Unsafe.Add(ref source, at + 1);
                    at += 2;
                    length &= 7;
                    if (near != 0) offset = near;
                    else if (length > 4)
                    {
                        // A repeated offset has room for longer lengths: 8, 260 or 65540 and a number of one to three bytes.
                        uint least = length switch { 5 => 4, 6 => 256, _ => 65536 };
                        if (!TryReadNumber(ref source, end, ref at, (int)length - 4, out length)) return false;
                        length += least;
                    }

                    length += 4;
                    break;

                case S2Format.Copy:
                    if (end - at < 3) return false;
                    offset = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref source, at + 1));
                    if (!BitConverter.IsLittleEndian) offset = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)offset);
                    at += 3;
                    length++;
                    break;

                default:
                    if (end - at < 5) return false;
                    at++;
                    TryReadNumber(ref source, end, ref at, 4, out offset);
                    length++;
                    break;
            }

            if (offset == 0 || offset > (uint)written || length > (uint)(outputEnd - written)) return false;
            CopyBack(ref Unsafe.Add(ref target, written), (int)offset, (int)length, outputEnd - written);
            written += (int)length;
        }

        return written == outputEnd;
    }

    // Little-endian, one to four bytes.
    private static bool TryReadNumber(ref byte source, int end, ref int at, int bytes, out uint number)
    {
        number = 0;
        if (end - at < bytes) return false;
        for (int i = 0; i < bytes; i++)
        {
            number |= (uint)Unsafe.Add(ref source, at + i) << (8 * i);
        }

        at += bytes;
        return true;
    }

    // What lies an offset before the target is repeated there; when the offset is less than the length, the copy reads what it wrote.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyBack(ref byte target, int offset, int length, int room)
    {
        ref byte source = ref Unsafe.Subtract(ref target, offset);
        if (offset >= WideCopy && room >= length + WideCopy)
        {
            int done = 0;
            do
            {
                Vector128.LoadUnsafe(ref source, (nuint)done).StoreUnsafe(ref target, (nuint)done);
                done += WideCopy;
            }
            while (done < length);
            return;
        }

        CopyBackSlowly(ref source, ref target, offset, length);
    }

    private static void CopyBackSlowly(ref byte source, ref byte target, int offset, int length)
    {
        if (offset == 1)
        {
            Unsafe.InitBlockUnaligned(ref target, source, (uint)length);
            return;
        }

        // What was copied doubles what can be copied at once.
        int done = 0;
        while (done < length)
        {
            int part = Math.Min(length - done, offset + done);
            Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, done), ref source, (uint)part);
            done += part;
        }
    }
}
