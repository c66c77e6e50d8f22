using System.Text;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>
/// Owned by a restore. Reads a tar that arrives in pieces, as Go's library writes it: regular files, with PAX records for what the header has no room for. Everything else that a tar can
/// hold (links, directories, devices, holes) is refused. Needs memory for one header.
/// </summary>
internal sealed class TarReader
{
    private const int BlockLength = 512;
    private const int LongestRecords = 64 << 10;
    private const string Unexpected = "unexpected content";
    private const string Invalid = "archive/tar: invalid tar header";

    private readonly ITarContent _content;
    private readonly byte[] _header = new byte[BlockLength];
    private int _headerLength;
    private byte[]? _records;
    private int _recordsLength;
    private string? _nextName;
    private long? _nextLength;
    private long _remaining;
    private int _padding;
    private int _zeroBlocks;
    private bool _isInFile;

    public TarReader(ITarContent content) => _content = content;

    /// <summary>Whether its end was read: two blocks of zeros.</summary>
    public bool IsEnded => _zeroBlocks >= 2;

    /// <summary>Takes bytes.</summary>
    /// <returns>What is wrong, or null.</returns>
    public RestoreFailure? Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_remaining > 0)
            {
                int taken = (int)Math.Min(_remaining, data.Length);
                TakeContent(data[..taken]);
                data = data[taken..];
                _remaining -= taken;
                if (_remaining == 0 && EndContent() is { } failure) return failure;
            }
            else if (_padding > 0)
            {
                int taken = Math.Min(_padding, data.Length);
                data = data[taken..];
                _padding -= taken;
            }
            else
            {
                int taken = Math.Min(BlockLength - _headerLength, data.Length);
                data[..taken].CopyTo(_header.AsSpan(_headerLength));
                data = data[taken..];
                _headerLength += taken;
                if (_headerLength < BlockLength) return null;
                _headerLength = 0;
                if (TakeHeader() is { } failure) return failure;
            }
        }

        return null;
    }

    private static RestoreFailure Wrong(string text) => RestoreFailure.OfArchive(text);

    private void TakeContent(ReadOnlySpan<byte> data)
    {
        if (_isInFile)
        {
            _content.Write(data);
            return;
        }

        data.CopyTo(_records.AsSpan(_recordsLength));
        _recordsLength += data.Length;
    }

    private RestoreFailure? EndContent()
    {
        if (_isInFile)
        {
            _isInFile = false;
            _content.EndFile();
            return null;
        }

        ReadOnlySpan<byte> records = _records.AsSpan(0, _recordsLength);
        _records = null;
        return TakeRecords(records);
    }

    private RestoreFailure? TakeHeader()
    {
        ReadOnlySpan<byte> header = _header;
        if (header.IndexOfAnyExcept((byte)0) < 0)
        {
            _zeroBlocks++;
            return null;
        }

        if (_zeroBlocks > 0 || !HasChecksum(header)) return Wrong(Invalid);
        if (!TryReadNumber(header.Slice(124, 12), out long length)) return Wrong(Invalid);
        byte type = header[156];
        if (type == 'x') return BeginRecords(length);
        if (type is not ((byte)'0' or 0)) return Wrong(Unexpected);
        string name = _nextName ?? NameOf(header);
        length = _nextLength ?? length;
        _nextName = null;
        _nextLength = null;
        if (_content.BeginFile(name, length) is { } refusal) return refusal;
        _isInFile = true;
        _remaining = length;
        _padding = (int)(-length & (BlockLength - 1));
        return length == 0 ? EndContent() : null;
    }

    private RestoreFailure? BeginRecords(long length)
    {
        if (length is 0 or > LongestRecords || _nextName is not null || _nextLength is not null) return Wrong(Invalid);
        _records = new byte[length];
        _recordsLength = 0;
        _remaining = length;
        _padding = (int)(-length & (BlockLength - 1));
        return null;
    }

    // LENGTH SP KEY=VALUE LF, where the length is that of the whole record.
    private RestoreFailure? TakeRecords(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            int blank = records.IndexOf((byte)' ');
            if (blank is < 1 or > 6 || !System.Buffers.Text.Utf8Parser.TryParse(records[..blank], out int length, out int read) || read != blank) return Wrong(Invalid);
            if (length <= blank + 2 || length > records.Length || records[length - 1] != '\n') return Wrong(Invalid);
            ReadOnlySpan<byte> record = records[(blank + 1)..(length - 1)];
            records = records[length..];
            int equal = record.IndexOf((byte)'=');
            if (equal < 1) return Wrong(Invalid);
            ReadOnlySpan<byte> key = record[..equal];
            ReadOnlySpan<byte> value = record[(equal + 1)..];
            if (key.SequenceEqual("path"u8))
            {
                _nextName = Encoding.UTF8.GetString(value);
            }
            else if (key.SequenceEqual("size"u8))
            {
                if (!System.Buffers.Text.Utf8Parser.TryParse(value, out long size, out read) || read != value.Length || size < 0) return Wrong(Invalid);
                _nextLength = size;
            }
            else if (key.StartsWith("GNU.sparse"u8) || key.SequenceEqual("linkpath"u8))
            {
                return Wrong(Unexpected);
            }
        }

        return null;
    }

    // The sum of all bytes, with blanks in the place of the sum.
    private static bool HasChecksum(ReadOnlySpan<byte> header)
    {
        if (!TryReadNumber(header.Slice(148, 8), out long checksum)) return false;
        long sum = 0;
        for (int i = 0; i < header.Length; i++) sum += i is >= 148 and < 156 ? ' ' : header[i];
        return sum == checksum;
    }

    // Octal digits, or with the highest bit set a number in big-endian order.
    private static bool TryReadNumber(ReadOnlySpan<byte> field, out long number)
    {
        number = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (byte part in field[..^8])
            {
                if (part is not (0 or 0x80)) return false;
            }

            number = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            if (field.Length == 8) number &= long.MaxValue;
            return number >= 0;
        }

        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        if (digits.Length > 20) return false;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') return false;
            number = (number << 3) | (uint)(digit - '0');
        }

        return number >= 0;
    }

    private static string NameOf(ReadOnlySpan<byte> header)
    {
        string name = TextOf(header[..100]);
        bool hasPrefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8);
        string prefix = hasPrefix ? TextOf(header.Slice(345, 155)) : "";
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private static string TextOf(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
