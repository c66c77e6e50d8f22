using System.Globalization;
using System.Text;

namespace NATS.Server.Host.Explain;

/// <summary>Takes apart what a server says. One read at a time.</summary>
internal sealed class NatsFrameReader(Stream stream)
{
    /// <summary>Bytes of a line: INFO lists the addresses of a whole cluster.</summary>
    private const int MaximumLine = 1024 * 1024;

    /// <summary>Bytes of a message: servers allow 64 MB at most.</summary>
    private const int MaximumMessage = 64 * 1024 * 1024;
    private const int FirstBuffer = 16 * 1024;
    private const int MaximumQuote = 60;

    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;

    /// <summary>Whether the server has already said more than was read.</summary>
    public bool HasMore => _start < _end;

    /// <summary>The next thing that the server says; null when it has closed the connection.</summary>
    /// <exception cref="ExplainException">It is not what a server says.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<NatsFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await ReadLineAsync(cancellationToken) is not { } line) return null;
        int blank = line.AsSpan().IndexOfAny(' ', '\t');
        (string verb, string rest) = blank < 0 ? (line, "") : (line[..blank], line[(blank + 1)..].Trim());
        return verb.ToUpperInvariant() switch
        {
            "INFO" => NatsFrame.Line(NatsFrameKind.Info, rest),
            "-ERR" => NatsFrame.Line(NatsFrameKind.Error, rest.Trim('\'')),
            "+OK" => NatsFrame.Line(NatsFrameKind.Ok),
            "PING" => NatsFrame.Line(NatsFrameKind.Ping),
            "PONG" => NatsFrame.Line(NatsFrameKind.Pong),
            "MSG" => await ReadMessageAsync(line, rest, hasHeaders: false, cancellationToken),
            "HMSG" => await ReadMessageAsync(line, rest, hasHeaders: true, cancellationToken),
            _ => throw NotNats(line),
        };
    }

    private static ExplainException NotNats(string line) => new($"it is no NATS server: it says {(line.Length > MaximumQuote ? line[..MaximumQuote] + "..." : line)}");

    private async ValueTask<NatsFrame?> ReadMessageAsync(string line, string rest, bool hasHeaders, CancellationToken cancellationToken)
    {
        // MSG <subject> <sid> [reply-to] <#bytes>; HMSG has the bytes of its headers before those of everything.
        string[] words = rest.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int headers = 0;
        if (words.Length < (hasHeaders ? 4 : 3) || !TryReadSize(words[^1], out int size) || (hasHeaders && (!TryReadSize(words[^2], out headers) || headers > size))) throw NotNats(line);
        const int LineEnd = 2;
        while (_end - _start < size + LineEnd)
        {
            if (!await FillAsync(size + LineEnd, cancellationToken)) return null;
        }

        byte[] all = _buffer.AsSpan(_start, size).ToArray();
        _start += size + LineEnd;
        return new NatsFrame(NatsFrameKind.Message, "", all[..headers], all[headers..]);
    }

    private static bool TryReadSize(string text, out int size) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size <= MaximumMessage;

    private async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                string line = Encoding.UTF8.GetString(_buffer, _start, searched + at).TrimEnd('\r');
                _start += searched + at + 1;
                return line;
            }

            searched = _end - _start;
            if (searched >= MaximumLine) throw NotNats(Encoding.UTF8.GetString(_buffer, _start, MaximumQuote + 1));
            if (!await FillAsync(searched + 1, cancellationToken)) return null;
        }
    }

    // Makes room for so many bytes in one piece and reads what there is.
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_buffer.Length - _start < wanted || _end == _buffer.Length)
        {
            byte[] roomy = wanted > _buffer.Length ? new byte[Math.Max(wanted, 2 * _buffer.Length)] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(roomy);
            (_buffer, _start, _end) = (roomy, 0, _end - _start);
        }

        int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += count;
        return count > 0;
    }
}
