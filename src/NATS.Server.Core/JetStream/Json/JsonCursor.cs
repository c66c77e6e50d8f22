using System.Globalization;
using System.Text;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>
/// Owned by one reader. Walks over one JSON value whose syntax is known to be right, and reads it into typed fields as the reference does: names of properties in any
/// case, the last of equal ones counts, <c>null</c> leaves a field as it was. The first problem ends the walk: everything after it reads as nothing.
/// </summary>
internal sealed class JsonCursor
{
    private readonly ReadOnlyMemory<byte> _text;
    private readonly string _root;
    private readonly bool _isStrict;
    private readonly List<string> _path = [];
    private int _position;

    /// <summary>Starts before a value.</summary>
    /// <param name="text">One value.</param>
    /// <param name="root">What the reference calls the type of the value: problems name it.</param>
    /// <param name="isStrict">Whether an unknown property is a problem.</param>
    public JsonCursor(ReadOnlyMemory<byte> text, string root, bool isStrict)
    {
        _text = text;
        _root = root;
        _isStrict = isStrict;
    }

    /// <summary>The first problem, in the words of the reference; null when there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Enters an object; then call <see cref="NextProperty"/> until it says false.</summary>
    /// <returns>False when there is null, or something else, which is a problem.</returns>
    public bool EnterObject(string type) => Enter('{', type);

    /// <summary>Enters an array; then call <see cref="NextElement"/> until it says false.</summary>
    /// <returns>False when there is null, or something else, which is a problem.</returns>
    public bool EnterArray(string type) => Enter('[', type);

    /// <summary>Goes to the value of the next property that is known.</summary>
    /// <param name="names">The known names.</param>
    /// <param name="name">One of the known names.</param>
    /// <returns>False at the end of the object.</returns>
    public bool NextProperty(ReadOnlySpan<string> names, out string name)
    {
        while (NextKey(out string key))
        {
            foreach (string known in names)
            {
                if (key != known && !JsonText.IsSameName(key, known)) continue;
                name = known;
                return true;
            }

            if (_isStrict) Fail($"json: unknown field {GoFormat.Quote(key)}");
            else Raw();
        }

        name = "";
        return false;
    }

    /// <summary>Goes to the value of the next property, whatever its name is.</summary>
    public bool NextKey(out string key)
    {
        key = "";
        if (!Next('}')) return false;
        key = JsonText.Decode(RawString());
        int colon = Rest().IndexOf((byte)':');
        _position += colon + 1;
        _path[^1] = key;
        return true;
    }

    /// <summary>Goes to the next element.</summary>
    public bool NextElement()
    {
        if (!Next(']')) return false;
        _path[^1] = _path[^1].Length == 0 ? "0" : (int.Parse(_path[^1], CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>Passes over null.</summary>
    /// <returns>Whether there was one.</returns>
    public bool SkipNull()
    {
        if (Problem is not null || !Rest().StartsWith("null"u8)) return false;
        _position += 4;
        return true;
    }

    /// <summary>Passes over any value, and returns its bytes.</summary>
    public ReadOnlySpan<byte> Raw()
    {
        if (Problem is not null) return default;
        int start = JsonSyntax.SkipBlanks(_text.Span, _position);
        _position = JsonSyntax.Scan(_text.Span, start, out _);
        return _text.Span[start.._position];
    }

    /// <summary>Reads a string.</summary>
    /// <param name="current">What it is when there is null.</param>
    /// <param name="type">What the reference calls the type.</param>
    public string Text(string current, string type = "string") => Is('"', type) ? JsonText.Decode(RawString()) : current;

    /// <summary>Reads true or false.</summary>
    /// <param name="current">What it is when there is null.</param>
    public bool Flag(bool current)
    {
        if (Problem is not null) return current;
        if (Rest()[0] is (byte)'t' or (byte)'f') return Raw()[0] == 't';
        Is('t', "bool");
        return current;
    }

    /// <summary>Reads a whole number.</summary>
    /// <param name="current">What it is when there is null.</param>
    /// <param name="type">What the reference calls the type.</param>
    public long Number(long current, string type = "int64") =>
        TryNumber(type, out string digits) ? long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : OutOfRange(digits, type, current) : current;

    /// <summary>Reads a whole number of 32 bits.</summary>
    /// <param name="current">What it is when there is null.</param>
    public int SmallNumber(int current) =>
        TryNumber("int32", out string digits) ? int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : OutOfRange(digits, "int32", current) : current;

    /// <summary>Reads a whole number that is not negative.</summary>
    /// <param name="current">What it is when there is null.</param>
    public ulong Unsigned(ulong current) =>
        TryNumber("uint64", out string digits) ? ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : OutOfRange(digits, "uint64", current) : current;

    /// <summary>Reads nanoseconds.</summary>
    /// <param name="current">What it is when there is null.</param>
    public long Duration(long current) => Number(current, "time.Duration");

    /// <summary>Reads a time; null when there is null.</summary>
    public ZonedTime? Time()
    {
        if (!Is('"', "time.Time")) return null;
        if (ZonedTime.TryParse(JsonText.Decode(RawString()), out ZonedTime time, out string? problem)) return time;
        Fail(problem);
        return null;
    }

    /// <summary>Reads an array of strings; null when there is null.</summary>
    public ValueList<string>? Texts()
    {
        if (!EnterArray("[]string")) return null;
        List<string> texts = [];
        while (NextElement()) texts.Add(Text(""));
        return [.. texts];
    }

    /// <summary>Reads a string that is one of a few, spelled without escapes.</summary>
    /// <param name="choices">The few.</param>
    /// <param name="anyCase">Whether upper case passes too.</param>
    /// <returns>Which one; the first after a problem.</returns>
    public int Choice(ReadOnlySpan<string> choices, bool anyCase = false)
    {
        ReadOnlySpan<byte> raw = Raw();
        int choice = IndexOf(choices, raw, anyCase);
        if (choice < 0 && Problem is null) Fail($"can not unmarshal {JsonSyntax.Quote(raw)}");
        return Math.Max(choice, 0);
    }

    /// <summary>The position in the list of what is written as a JSON string; -1 when it is not in there.</summary>
    public static int IndexOf(ReadOnlySpan<string> choices, ReadOnlySpan<byte> raw, bool anyCase = false)
    {
        string text = Encoding.UTF8.GetString(raw);
        for (int i = 0; i < choices.Length; i++)
        {
            if (text.Length == choices[i].Length + 2 && text.AsSpan(1, choices[i].Length).Equals(choices[i], anyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) && text[0] == '"') return i;
        }

        return -1;
    }

    /// <summary>Ends the walk with a problem, unless it has ended with one.</summary>
    public void Fail(string problem) => Problem ??= problem;

    // What is left, from the next byte that is not a blank, to which it moves on.
    private ReadOnlySpan<byte> Rest()
    {
        _position = JsonSyntax.SkipBlanks(_text.Span, _position);
        return _text.Span[_position..];
    }

    private bool Enter(char opening, string type)
    {
        if (!Is(opening, type)) return false;
        _position++;
        _path.Add("");
        return true;
    }

    private bool Next(char closing)
    {
        if (Problem is not null) return false;
        if (Rest()[0] == ',') _position++;
        if (Rest()[0] != closing) return true;
        _position++;
        _path.RemoveAt(_path.Count - 1);
        return false;
    }

    private ReadOnlySpan<byte> RawString() => Raw()[1..^1];

    // Whether a value of the kind is next; null is passed over, anything else is a problem.
    private bool Is(char first, string type)
    {
        if (Problem is not null || SkipNull()) return false;
        byte next = Rest()[0];
        if (next == first) return true;
        Mismatch(next switch { (byte)'"' => "string", (byte)'{' => "object", (byte)'[' => "array", (byte)'t' or (byte)'f' => "bool", _ => "number" }, type);
        return false;
    }

    private bool TryNumber(string type, out string digits)
    {
        digits = "";
        if (Problem is not null) return false;
        if (Rest()[0] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9')))
        {
            Is('0', type);
            return false;
        }

        digits = Encoding.ASCII.GetString(Raw());
        return true;
    }

    private T OutOfRange<T>(string digits, string type, T current)
    {
        Mismatch("number " + digits, type);
        return current;
    }

    // The reference says that it is a field of a struct unless the last part of the path looks like the index of an array.
    private void Mismatch(string found, string type)
    {
        string path = string.Join('.', _path.Select(static part => part.Replace("~", "~0").Replace("/", "~1")));
        bool isIndex = _path.Count > 0 && _path[^1].All(char.IsAsciiDigit);
        string into = _path.Count == 0 ? $"Go value of type {type}" : $"{(isIndex ? "" : "Go struct field ")}{_root}.{path} of type {type}";
        Fail($"json: cannot unmarshal {found} into {into}");
    }
}
