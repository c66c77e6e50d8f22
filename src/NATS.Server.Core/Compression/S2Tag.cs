using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Compression;

/// <summary>Pure. Writes the tags of a block. The caller has made room: five bytes for a literal's, <see cref="MostBytes"/> for a copy's.</summary>
internal static class S2Tag
{
    private const int LongestRepeat = 65540 + (1 << 24) - 1;
    private const int LongestCopy = 64;

    // Leaves enough for a repeat, which has at least four bytes, when a copy is a little too long for one tag.
    private const int LeadingCopy = 60;
    private const int LeadingNearCopy = 8;

    /// <summary>Writes the length of a block. Returns how many bytes it took.</summary>
    public static int WriteLength(ref byte target, int length)
    {
        uint left = (uint)length;
        int written = 0;
        for (; left >= 0x80; left >>= 7)
        {
            Unsafe.Add(ref target, written++) = (byte)(left | 0x80);
        }

        Unsafe.Add(ref target, written++) = (byte)left;
        return written;
    }

    /// <summary>Writes the tag before literal bytes. Returns how many bytes it took.</summary>
    public static int WriteLiteral(ref byte target, int length)
    {
        uint value = (uint)length - 1;
        switch (value)
        {
            case < 60:
                target = (byte)((value << 2) | S2Format.Literal);
                return 1;
            case < 1 << 8:
                target = (60 << 2) | S2Format.Literal;
                Unsafe.Add(ref target, 1) = (byte)value;
                return 2;
            case < 1 << 16:
                target = (61 << 2) | S2Format.Literal;
                WriteNumber(ref target, 1, value, 2);
                return 3;
            case < 1 << 24:
                target = (62 << 2) | S2Format.Literal;
                WriteNumber(ref target, 1, value, 3);
                return 4;
            default:
                target = (63 << 2) | S2Format.Literal;
                WriteNumber(ref target, 1, value, 4);
                return 5;
        }
    }

    /// <summary>The most bytes that a copy of a length can take.</summary>
    public static int MostBytes(int length, bool snappy) => snappy ? 5 * ((length / LongestCopy) + 2) : 10 + (5 * (length >> 24));

    /// <summary>Writes a copy of at least four bytes, with a repeat behind it when it is long. Returns how many bytes it took.</summary>
    public static int WriteCopy(ref byte target, int offset, int length)
    {
        if (length <= LongestCopy) return WriteOneCopy(ref target, offset, length);
        int lead = offset < S2Format.NearLimit ? LeadingNearCopy : LeadingCopy;
        int written = WriteOneCopy(ref target, offset, lead);
        return written + WriteRepeat(ref Unsafe.Add(ref target, written), length - lead);
    }

    /// <summary>Writes a copy as Snappy knows it. Returns how many bytes it took.</summary>
    public static int WriteSnappyCopy(ref byte target, int offset, int length)
    {
        int written = 0;
        while (length > LongestCopy + 3)
        {
            written += WriteOneCopy(ref Unsafe.Add(ref target, written), offset, LongestCopy);
            length -= LongestCopy;
        }

        if (length > LongestCopy)
        {
            written += WriteOneCopy(ref Unsafe.Add(ref target, written), offset, LeadingCopy);
            length -= LeadingCopy;
        }

        return written + WriteOneCopy(ref Unsafe.Add(ref target, written), offset, length);
    }

    /// <summary>Writes a copy of at least four bytes with the offset of the copy before it. Returns how many bytes it took.</summary>
    public static int WriteRepeat(ref byte target, int length)
    {
        int written = 0;
        while (length > LongestRepeat)
        {
            written += WriteOneRepeat(ref Unsafe.Add(ref target, written), LongestRepeat - 4);
            length -= LongestRepeat - 4;
        }

        return written + WriteOneRepeat(ref Unsafe.Add(ref target, written), length);
    }

    private static int WriteOneCopy(ref byte target, int offset, int length)
    {
        if (offset < S2Format.NearLimit && length is >= 4 and < 12)
        {
            target = (byte)(((offset >> 8) << 5) | ((length - 4) << 2) | S2Format.NearCopy);
            Unsafe.Add(ref target, 1) = (byte)offset;
            return 2;
        }

        if (offset < S2Format.CopyLimit)
        {
            target = (byte)(((length - 1) << 2) | S2Format.Copy);
            WriteNumber(ref target, 1, (uint)offset, 2);
            return 3;
        }

        target = (byte)(((length - 1) << 2) | S2Format.FarCopy);
        WriteNumber(ref target, 1, (uint)offset, 4);
        return 5;
    }

    private static int WriteOneRepeat(ref byte target, int length)
    {
        // Code 0 to 4: the length less four; 5, 6 and 7: a number of one, two or three bytes follows.
        (int code, int extra, int least) = length switch
        {
            <= 8 => (length - 4, 0, 0),
            < 8 + (1 << 8) => (5, 1, 8),
            < 260 + (1 << 16) => (6, 2, 260),
            _ => (7, 3, 65540),
        };
        target = (byte)((code << 2) | S2Format.NearCopy);
        Unsafe.Add(ref target, 1) = 0;
        WriteNumber(ref target, 2, (uint)(length - least), extra);
        return 2 + extra;
    }

    private static void WriteNumber(ref byte target, int at, uint number, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            Unsafe.Add(ref target, at + i) = (byte)(number >> (8 * i));
        }
    }
}
