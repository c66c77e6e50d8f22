using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>Renders <c>[pid] 2006/01/02 15:04:05.000000 [INF] text</c>. One thread at a time: the returned bytes live until the next call.</summary>
internal sealed class LogLine
{
    private const int MaxRetainedBuffer = 64 * 1024;
    private const string TimeFormat = "yyyy/MM/dd HH:mm:ss.ffffff ";

    private readonly TimeProvider? _time;
    private readonly bool _isUtc;
    private readonly byte[] _prefix;
    private readonly byte[][] _labels;
    private byte[] _buffer = new byte[1024];

    /// <summary>A form of lines.</summary>
    /// <param name="time">The clock; null for lines without time.</param>
    /// <param name="isUtc">Universal instead of local time.</param>
    /// <param name="hasColors">Labels with terminal colours.</param>
    /// <param name="processId">The number in front of every line.</param>
    public LogLine(TimeProvider? time, bool isUtc, bool hasColors, int processId)
    {
        _time = time;
        _isUtc = isUtc;
        _prefix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[{processId}] "));
        _labels = new byte[(int)LogLevel.None][];
        for (var level = LogLevel.Trace; level < LogLevel.None; level++)
        {
            var (label, color) = LabelOf(level);
            _labels[(int)level] = Encoding.ASCII.GetBytes(hasColors ? $"[\e[{color}m{label}\e[0m] " : $"[{label}] ");
        }
    }

    /// <summary>One line as UTF-8, ended by a line feed. A text that ends with one gets no second.</summary>
    public ReadOnlySpan<byte> Render(LogLevel level, ReadOnlySpan<char> text)
    {
        var label = _labels[(int)level];
        var bound = _prefix.Length + TimeFormat.Length + label.Length + Encoding.UTF8.GetMaxByteCount(text.Length) + 1;
        if (_buffer.Length < bound || (_buffer.Length > MaxRetainedBuffer && bound <= MaxRetainedBuffer))
            _buffer = new byte[Math.Max(bound, 1024)];

        var line = _buffer.AsSpan();
        _prefix.CopyTo(line);
        var length = _prefix.Length;
        if (_time is not null)
        {
            var now = _isUtc ? _time.GetUtcNow() : _time.GetLocalNow();
            now.TryFormat(line[length..], out var written, TimeFormat, CultureInfo.InvariantCulture);
            length += written;
        }
        label.CopyTo(line[length..]);
        length += label.Length;
        length += Encoding.UTF8.GetBytes(text, line[length..]);
        if (line[length - 1] != (byte)'\n')
            line[length++] = (byte)'\n';
        return line[..length];
    }

    // The colours of the reference: green, cyan, bright yellow, red, yellow.
    private static (string Label, string Color) LabelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => ("TRC", "33"),
        LogLevel.Debug => ("DBG", "36"),
        LogLevel.Information => ("INF", "32"),
        LogLevel.Warning => ("WRN", "0;93"),
        LogLevel.Error => ("ERR", "31"),
        _ => ("FTL", "31"),
    };
}
