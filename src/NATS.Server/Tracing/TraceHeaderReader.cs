using NATS.Server.Core.Protocol;

namespace NATS.Server.Tracing;

/// <summary>One header with a key and a value: parts of the block.</summary>
internal readonly ref struct TraceHeader(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
{
    public ReadOnlySpan<byte> Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>Walks a header block for <see cref="TraceHeaders"/>; a block with a status, or cut off, has only what is whole. Pure.</summary>
internal ref struct TraceHeaderReader
{
    private static readonly System.Buffers.SearchValues<byte> Blanks = System.Buffers.SearchValues.Create(" \t"u8);
    private ReadOnlySpan<byte> _rest;

    public TraceHeaderReader(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> version = MessageHeaders.Version;
        bool isPlain = block.StartsWith(version) && block[version.Length..].StartsWith("\r\n"u8);
        _rest = isPlain ? block[(version.Length + 2)..] : default;
    }

    public TraceHeader Current { get; private set; }

    public readonly TraceHeaderReader GetEnumerator() => this;

    public bool MoveNext()
    {
        while (true)
        {
            int colon = _rest.IndexOf((byte)':');
            if (colon < 0) return false;
            ReadOnlySpan<byte> key = _rest[..colon];
            int start = _rest[(colon + 1)..].IndexOfAnyExcept(Blanks);
            if (start < 0) return false;
            ReadOnlySpan<byte> value = _rest[(colon + 1 + start)..];
            int end = value.IndexOf("\r\n"u8);
            if (end < 0) return false;
            _rest = value[(end + 2)..];
            value = value[..end].TrimEnd(" \t"u8);
            if (key.IsEmpty || value.IsEmpty) continue;
            Current = new TraceHeader(key, value);
            return true;
        }
    }
}
