using System.Buffers;
using System.Text;
using static NATS.Server.Core.Config.ConfigRunes;

namespace NATS.Server.Core.Config;

/// <summary>
/// Splits a configuration text into items. One owner. A pushdown automaton without recursion: nesting costs heap, not stack.
/// </summary>
/// <remarks>
/// The language is forgiving in ways that files in the field rely on, and positions and digests must be those of the reference, so the automaton
/// keeps the reference's oddities: a NUL byte reads as the end of the text, a number swallows the bracket right after it, and a block at the very end
/// of a file keeps its parenthesis. See also <see cref="ConfigCursor"/>.
/// </remarks>
internal sealed class ConfigLexer(ReadOnlyMemory<byte> input)
{
    private readonly ConfigCursor _cursor = new(input);
    private readonly Queue<ConfigItem> _items = new();
    private readonly Stack<State> _resume = new();
    private State _state = State.Top;
    private State _afterEscape;

    private enum State : byte
    {
        Top,
        TopValueEnd,
        BlockStart,
        BlockValueEnd,
        BlockEnd,
        KeyStart,
        KeyEnd,
        Value,
        ArrayValue,
        ArrayValueEnd,
        MapKeyStart,
        MapKeyEnd,
        MapValue,
        MapValueEnd,
        PlainString,
        QuotedString,
        Done,
    }

    /// <summary>The next item. After <see cref="ConfigItemKind.End"/> or <see cref="ConfigItemKind.Error"/> nothing more comes.</summary>
    public ConfigItem Next()
    {
        while (_items.Count == 0) _state = Step(_state);
        return _items.Dequeue();
    }

    private State Step(State state) => state switch
    {
        State.Top => LexTop(),
        State.TopValueEnd => LexTopValueEnd(),
        State.BlockStart => LexBlockStart(),
        State.BlockValueEnd => LexBlockValueEnd(),
        State.BlockEnd => LexBlockEnd(),
        State.KeyStart => LexKeyStart(),
        State.KeyEnd => LexKeyEnd(),
        State.Value => LexValue(),
        State.ArrayValue => LexArrayValue(),
        State.ArrayValueEnd => LexArrayValueEnd(),
        State.MapKeyStart => LexMapKeyStart(),
        State.MapKeyEnd => LexMapKeyEnd(),
        State.MapValue => LexMapValue(),
        State.MapValueEnd => LexMapValueEnd(),
        State.PlainString => LexPlainString(),
        State.QuotedString => LexQuotedString(),
        _ => EmitEnd(),
    };

    // ---- structure ----

    private State LexTop()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.Top);
        if (r == '{')
        {
            _resume.Push(State.Top);
            return Skip(State.BlockStart);
        }
        if (IsComment(r)) return LexComment(State.Top);
        if (r is End or '/') return EndUnlessPending();
        Unread();
        _resume.Push(State.TopValueEnd);
        return State.KeyStart;
    }

    private State LexTopValueEnd()
    {
        var r = Read();
        if (IsComment(r)) return LexComment(State.Top);
        if (r == '/' || IsBlank(r)) return State.TopValueEnd;
        if (IsLineBreak(r) || r is End or ';' or ',' or '}') return Skip(State.Top);
        return Fail($"Expected a top-level value to end with a new line, comment or EOF, but got '{Show(r)}' instead.");
    }

    private State LexBlockStart()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.BlockStart);
        if (r == '{')
        {
            _resume.Push(State.BlockEnd);
            return Skip(State.BlockStart);
        }
        if (r == '}') return Skip(Resume());
        if (IsComment(r)) return LexComment(State.BlockStart);
        if (r is End or '/') return EndUnlessPending();
        Unread();
        _resume.Push(State.BlockValueEnd);
        return State.KeyStart;
    }

    private State LexBlockValueEnd()
    {
        var r = Read();
        if (IsComment(r)) return LexComment(State.BlockValueEnd);
        if (r == '/' || IsBlank(r)) return State.BlockValueEnd;
        if (IsLineBreak(r) || r is ';' or ',') return Skip(State.BlockStart);
        if (r == '}')
        {
            Unread();
            return State.BlockEnd;
        }
        return Fail($"Expected a block-level value to end with a new line, comment or EOF, but got '{Show(r)}' instead.");
    }

    private State LexBlockEnd()
    {
        var r = Read();
        if (IsComment(r)) return LexComment(State.BlockStart);
        if (r == '/' || IsLineBreak(r) || IsBlank(r)) return State.BlockEnd;
        if (r is ';' or ',') return Skip(State.BlockStart);
        if (r == '}') return Skip(Resume());
        return Fail($"Expected a block-level to end with a '}}', but got '{Show(r)}' instead.");
    }

    private State LexArrayValue()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.ArrayValue);
        if (IsComment(r)) return LexComment(State.ArrayValue);
        if (r is '/' or ',') return Fail("Unexpected array value terminator ','.");
        if (r == ']') return EmitAndResume(ConfigItemKind.ArrayEnd);
        Unread();
        _resume.Push(State.ArrayValueEnd);
        return State.Value;
    }

    private State LexArrayValueEnd()
    {
        var r = Read();
        if (IsBlank(r)) return Skip(State.ArrayValueEnd);
        if (IsComment(r)) return LexComment(State.ArrayValueEnd);
        if (r is '/' or ',' || IsLineBreak(r)) return Skip(State.ArrayValue);
        if (r == ']') return EmitAndResume(ConfigItemKind.ArrayEnd);
        return Fail($"Expected an array value terminator \",\" or an array terminator \"]\", but got '{Show(r)}' instead.");
    }

    private State LexMapValueEnd()
    {
        var r = Read();
        if (IsBlank(r)) return Skip(State.MapValueEnd);
        if (IsComment(r)) return LexComment(State.MapValueEnd);
        if (r is '/' or ';' or ',' || IsLineBreak(r)) return Skip(State.MapKeyStart);
        if (r == '}') return EmitAndResume(ConfigItemKind.MapEnd);
        return Fail($"Expected a map value terminator \",\" or a map terminator \"}}\", but got '{Show(r)}' instead.");
    }

    // ---- keys ----

    private State LexKeyStart()
    {
        var r = Peek();
        if (IsSeparator(r)) return Fail($"Unexpected key separator '{Show(r)}'");
        if (IsSpace(r))
        {
            Read();
            return Skip(State.KeyStart);
        }
        if (r is '"' or '\'')
        {
            Read();
            Mark();
            while (Peek() is var quoted && quoted != r)
            {
                if (quoted == End) return EndUnlessPending();
                Read();
            }
            return EmitQuotedKey(State.KeyEnd);
        }
        Mark();
        Read();
        while (true)
        {
            r = Peek();
            if (IsSpace(r)) return KeyOrInclude(State.KeyEnd, null);
            if (IsSeparator(r) || r == End)
            {
                Emit(ConfigItemKind.Key);
                return State.KeyEnd;
            }
            Read();
        }
    }

    private State LexMapKeyStart()
    {
        var r = Peek();
        if (IsSeparator(r)) return Fail($"Unexpected key separator '{Show(r)}'.");
        if (r == ']') return Fail("Unexpected array end ']' processing map.");
        if (r == End) return Fail("Unexpected EOF processing map.");
        if (IsSpace(r))
        {
            Read();
            return Skip(State.MapKeyStart);
        }
        if (r == '}')
        {
            Read();
            return EmitAndResume(ConfigItemKind.MapEnd);
        }
        if (r is '#' or '/')
        {
            Read();
            if (IsComment(r)) return LexComment(State.MapKeyStart);
            // A lone slash before a key is dropped.
        }
        else if (r is '"' or '\'')
        {
            Read();
            Mark();
            while (Peek() is var quoted && quoted != r)
            {
                if (quoted == End) return Fail($"Unexpected EOF processing {(r == '"' ? "double quoted" : "quoted")} map key.");
                Read();
            }
            return EmitQuotedKey(State.MapKeyEnd);
        }
        Mark();
        Read();
        while (true)
        {
            r = Peek();
            if (r == End) return Fail("Unexpected EOF processing map key.");
            if (IsSpace(r)) return KeyOrInclude(State.MapKeyEnd, State.MapValueEnd);
            if (IsSeparator(r))
            {
                Emit(ConfigItemKind.Key);
                return State.MapKeyEnd;
            }
            Read();
        }
    }

    private State EmitQuotedKey(State next)
    {
        Emit(ConfigItemKind.Key);
        Read();
        return Skip(next);
    }

    // "include" is a keyword only where white space follows; "include: x" is a key.
    private State KeyOrInclude(State afterKey, State? afterInclude)
    {
        if (!Ascii.EqualsIgnoreCase(_cursor.Pending, "include"u8))
        {
            Emit(ConfigItemKind.Key);
            return afterKey;
        }
        Mark();
        if (afterInclude is { } resume) _resume.Push(resume);
        return LexInclude();
    }

    private State LexKeyEnd()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.KeyEnd);
        if (IsSeparator(r)) return Skip(State.Value);
        if (r == End) return EmitEnd();
        Unread();
        return State.Value;
    }

    private State LexMapKeyEnd()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.MapKeyEnd);
        if (IsSeparator(r)) return Skip(State.MapValue);
        Unread();
        return State.MapValue;
    }

    private State LexMapValue()
    {
        var r = Read();
        if (IsSpace(r)) return Skip(State.MapValue);
        if (r == ',') return Fail("Unexpected map value terminator \",\".");
        if (r == '}') return EmitAndResume(ConfigItemKind.MapEnd);
        Unread();
        _resume.Push(State.MapValueEnd);
        return State.Value;
    }

    private State LexInclude()
    {
        var r = Read();
        while (IsBlank(r))
        {
            Mark();
            r = Read();
        }
        if (r is '"' or '\'')
        {
            Mark();
            while (Read() is var quoted && quoted != r)
            {
                if (quoted == End) return Fail($"Unexpected EOF in {(r == '"' ? "double quoted" : "quoted")} include");
            }
            return EmitBeforeQuote(ConfigItemKind.Include);
        }
        var wrong = r switch
        {
            '[' => "start of an array",
            '{' => "start of a map",
            '(' => "start of a block",
            '-' => "start of a number",
            '\\' => "escape sequence",
            _ when IsDigit(r) => "start of a number",
            _ when IsLineBreak(r) => "new line",
            _ => null,
        };
        if (wrong is not null) return Fail($"Expected include value but found {wrong}");
        while (!(IsLineBreak(r) || IsBlank(r) || r is End or ';' or '}'))
        {
            if (r == '\'') return EmitBeforeQuote(ConfigItemKind.Include);
            r = Read();
        }
        Unread();
        Emit(ConfigItemKind.Include);
        return Resume();
    }

    // ---- values ----

    private State LexValue()
    {
        var r = Read();
        if (IsBlank(r)) return Skip(State.Value);
        switch (r)
        {
            case '[':
                Mark();
                Emit(ConfigItemKind.ArrayStart);
                return State.ArrayValue;
            case '{':
                Mark();
                Emit(ConfigItemKind.MapStart);
                return State.MapKeyStart;
            case '\'':
                Mark();
                return LexRawString();
            case '"':
                Mark();
                _afterEscape = State.QuotedString;
                return State.QuotedString;
            case '(':
                Mark();
                return LexParenthesizedBlock();
            case '-':
                return LexNumberStart(LexNegativeNumber);
            case '.':
                return Fail("Floats must start with a digit");
        }
        if (IsLineBreak(r)) return Fail("Expected value but found new line");
        Unread();
        if (IsDigit(r)) return LexNumberStart(LexNumber);
        return ContinueAsString();
    }

    private State LexRawString()
    {
        int r;
        while ((r = Read()) != '\'')
        {
            if (r == End) return EndUnlessPending();
        }
        return EmitBeforeQuote(ConfigItemKind.Text);
    }

    private State LexQuotedString()
    {
        while (true)
        {
            var r = Read();
            if (r == '\\') return LexEscape();
            if (r == '"') return EmitBeforeQuote(ConfigItemKind.Text);
            if (r == End) return EndUnlessPending();
        }
    }

    private State LexPlainString()
    {
        while (true)
        {
            var r = Read();
            if (r == '\\') return LexEscape();
            if (r == '\'') return EmitBeforeQuote(ConfigItemKind.Text);
            if (!(IsLineBreak(r) || IsBlank(r) || r is End or ';' or ',' or ']' or '}')) continue;

            Unread();
            if (_cursor.HasEscapes)
            {
                Emit(ConfigItemKind.Text);
            }
            else if (IsBoolean(_cursor.Pending))
            {
                Emit(ConfigItemKind.Boolean);
            }
            else if (_cursor.TryDrop((byte)'$'))
            {
                Emit(ConfigItemKind.Variable);
            }
            else
            {
                Emit(ConfigItemKind.Text);
            }
            return Resume();
        }
    }

    private State ContinueAsString()
    {
        _afterEscape = State.PlainString;
        return State.PlainString;
    }

    // \t \n \r \" \\ \xHH; the backslash is consumed
    private State LexEscape()
    {
        _cursor.Keep(_cursor.Pending[..^1]);
        var r = Read();
        if (r == 'x') return LexHexEscape();
        ReadOnlySpan<byte> replacement = r switch
        {
            't' => "\t"u8,
            'n' => "\n"u8,
            'r' => "\r"u8,
            '"' => "\""u8,
            '\\' => "\\"u8,
            _ => default,
        };
        if (replacement.IsEmpty)
        {
            return Fail($"Invalid escape character '{Show(r)}'. Only the following escape characters are allowed: " +
                        """\xXX, \t, \n, \r, \", \\.""");
        }
        _cursor.Keep(replacement);
        return _afterEscape;
    }

    private State LexHexEscape()
    {
        for (var i = 0; i < 2; i++)
        {
            if (IsLineBreak(Read())) return Fail("""Expected two hexadecimal digits after '\x', but hit end of line""");
        }
        var digits = _cursor.Last(2);
        Span<byte> value = stackalloc byte[1];
        if (Convert.FromHexString(digits, value, out _, out _) != OperationStatus.Done)
            return Fail($"""Expected two hexadecimal digits after '\x', but got '{ConfigText.Decode(digits)}'""");
        _cursor.Keep(value);
        return _afterEscape;
    }

    // ( ... ) where the closing parenthesis is alone on its line
    private State LexParenthesizedBlock()
    {
        while (true)
        {
            var r = Read();
            if (r == End) return Fail("Unexpected EOF processing block.");
            if (r != ')') continue;
            Unread();
            Unread();
            if (Read() != '\n')
            {
                Read();
                continue;
            }
            Read();
            if (Read() is '\n' or End)
            {
                Unread();
                Unread();
                return EmitAtQuote(ConfigItemKind.Text);
            }
            Unread();
        }
    }

    // ---- numbers, dates, and what only begins like one ----

    private State LexNumberStart(Func<State> lexRest)
    {
        var r = Read();
        if (IsDigit(r)) return lexRest();
        return Fail(r == '.' ? "Floats must start with a digit, not '.'." : $"Expected a digit but got '{Show(r)}'.");
    }

    private State LexNumber()
    {
        while (true)
        {
            var r = Read();
            if (IsDigit(r)) continue;
            if (r == '-') return _cursor.Pending.Length == 5 ? LexDateAfterYear() : Fail("All ISO8601 dates must be in full Zulu form.");
            if (r == '.') return LexFraction();
            if (IsSizeSuffix(r)) return LexSuffix();
            if (!EndsNumber(r)) return ContinueAsString();
            return EmitBefore(ConfigItemKind.Integer);
        }
    }

    private State LexNegativeNumber()
    {
        while (true)
        {
            var r = Read();
            if (IsDigit(r)) continue;
            if (r == '.') return LexFraction();
            if (IsSizeSuffix(r)) return LexSuffix();
            return EmitBefore(ConfigItemKind.Integer);
        }
    }

    private State LexSuffix()
    {
        int r;
        do
        {
            r = Read();
        }
        while (r is 'b' or 'B' or 'i' or 'I');
        if (EndsNumber(r)) return EmitBefore(ConfigItemKind.Integer);
        Unread();
        return ContinueAsString();
    }

    private State LexFraction()
    {
        var r = Read();
        if (!IsDigit(r)) return Fail($"Floats must have a digit after the '.', but got '{Show(r)}' instead.");
        do
        {
            r = Read();
        }
        while (IsDigit(r));
        if (r != '.') return EmitBefore(ConfigItemKind.Float);
        // A second point: it was an address, such as 127.0.0.1:4222.
        do
        {
            r = Read();
        }
        while (IsDigit(r) || r is '.' or ':' or '-');
        return EmitBefore(ConfigItemKind.Text);
    }

    private State LexDateAfterYear()
    {
        foreach (var expected in "00-00T00:00:00Z")
        {
            var r = Read();
            if (expected == '0')
            {
                if (!IsDigit(r)) return Fail($"Expected digit in ISO8601 datetime, but found '{Show(r)}' instead.");
            }
            else if (r != expected)
            {
                return Fail($"Expected '{expected}' in ISO8601 datetime, but found '{Show(r)}' instead.");
            }
        }
        Emit(ConfigItemKind.DateTime);
        return Resume();
    }

    // ---- comments ----

    // "#" or "//"; a second slash is consumed only when it is there
    private bool IsComment(int r)
    {
        if (r == '#') return true;
        if (r != '/') return false;
        if (Read() == '/') return true;
        Unread();
        return false;
    }

    private State LexComment(State next)
    {
        while (!(Peek() is var r && (IsLineBreak(r) || r == End))) Read();
        return Skip(next);
    }

    // ---- items ----

    private void Emit(ConfigItemKind kind) => _items.Enqueue(_cursor.Take(kind));

    private State EmitBefore(ConfigItemKind kind)
    {
        Unread();
        Emit(kind);
        return Resume();
    }

    private State EmitBeforeQuote(ConfigItemKind kind)
    {
        Unread();
        return EmitAtQuote(kind);
    }

    private State EmitAtQuote(ConfigItemKind kind)
    {
        Emit(kind);
        Read();
        Mark();
        return Resume();
    }

    private State EmitAndResume(ConfigItemKind kind)
    {
        Mark();
        Emit(kind);
        return Resume();
    }

    private State EmitEnd()
    {
        Emit(ConfigItemKind.End);
        return State.Done;
    }

    private State EndUnlessPending() => _cursor.Pending.IsEmpty ? EmitEnd() : Fail("Unexpected EOF.");

    private State Fail(string message)
    {
        _items.Enqueue(new ConfigItem(ConfigItemKind.Error, message, _cursor.Line, 0));
        return State.Done;
    }

    private State Resume() => _resume.TryPop(out var state) ? state : Fail("BUG in lexer: no states to pop.");

    private State Skip(State next)
    {
        Mark();
        return next;
    }

    private int Read() => _cursor.Read();

    private void Unread() => _cursor.Unread();

    private int Peek() => _cursor.Peek();

    private void Mark() => _cursor.Mark();
}
