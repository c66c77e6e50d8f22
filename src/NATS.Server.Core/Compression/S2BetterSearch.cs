using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NATS.Server.Core.Compression;

/// <summary>
/// Owned by one user at a time. Looks harder for what came before: a table of seven bytes finds long matches, one of four finds short ones, and a short match
/// waits for a long one at the next place. Keeps 320 KiB of tables.
/// </summary>
internal sealed class S2BetterSearch
{
    private const int LongBits = 16;
    private const int ShortBits = 14;

    // As in S2Encoder: where a hash was last seen, plus the base of that block.
    private readonly int[] _long = new int[1 << LongBits];
    private readonly int[] _short = new int[1 << ShortBits];
    private int _base = 1;

    /// <summary>Writes the tags of a block.</summary>
    /// <param name="input">At least as long as <see cref="S2Encoder.Margin"/>.</param>
    /// <param name="output">Longer than the limit by <see cref="S2Encoder.Slack"/> less the length in front of the tags.</param>
    /// <param name="limit">The most bytes that are worth it.</param>
    /// <param name="snappy">Writes no repeats.</param>
    /// <returns>How many bytes were written, or 0 when the limit is not kept.</returns>
    public int Encode(ReadOnlySpan<byte> input, Span<byte> output, int limit, bool snappy)
    {
        if (_base > int.MaxValue - input.Length)
        {
            Array.Clear(_long);
            Array.Clear(_short);
            _base = 1;
        }

        int written = EncodeBody(input, output, limit, snappy);
        _base += input.Length;
        return written;
    }

    private int EncodeBody(ReadOnlySpan<byte> input, Span<byte> output, int limit, bool snappy)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        int last = input.Length - S2Encoder.Margin;
        int written = 0;
        int unwritten = 0;
        int repeat = 0;
        int at = 0;
        while (at <= last)
        {
            if (!TryFind(ref source, ref at, repeat, last, out int candidate))
            {
                at += 1 + ((at - unwritten) >> 7);
                continue;
            }

            while (candidate > 0 && at > unwritten && Unsafe.Add(ref source, candidate - 1) == Unsafe.Add(ref source, at - 1))
            {
                candidate--;
                at--;
            }

            int length = 4 + S2Encoder.CommonLength(ref source, candidate + 4, at + 4, input.Length);
            int offset = at - candidate;
            if (written + at - unwritten > limit) return 0;
            if (at > unwritten)
            {
                written += S2Tag.WriteLiteral(ref output[written], at - unwritten);
                input[unwritten..at].CopyTo(output[written..]);
                written += at - unwritten;
            }

            if (written > output.Length - S2Tag.MostBytes(length, snappy)) return 0;
            ref byte tag = ref output[written];
            if (snappy) written += S2Tag.WriteSnappyCopy(ref tag, offset, length);
            else if (offset == repeat) written += S2Tag.WriteRepeat(ref tag, length);
            else written += S2Tag.WriteCopy(ref tag, offset, length);
            if (written > limit) return 0;
            repeat = offset;
            unwritten = at + length;

            // Some of the places within the match, so that what follows it is found again with it.
            for (int place = at + 1; place < unwritten && place <= last; place += Math.Max(1, length / 8))
            {
                Remember(place, S2Encoder.Load64(ref source, place));
            }

            at = unwritten;
        }

        int rest = input.Length - unwritten;
        if (written == 0 || written + rest > limit) return 0;
        if (rest == 0) return written;
        written += S2Tag.WriteLiteral(ref output[written], rest);
        input[unwritten..].CopyTo(output[written..]);
        return written + rest;
    }

    // The best match at this place, or at the next: the last offset, a long match, a short match unless a long one begins right after it.
    private bool TryFind(ref byte source, ref int at, int repeat, int last, out int candidate)
    {
        ulong bytes = S2Encoder.Load64(ref source, at);
        int shortCandidate = Remember(at, bytes, out candidate);
        if (repeat > 0 && S2Encoder.Load32(ref source, at + 1 - repeat) == (uint)(bytes >> 8))
        {
            at++;
            candidate = at - repeat;
            return true;
        }

        if (candidate >= 0 && S2Encoder.Load64(ref source, candidate) == bytes) return true;
        if (shortCandidate < 0 || S2Encoder.Load32(ref source, shortCandidate) != (uint)bytes) return false;

        // Four bytes from far away would take five.
        if (at - shortCandidate >= S2Format.CopyLimit && Unsafe.Add(ref source, shortCandidate + 4) != (byte)(bytes >> 32)) return false;
        if (at < last)
        {
            ulong next = S2Encoder.Load64(ref source, at + 1);
            Remember(at + 1, next, out candidate);
            if (candidate >= 0 && S2Encoder.Load64(ref source, candidate) == next)
            {
                at++;
                return true;
            }
        }

        candidate = shortCandidate;
        return true;
    }

    private void Remember(int at, ulong bytes)
    {
        _long[LongHash(bytes)] = at + _base;
        _short[ShortHash(bytes)] = at + _base;
    }

    private int Remember(int at, ulong bytes, out int longCandidate)
    {
        ref int longPlace = ref _long[LongHash(bytes)];
        ref int shortPlace = ref _short[ShortHash(bytes)];
        longCandidate = longPlace - _base;
        int shortCandidate = shortPlace - _base;
        longPlace = at + _base;
        shortPlace = at + _base;
        return shortCandidate;
    }

    private static int LongHash(ulong bytes) => (int)(unchecked((bytes << 8) * 58295818150454627UL) >> (64 - LongBits));

    private static int ShortHash(ulong bytes) => (int)(unchecked((uint)bytes * 2654435761U) >> (32 - ShortBits));
}
