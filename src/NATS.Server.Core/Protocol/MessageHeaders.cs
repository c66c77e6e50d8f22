using System.Buffers;
using System.Buffers.Text;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// Reads and edits a message's header block, <c>NATS/1.0[ status[ description]]\r\nKey: Value\r\n…\r\n\r\n</c>, on its bytes. Thread-safe.
/// </summary>
/// <remarks>
/// Blocks come from clients and are not checked before: anything that is no header line is passed over, nothing reads beyond the block. Keys are compared
/// with their case. Edits write a new block to an output and leave the old one alone; what they do not touch stays byte for byte.
/// </remarks>
public static class MessageHeaders
{
    private const byte Colon = (byte)':';

    /// <summary>What a block starts with.</summary>
    public static ReadOnlySpan<byte> Version => "NATS/1.0"u8;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>Finds the first header with a key.</summary>
    /// <param name="block">The header block.</param>
    /// <param name="key">The key, without the colon; not empty.</param>
    /// <param name="value">A part of the block, without the spaces before it; empty when the key is missing.</param>
    public static bool TryGet(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        foreach (MessageHeader header in Enumerate(block))
        {
            if (!header.Key.SequenceEqual(key)) continue;
            value = header.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Whether there is a header with a key.</summary>
    public static bool Contains(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key) => TryGet(block, key, out _);

    /// <summary>Walks the headers in their order; a key may occur more than once.</summary>
    public static MessageHeaderEnumerator Enumerate(ReadOnlySpan<byte> block) => new(block);

    /// <summary>Reads the status of the block's first line.</summary>
    /// <param name="block">The header block.</param>
    /// <param name="code">For example 503; 0 when there is none.</param>
    /// <param name="description">The text behind the code, often empty; a part of the block.</param>
    public static bool TryGetStatus(ReadOnlySpan<byte> block, out int code, out ReadOnlySpan<byte> description)
    {
        code = 0;
        description = default;
        int end = block.IndexOf((byte)'\r');
        if (end <= Version.Length || !block.StartsWith(Version) || block[Version.Length] != ' ') return false;
        ReadOnlySpan<byte> status = block[Version.Length..end].Trim((byte)' ');
        if (!Utf8Parser.TryParse(status, out int parsed, out int read) || parsed <= 0 || (read < status.Length && status[read] != ' ')) return false;
        code = parsed;
        description = status[read..].TrimStart((byte)' ');
        return true;
    }

    /// <summary>Gives the first header with the key a new value where it stands, or adds the header at the end.</summary>
    /// <param name="block">The header block; empty makes a new one.</param>
    /// <param name="key">The key, without the colon.</param>
    /// <param name="value">The value; line breaks in it become spaces.</param>
    /// <param name="output">Gets the new block.</param>
    public static void Set(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        foreach (MessageHeader header in Enumerate(block))
        {
            if (!header.Key.SequenceEqual(key)) continue;

            // One space before the value stays, more belong to the old value.
            int start = header.Start + key.Length + 1;
            if (start < header.End && block[start] == ' ') start++;
            output.Write(block[..start]);
            WriteOneLine(value, output);
            output.Write(block[header.End..]);
            return;
        }

        Append(block, key, value, output);
    }

    /// <summary>Adds a header at the end, whatever is there already.</summary>
    /// <param name="block">The header block; empty makes a new one.</param>
    /// <param name="key">The key, without the colon.</param>
    /// <param name="value">The value; white space around it is dropped, line breaks in it become spaces.</param>
    /// <param name="output">Gets the new block.</param>
    public static void Append(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        if (block.Length <= LineEnd.Length)
        {
            output.Write(Version);
            output.Write(LineEnd);
        }
        else
        {
            // A block that is cut short is completed, so that the new header stands on a line of its own.
            output.Write(block.EndsWith("\r\n\r\n"u8) ? block[..^LineEnd.Length] : block);
            if (!block.EndsWith(LineEnd)) output.Write(LineEnd);
        }

        WriteHeader(key, value, output);
        output.Write(LineEnd);
    }

    /// <summary>Drops every header with a key.</summary>
    /// <returns>False, with nothing written, when no header and no status is left: the message then has no block.</returns>
    public static bool Remove(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, IBufferWriter<byte> output) => Remove(block, key, isPrefix: false, output);

    /// <summary>Drops every header whose key starts with a prefix.</summary>
    /// <returns>False, with nothing written, when no header and no status is left: the message then has no block.</returns>
    public static bool RemovePrefixed(ReadOnlySpan<byte> block, ReadOnlySpan<byte> prefix, IBufferWriter<byte> output) =>
        Remove(block, prefix, isPrefix: true, output);

    /// <summary>Drops the status and its description from the first line.</summary>
    /// <returns>False, with nothing written, when no header is left: the message then has no block.</returns>
    public static bool RemoveStatus(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        int end = block.IndexOf((byte)'\r');
        if (end > Version.Length && block.StartsWith(Version))
        {
            if (Version.Length + block.Length - end <= Version.Length + (2 * LineEnd.Length)) return false;
            output.Write(Version);
            block = block[end..];
        }

        output.Write(block);
        return true;
    }

    /// <summary>Writes a whole block with a status: <c>NATS/1.0 503\r\n\r\n</c>.</summary>
    /// <param name="status">1 to 999.</param>
    /// <param name="description">Empty for none.</param>
    /// <param name="output">Gets the block.</param>
    public static void WriteStatus(int status, ReadOnlySpan<byte> description, IBufferWriter<byte> output)
    {
        WriteStatusLine(status, description, output);
        output.Write(LineEnd);
    }

    /// <summary>Writes the block that tells a requester that nobody listens: <c>NATS/1.0 503\r\nNats-Subject: x\r\n\r\n</c>.</summary>
    public static void WriteNoResponders(ReadOnlySpan<byte> subject, IBufferWriter<byte> output)
    {
        WriteStatusLine(503, default, output);
        output.Write("Nats-Subject: "u8);
        WriteOneLine(subject, output);
        output.Write("\r\n\r\n"u8);
    }

    private static void WriteStatusLine(int status, ReadOnlySpan<byte> description, IBufferWriter<byte> output)
    {
        output.Write(Version);
        Span<byte> digits = output.GetSpan(12);
        digits[0] = (byte)' ';
        Utf8Formatter.TryFormat(status, digits[1..], out int written);
        output.Advance(written + 1);
        if (!description.IsEmpty)
        {
            output.Write(" "u8);
            WriteOneLine(description, output);
        }

        output.Write(LineEnd);
    }

    private static void WriteHeader(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        output.Write(key);
        output.Write(": "u8);
        WriteOneLine(value.Trim(" \t\r\n"u8), output);
        output.Write(LineEnd);
    }

    private static void WriteOneLine(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        Span<byte> memory = output.GetSpan(Math.Max(1, value.Length));
        value.CopyTo(memory);
        memory = memory[..value.Length];
        memory.Replace((byte)'\r', (byte)' ');
        memory.Replace((byte)'\n', (byte)' ');
        output.Advance(value.Length);
    }

    private static bool Remove(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, bool isPrefix, IBufferWriter<byte> output)
    {
        int left = block.Length;
        foreach (MessageHeader header in Enumerate(block))
        {
            if (IsMeant(header, key, isPrefix)) left -= header.LineLength;
        }

        if (left < block.Length && left <= Version.Length + (2 * LineEnd.Length)) return false;
        int kept = 0;
        foreach (MessageHeader header in Enumerate(block))
        {
            if (!IsMeant(header, key, isPrefix)) continue;
            output.Write(block[kept..header.Start]);
            kept = header.Start + header.LineLength;
        }

        output.Write(block[kept..]);
        return true;
    }

    // A line without an end is left alone: what is behind it cannot be known.
    private static bool IsMeant(MessageHeader header, ReadOnlySpan<byte> key, bool isPrefix) =>
        header.IsEnded && (isPrefix ? header.Key.StartsWith(key) : header.Key.SequenceEqual(key));

    /// <summary>One header and where it is in its block.</summary>
    public readonly ref struct MessageHeader
    {
        internal MessageHeader(ReadOnlySpan<byte> line, int colon, int start, bool isEnded)
        {
            Key = line[..colon];
            Value = line[(colon + 1)..].TrimStart((byte)' ');
            Start = start;
            End = start + line.Length;
            IsEnded = isEnded;
        }

        public ReadOnlySpan<byte> Key { get; }

        /// <summary>The value without the spaces before it; those behind it belong to it.</summary>
        public ReadOnlySpan<byte> Value { get; }

        internal int Start { get; }

        internal int End { get; }

        internal bool IsEnded { get; }

        internal int LineLength => End - Start + LineEnd.Length;
    }

    /// <summary>Walks the lines after the first that have a key and a colon.</summary>
    public ref struct MessageHeaderEnumerator
    {
        private readonly ReadOnlySpan<byte> _block;
        private int _at;

        internal MessageHeaderEnumerator(ReadOnlySpan<byte> block)
        {
            _block = block;
            int firstLine = block.IndexOf(LineEnd);
            _at = firstLine < 0 ? block.Length : firstLine + LineEnd.Length;
        }

        public MessageHeader Current { get; private set; }

        public readonly MessageHeaderEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_at < _block.Length)
            {
                int start = _at;
                ReadOnlySpan<byte> line = _block[start..];
                int end = line.IndexOf(LineEnd);
                bool isEnded = end >= 0;
                if (isEnded) line = line[..end];
                _at = start + line.Length + (isEnded ? LineEnd.Length : 0);
                int colon = line.IndexOf(Colon);
                if (colon <= 0) continue;
                Current = new MessageHeader(line, colon, start, isEnded);
                return true;
            }

            return false;
        }
    }
}
