using System.Buffers;
using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. Whether text is JSON, and in the words of the reference where it is not. Texts of strings need not be UTF-8.</summary>
internal static class JsonSyntax
{
    /// <summary>How deep arrays and objects may be within each other.</summary>
    public const int MaximumDepth = 10_000;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    private enum Expected
    {
        Value,
        ElementOrEnd,
        Key,
        KeyOrEnd,
        EndOrMore,
    }

    /// <summary>The position of the next byte that is not a blank; the length when there is none.</summary>
    public static int SkipBlanks(ReadOnlySpan<byte> text, int position)
    {
        int next = text[position..].IndexOfAnyExcept(Blanks);
        return next < 0 ? text.Length : position + next;
    }

    /// <summary>Checks one value.</summary>
    /// <param name="text">All of the text.</param>
    /// <param name="position">Where the value begins, or blanks before it.</param>
    /// <param name="problem">Null when there is one whole value.</param>
    /// <returns>The position after the value.</returns>
    public static int Scan(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        problem = null;
        var containers = new Stack<bool>(); // true: an object
        Expected expected = Expected.Value;
        while (true)
        {
            position = SkipBlanks(text, position);
            if (position >= text.Length)
            {
                problem = JsonProblem.End;
                return position;
            }

            byte next = text[position];
            switch (expected)
            {
                case Expected.Key or Expected.KeyOrEnd when next == '"':
                    position = ScanKey(text, position, out problem);
                    expected = Expected.Value;
                    break;
                case Expected.Key or Expected.KeyOrEnd when next != '}' || expected == Expected.Key:
                    problem = Invalid(text, position, "looking for beginning of object key string");
                    break;
                case Expected.EndOrMore when next == ',':
                    position++;
                    expected = containers.Peek() ? Expected.Key : Expected.Value;
                    break;
                case Expected.KeyOrEnd:
                case Expected.ElementOrEnd when next == ']':
                case Expected.EndOrMore when next == (containers.Peek() ? '}' : ']'):
                    position++;
                    containers.Pop();
                    expected = Expected.EndOrMore;
                    break;
                case Expected.EndOrMore:
                    problem = Invalid(text, position, containers.Peek() ? "after object key:value pair" : "after array element");
                    break;
                default:
                    if (next is (byte)'{' or (byte)'[')
                    {
                        position++;
                        containers.Push(next == '{');
                        if (containers.Count > MaximumDepth) problem = new JsonProblem("exceeded max depth", position);
                        expected = next == '{' ? Expected.KeyOrEnd : Expected.ElementOrEnd;
                    }
                    else
                    {
                        position = ScanScalar(text, position, out problem);
                        expected = Expected.EndOrMore;
                    }

                    break;
            }

            if (problem is not null || (expected == Expected.EndOrMore && containers.Count == 0)) return position;
        }
    }

    /// <summary>The problem of a character that may not stand where it stands.</summary>
    public static JsonProblem Invalid(ReadOnlySpan<byte> text, int position, string where)
    {
        OperationStatus status = Rune.DecodeFromUtf8(text[position..], out Rune rune, out int length);
        string character = status == OperationStatus.Done ? GoFormat.QuoteValue((long)rune.Value) : $@"'\x{text[position]:x}'";
        return new JsonProblem($"invalid character {character} {where}", position + (status == OperationStatus.Done ? length : 1));
    }

    /// <summary>Text as Go quotes it, also when it is not UTF-8.</summary>
    public static string Quote(ReadOnlySpan<byte> text)
    {
        var characters = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done)
            {
                characters.Append(rune.ToString());
            }
            else
            {
                // What quotes shows the low byte of a lone surrogate.
                length = 1;
                characters.Append((char)(0xDC00 | text[0]));
            }

            text = text[length..];
        }

        return GoFormat.Quote(characters.ToString());
    }

    private static int ScanKey(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        position = ScanString(text, position, out problem);
        if (problem is not null) return position;
        position = SkipBlanks(text, position);
        if (position >= text.Length) problem = JsonProblem.End;
        else if (text[position] != ':') problem = Invalid(text, position, "after object key");
        return position + 1;
    }

    private static int ScanScalar(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        switch (text[position])
        {
            case (byte)'"': return ScanString(text, position, out problem);
            case (byte)'t': return ScanLiteral(text, position, "true", out problem);
            case (byte)'f': return ScanLiteral(text, position, "false", out problem);
            case (byte)'n': return ScanLiteral(text, position, "null", out problem);
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'): return ScanNumber(text, position, out problem);
            default:
                problem = Invalid(text, position, "looking for beginning of value");
                return position;
        }
    }

    private static int ScanLiteral(ReadOnlySpan<byte> text, int position, string literal, out JsonProblem? problem)
    {
        problem = null;
        foreach (char expected in literal)
        {
            if (position >= text.Length) problem = JsonProblem.End;
            else if (text[position] != expected) problem = Invalid(text, position, $"in literal {literal} (expecting '{expected}')");
            if (problem is not null) return position;
            position++;
        }

        return position;
    }

    // '-'? ( '0' | [1-9] [0-9]* ) ( '.' [0-9]+ )? ( [eE] [+-]? [0-9]+ )?
    private static int ScanNumber(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        if (text[position] == '-') position++;
        bool isZero = position < text.Length && text[position] == '0';
        position = isZero ? position + 1 : ScanDigits(text, position, out problem);
        problem = null;
        if (!isZero && !char.IsAsciiDigit((char)text[position - 1])) problem = DigitMissing(text, position);
        if (problem is null && position < text.Length && text[position] == '.') position = ScanDigits(text, position + 1, out problem);
        if (problem is null && position < text.Length && text[position] is (byte)'e' or (byte)'E')
        {
            position++;
            if (position < text.Length && text[position] is (byte)'+' or (byte)'-') position++;
            position = ScanDigits(text, position, out problem);
        }

        return position;
    }

    private static int ScanDigits(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit((char)text[position])) position++;
        problem = position == start ? DigitMissing(text, position) : null;
        return position;
    }

    private static JsonProblem DigitMissing(ReadOnlySpan<byte> text, int position) =>
        position >= text.Length ? JsonProblem.End : Invalid(text, position, "in numeric literal");

    private static int ScanString(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        problem = null;
        for (position++; position < text.Length; position++)
        {
            byte next = text[position];
            if (next == '"') return position + 1;
            if (next < 0x20) problem = Invalid(text, position, "in string");
            else if (next == '\\') position = ScanEscape(text, position, out problem);
            if (problem is not null) return position;
        }

        problem = JsonProblem.End;
        return position;
    }

    // Returns the position of the last byte of the escape.
    private static int ScanEscape(ReadOnlySpan<byte> text, int position, out JsonProblem? problem)
    {
        problem = null;
        ReadOnlySpan<byte> rest = text[position..];
        if (rest.Length == 1)
        {
            problem = JsonProblem.End;
            return position;
        }

        if (rest[1] != 'u')
        {
            if (!"\"\\/bfnrt"u8.Contains(rest[1])) problem = InvalidEscape(rest[..2], position);
            return position + 1;
        }

        ReadOnlySpan<byte> escape = rest[..Math.Min(6, rest.Length)];
        foreach (byte digit in escape[2..])
        {
            if (char.IsAsciiHexDigit((char)digit)) continue;
            problem = InvalidEscape(escape, position);
            return position;
        }

        if (escape.Length < 6) problem = JsonProblem.End;
        return position + 5;
    }

    private static JsonProblem InvalidEscape(ReadOnlySpan<byte> escape, int position)
    {
        string quoted = Quote(escape);

        // Go shows it as it is when that can be read.
        bool isPlain = !escape.ContainsAny((byte)'`', (byte)' ') && quoted.Length == Encoding.UTF8.GetString(escape).Replace("\\", "\\\\").Replace("\"", "\\\"").Length + 2;
        return new JsonProblem($"invalid escape sequence {(isPlain ? $"`{Encoding.UTF8.GetString(escape)}`" : quoted)} in string", position + escape.Length);
    }
}
