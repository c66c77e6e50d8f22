using System.Buffers;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>
/// Walks a configuration text character by character and cuts items out of it. What was read since the last item is pending. One owner.
/// </summary>
/// <remarks>A column counts from the last line break that was looked at, also when it was only peeked, as in the reference.</remarks>
internal sealed class ConfigCursor(ReadOnlyMemory<byte> input)
{
    private readonly ArrayBufferWriter<byte> _unescaped = new();
    private int _start;
    private int _position;
    private int _width;
    private int _lineStart;
    private int _itemLineStart;

    /// <summary>The current line, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>What was read and not yet taken, kept, or skipped.</summary>
    public ReadOnlySpan<byte> Pending => input.Span[_start.._position];

    /// <summary>The pending item had an escape.</summary>
    public bool HasEscapes => _unescaped.WrittenCount > 0;

    /// <summary>The last bytes that were read.</summary>
    public ReadOnlySpan<byte> Last(int bytes) => input.Span[(_position - bytes).._position];

    /// <summary>The next character; <see cref="ConfigRunes.End"/> at the end, U+FFFD for a byte that is not UTF-8.</summary>
    public int Read()
    {
        var span = input.Span;
        if (_position >= span.Length)
        {
            _width = 0;
            return ConfigRunes.End;
        }
        if (span[_position] == '\n')
        {
            Line++;
            _lineStart = _position;
        }
        if (Rune.DecodeFromUtf8(span[_position..], out var rune, out _width) != OperationStatus.Done) _width = 1;
        _position += _width;
        return rune.Value;
    }

    /// <summary>Steps back by the width of the last character read.</summary>
    public void Unread()
    {
        _position -= _width;
        if (_position < input.Length && input.Span[_position] == '\n') Line--;
    }

    public int Peek()
    {
        var r = Read();
        Unread();
        return r;
    }

    /// <summary>Skips what is pending.</summary>
    public void Mark()
    {
        _start = _position;
        _itemLineStart = _lineStart;
    }

    /// <summary>Drops the first pending byte when it is <paramref name="value"/>.</summary>
    public bool TryDrop(byte value)
    {
        if (_start >= input.Length || input.Span[_start] != value) return false;
        _start++;
        return true;
    }

    /// <summary>Adds to the item what its source stands for, in place of what is pending.</summary>
    public void Keep(ReadOnlySpan<byte> part)
    {
        _unescaped.Write(part);
        _start = _position;
    }

    /// <summary>Cuts out the pending item.</summary>
    public ConfigItem Take(ConfigItemKind kind)
    {
        if (HasEscapes) Keep(Pending);
        var bytes = HasEscapes ? _unescaped.WrittenSpan : Pending;
        // Where the item begins; an escape makes it shorter than its source and so moves the column right, as in the reference.
        var item = new ConfigItem(kind, ConfigText.Decode(bytes), Line, _position - _itemLineStart - bytes.Length);
        _unescaped.ResetWrittenCount();
        Mark();
        return item;
    }
}
