using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Compression;

/// <summary>
/// Owned by one user at a time. Writes S2 blocks, or Snappy blocks, which any S2 reader can read too. Keeps a table of 64 KiB from block to block; blocks
/// do not depend on each other.
/// </summary>
/// <param name="level">How much work it does.</param>
public sealed class S2Encoder(S2Level level = S2Level.Fast)
{
    /// <summary>Room that an output has to have beyond the length of its input.</summary>
    public const int Slack = 64;

    /// <summary>Matches begin no nearer to the end of a block, so that they can be looked for in words.</summary>
    internal const int Margin = 16;

    private const int TableBits = 14;
    private const int SmallTableBits = 10;
    private const int SmallInput = 4096;
    private const int ShortestInput = 32;
    private const int WideCopy = 16;

    // Where a hash was last seen, plus the base of that block: what is below the base of this block belongs to an earlier one.
    private readonly int[] _table = level == S2Level.Fast ? new int[1 << TableBits] : [];
    private readonly S2BetterSearch? _better = level == S2Level.Better ? new S2BetterSearch() : null;
    private int _base = 1;

    /// <summary>The longest that a compressed input can be, and as long as the output of <see cref="Encode"/> has to be.</summary>
    public static int MaximumLength(int inputLength) => checked(inputLength + Slack);

    /// <summary>Compresses a block, with its length at the beginning.</summary>
    /// <param name="input">Any length.</param>
    /// <param name="output">At least <see cref="MaximumLength"/> bytes.</param>
    /// <param name="snappy">Writes nothing that a Snappy reader could not read.</param>
    /// <returns>How many bytes were written.</returns>
    public int Encode(ReadOnlySpan<byte> input, Span<byte> output, bool snappy = false)
    {
        int length = TryEncode(input, output, snappy);
        if (length > 0) return length;
        length = S2Tag.WriteLength(ref output[0], input.Length);
        if (input.IsEmpty) return length;
        length += S2Tag.WriteLiteral(ref output[length], input.Length);
        input.CopyTo(output[length..]);
        return length + input.Length;
    }

    /// <summary>Compresses a block, with its length at the beginning, if that makes it shorter by a thirty-second at least.</summary>
    /// <param name="input">Any length.</param>
    /// <param name="output">At least <see cref="MaximumLength"/> bytes.</param>
    /// <param name="snappy">Writes nothing that a Snappy reader could not read.</param>
    /// <returns>How many bytes were written, or 0.</returns>
    public int TryEncode(ReadOnlySpan<byte> input, Span<byte> output, bool snappy = false)
    {
        if (output.Length < MaximumLength(input.Length)) throw new ArgumentException("too short", nameof(output));
        if (input.Length < ShortestInput) return 0;
        int header = S2Tag.WriteLength(ref output[0], input.Length);
        int limit = input.Length - (input.Length >> 5) - header;
        int written = _better?.Encode(input, output[header..], limit, snappy) ?? EncodeFast(input, output[header..], limit, snappy);
        return written > 0 ? header + written : 0;
    }

    private int EncodeFast(ReadOnlySpan<byte> input, Span<byte> output, int limit, bool snappy)
    {
        if (_base > int.MaxValue - input.Length)
        {
            Array.Clear(_table);
            _base = 1;
        }

        int written = EncodeBody(input, output, limit, snappy);
        _base += input.Length;
        return written;
    }

    // Greedy, with one candidate for each place and a look at the last offset first. Where nothing is found the steps grow.
    private int EncodeBody(ReadOnlySpan<byte> input, Span<byte> output, int limit, bool snappy)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        ref byte target = ref MemoryMarshal.GetReference(output);
        ref int table = ref MemoryMarshal.GetArrayDataReference(_table);
        int shift = 64 - (input.Length <= SmallInput ? SmallTableBits : TableBits);
        int start = _base;
        int end = input.Length;
        int last = end - Margin;
        int written = 0;
        int unwritten = 0;
        int repeat = 0;
        int at = 0;
        while (true)
        {
            int candidate;
            while (true)
            {
                if (at > last) goto Rest;
                ulong bytes = Load64(ref source, at);
                ref int place = ref Unsafe.Add(ref table, (nint)Hash(bytes, shift));
                ref int nextPlace = ref Unsafe.Add(ref table, (nint)Hash(bytes >> 8, shift));
                candidate = place - start;
                int nextCandidate = nextPlace - start;
                place = at + start;
                nextPlace = at + 1 + start;

                if (repeat > 0 && Load32(ref source, at + 1 - repeat) == (uint)(bytes >> 8))
                {
                    at++;
                    candidate = at - repeat;
                    break;
                }

                if (candidate >= 0 && Load32(ref source, candidate) == (uint)bytes) break;
                if (nextCandidate >= 0 && Load32(ref source, nextCandidate) == (uint)(bytes >> 8))
                {
                    at++;
                    candidate = nextCandidate;
                    break;
                }

                at += 2 + ((at - unwritten) >> 6);
            }

            while (candidate > 0 && at > unwritten && Unsafe.Add(ref source, candidate - 1) == Unsafe.Add(ref source, at - 1))
            {
                candidate--;
                at--;
            }

            int literal = at - unwritten;
            if (written + literal > limit) return 0;
            if (literal > 0)
            {
                written += S2Tag.WriteLiteral(ref Unsafe.Add(ref target, written), literal);
                if (literal <= WideCopy) Vector128.LoadUnsafe(ref source, (nuint)unwritten).StoreUnsafe(ref target, (nuint)written);
                else Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, written), ref Unsafe.Add(ref source, unwritten), (uint)literal);
                written += literal;
            }

            // Matches that follow each other need no look around.
            while (true)
            {
                int length = 4 + CommonLength(ref source, candidate + 4, at + 4, end);
                int offset = at - candidate;
                ref byte tag = ref Unsafe.Add(ref target, written);
                if (written > output.Length - S2Tag.MostBytes(length, snappy)) return 0;
                if (snappy) written += S2Tag.WriteSnappyCopy(ref tag, offset, length);
                else if (offset == repeat) written += S2Tag.WriteRepeat(ref tag, length);
                else written += S2Tag.WriteCopy(ref tag, offset, length);
                if (written > limit) return 0;
                repeat = offset;
                at += length;
                unwritten = at;
                if (at > last) goto Rest;

                ulong bytes = Load64(ref source, at - 2);
                Unsafe.Add(ref table, (nint)Hash(bytes, shift)) = at - 2 + start;
                ref int place = ref Unsafe.Add(ref table, (nint)Hash(bytes >> 16, shift));
                candidate = place - start;
                place = at + start;
                if (candidate < 0 || Load32(ref source, candidate) != (uint)(bytes >> 16)) break;
            }

            at++;
        }

    Rest:
        int rest = end - unwritten;
        if (written == 0 || written + rest > limit) return 0;
        if (rest == 0) return written;
        written += S2Tag.WriteLiteral(ref Unsafe.Add(ref target, written), rest);
        Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, written), ref Unsafe.Add(ref source, unwritten), (uint)rest);
        return written + rest;
    }

    // Of the five low bytes: what follows them often differs where they are the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ulong bytes, int shift) => (uint)(unchecked((bytes << 24) * 889523592379UL) >> shift);

    internal static ulong Load64(ref byte source, int at) => BinaryPrimitives.ReadUInt64LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, at), sizeof(ulong)));

    internal static uint Load32(ref byte source, int at) => BinaryPrimitives.ReadUInt32LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, at), sizeof(uint)));

    internal static int CommonLength(ref byte source, int earlier, int later, int end)
    {
        int start = later;
        while (end - later >= sizeof(ulong))
        {
            ulong difference = Load64(ref source, earlier) ^ Load64(ref source, later);
            if (difference != 0) return later - start + (BitOperations.TrailingZeroCount(difference) >> 3);
            earlier += sizeof(ulong);
            later += sizeof(ulong);
        }

        while (later < end && Unsafe.Add(ref source, earlier) == Unsafe.Add(ref source, later))
        {
            earlier++;
            later++;
        }

        return later - start;
    }
}
