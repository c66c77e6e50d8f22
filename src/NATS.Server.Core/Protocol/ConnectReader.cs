using System.Buffers;
using System.Text;
using System.Text.Json;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// Reads one JSON object field by field with the leniency that clients of the reference rely on. A value of the wrong type does not stop the
/// reading, so that malformed JSON later on is still found; the first one is kept in <see cref="TypeError"/>.
/// </summary>
internal ref struct ConnectReader
{
    private Utf8JsonReader _json;
    private string _field = "";

    public ConnectReader(ReadOnlySpan<byte> json, int maxDepth) =>
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });

    /// <summary>The first value of the wrong type, or null.</summary>
    public string? TypeError { get; private set; }

    /// <summary>Enters the object. False when there is none to read fields from.</summary>
    public bool Start()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.StartObject) return true;
        if (_json.TokenType != JsonTokenType.Null) WrongType("an object");
        return false;
    }

    /// <summary>Moves to the next field's value. False at the end of the object.</summary>
    /// <param name="name">Folded to lower case.</param>
    public bool NextField(out string name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndObject)
        {
            name = "";
            return false;
        }

        name = Fold(ReadText());
        _field = name;
        _json.Read();
        return true;
    }

    public bool Flag(bool current)
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null: return current;
            case JsonTokenType.True: return true;
            case JsonTokenType.False: return false;
            default:
                WrongType("a bool");
                return current;
        }
    }

    public string Text(string current)
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null: return current;
            case JsonTokenType.String: return ReadText();
            default:
                WrongType("a string");
                return current;
        }
    }

    public long Number(long current)
    {
        if (_json.TokenType == JsonTokenType.Null) return current;
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out long value)) return value;
        WrongType("an int");
        return current;
    }

    public SubjectPermission? Permission(SubjectPermission? current)
    {
        if (_json.TokenType == JsonTokenType.Null) return null;
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            WrongType("an object");
            return current;
        }

        IReadOnlyList<string>? allow = current?.Allow, deny = current?.Deny;
        while (NextField(out string name))
        {
            switch (name)
            {
                case "allow": allow = Texts(allow); break;
                case "deny": deny = Texts(deny); break;
                default: Skip(); break;
            }
        }

        return new SubjectPermission(allow, deny);
    }

    /// <summary>Passes over the value.</summary>
    public void Skip() => _json.Skip();

    /// <summary>Checks that nothing follows.</summary>
    /// <exception cref="JsonException">Something does.</exception>
    public void End()
    {
        while (_json.Read())
        {
        }
    }

    private IReadOnlyList<string>? Texts(IReadOnlyList<string>? current)
    {
        if (_json.TokenType == JsonTokenType.Null) return null;
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            WrongType("an array");
            return current;
        }

        var texts = new List<string>();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(Text(""));
        }

        return texts;
    }

    private void WrongType(string expected)
    {
        string found = _json.TokenType switch
        {
            JsonTokenType.StartObject => "object",
            JsonTokenType.StartArray => "array",
            JsonTokenType.String => "string",
            JsonTokenType.Number => "number",
            _ => "bool",
        };
        TypeError ??= _field.Length == 0 ? $"json: {found} found where {expected} is expected" : $"json: field {_field} is a {found}, not {expected}";
        _json.Skip();
    }

    // Lone surrogates and every byte that is not part of valid UTF-8 become one U+FFFD each; Utf8JsonReader.GetString would throw.
    private readonly string ReadText()
    {
        ReadOnlySpan<byte> source = _json.ValueSpan;
        if (!_json.ValueIsEscaped && System.Text.Unicode.Utf8.IsValid(source)) return Encoding.UTF8.GetString(source);

        char[] rented = ArrayPool<char>.Shared.Rent(source.Length);
        int length = 0;
        for (int i = 0; i < source.Length;)
        {
            if (source[i] == (byte)'\\')
            {
                i += Unescape(source[i..], rented, ref length);
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf8(source[i..], out Rune rune, out int used);
            i += status == OperationStatus.Done ? used : 1;
            length += rune.EncodeToUtf16(rented.AsSpan(length));
        }

        string text = new(rented, 0, length);
        ArrayPool<char>.Shared.Return(rented, clearArray: true);
        return text;
    }

    private static int Unescape(ReadOnlySpan<byte> source, char[] target, ref int length)
    {
        if (source[1] != (byte)'u')
        {
            target[length++] = (char)source[1] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                char itself => itself,
            };
            return 2;
        }

        char unit = HexUnit(source[2..]);
        if (!char.IsSurrogate(unit))
        {
            target[length++] = unit;
            return 6;
        }

        if (source.Length >= 12 && source[6] == (byte)'\\' && source[7] == (byte)'u' && char.IsSurrogatePair(unit, HexUnit(source[8..])))
        {
            target[length++] = unit;
            target[length++] = HexUnit(source[8..]);
            return 12;
        }

        target[length++] = '\uFFFD';
        return 6;
    }

    private static char HexUnit(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            value = (value << 4) | HexDigit(digits[i]);
        }

        return (char)value;
    }

    private static int HexDigit(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    // Simple case folding reaches ASCII letters from two letters outside ASCII: the long s and the Kelvin sign.
    private static string Fold(string name) => string.Create(name.Length, name, static (folded, text) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            folded[i] = text[i] switch
            {
                '\u017F' => 's',
                '\u212A' => 'k',
                >= 'A' and <= 'Z' => (char)(text[i] | 0x20),
                _ => text[i],
            };
        }
    });
}
