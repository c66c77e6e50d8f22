using System.Text.Json;

namespace NATS.Server.Core.Jwt;

/// <summary>
/// The fields of one JSON object in a token. A field that is absent or null has the type's zero value; one of the wrong type throws. Names are matched
/// without regard to case and the last of equal names counts, as in the reference's JSON library.
/// </summary>
/// <exception cref="ClaimFormatException">By all methods: something has the wrong type or is out of range.</exception>
internal sealed class ClaimFields
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _path;

    public ClaimFields(JsonElement element, string path)
    {
        _path = path;
        if (element.ValueKind == JsonValueKind.Null) return;
        if (element.ValueKind != JsonValueKind.Object) throw Wrong(element, "an object", path);
        foreach (JsonProperty field in element.EnumerateObject()) _fields[field.Name] = field.Value;
    }

    /// <summary>What is there, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> All => _fields;

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => TryFind(name, out _);

    public string Text(string name) => TryFind(name, out JsonElement value) ? TextOf(value, PathOf(name)) : "";

    public long Number(string name, long absent = 0) => TryFind(name, out JsonElement value) ? NumberOf(value, PathOf(name)) : absent;

    public ulong Unsigned(string name)
    {
        if (!TryFind(name, out JsonElement value)) return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)) return number;
        throw Wrong(value, "a number that is not negative", PathOf(name));
    }

    public byte Byte(string name)
    {
        if (!TryFind(name, out JsonElement value)) return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetByte(out byte number)) return number;
        throw Wrong(value, "a number from 0 to 255", PathOf(name));
    }

    public bool Flag(string name)
    {
        if (!TryFind(name, out JsonElement value)) return false;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(value, "a bool", PathOf(name)),
        };
    }

    public IReadOnlyList<string> Texts(string name) => TryFind(name, out JsonElement value) ? TextsOf(value, PathOf(name)) : [];

    public IReadOnlyList<IReadOnlyList<string>> TextLists(string name) => Items(name, TextsOf);

    /// <summary>A list, or one text with commas.</summary>
    public IReadOnlyList<string> TextsOrText(string name)
    {
        if (!TryFind(name, out JsonElement value)) return [];
        if (value.ValueKind != JsonValueKind.String) return TextsOf(value, PathOf(name));
        IEnumerable<string> parts = TextOf(value, PathOf(name)).ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. parts.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>An object; one without fields when it is absent.</summary>
    public ClaimFields Object(string name)
    {
        TryFind(name, out JsonElement value);
        return new ClaimFields(value.ValueKind == JsonValueKind.Undefined ? NullElement : value, PathOf(name));
    }

    /// <summary>A list whose items may not be null.</summary>
    public IReadOnlyList<T> Objects<T>(string name, Func<ClaimFields, T> read) => Items(name, (value, path) => read(new ClaimFields(value, path)));

    /// <summary>A list whose items may be null.</summary>
    public IReadOnlyList<T> Items<T>(string name, Func<JsonElement, string, T> read)
    {
        if (!TryFind(name, out JsonElement list)) return [];
        if (list.ValueKind != JsonValueKind.Array) throw Wrong(list, "an array", PathOf(name));
        string path = PathOf(name);
        var items = new List<T>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray()) items.Add(read(item, path));
        return items;
    }

    /// <summary>An object whose members are the entries of a map; names are told apart by case.</summary>
    public IReadOnlyDictionary<string, T> Map<T>(string name, Func<JsonElement, string, T> read)
    {
        var entries = new Dictionary<string, T>(StringComparer.Ordinal);
        if (!TryFind(name, out JsonElement map)) return entries;
        if (map.ValueKind != JsonValueKind.Object) throw Wrong(map, "an object", PathOf(name));
        foreach (JsonProperty entry in map.EnumerateObject()) entries[entry.Name] = read(entry.Value, PathOf(name) + "." + entry.Name);
        return entries;
    }

    public static string TextOf(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => throw Wrong(value, "a string", path),
    };

    public static long NumberOf(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)) return number;
        throw Wrong(value, "a whole number of 64 bits", path);
    }

    public static ClaimFormatException Wrong(JsonElement value, string expected, string path)
    {
        string found = value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "the number " + (value.GetRawText() is { Length: <= 32 } raw ? raw : "with many digits"),
            JsonValueKind.Null => "null",
            _ => "a bool",
        };
        return new ClaimFormatException(path.Length == 0 ? $"json: {found} found where {expected} is expected" : $"json: {path} is {found}, not {expected}");
    }

    private static IReadOnlyList<string> TextsOf(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(value, "an array", path);
        var texts = new List<string>(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray()) texts.Add(TextOf(item, path));
        return texts;
    }

    private static JsonElement NullElement { get; } = JsonDocument.Parse("null").RootElement;

    private bool TryFind(string name, out JsonElement value) => _fields.TryGetValue(name, out value) && value.ValueKind != JsonValueKind.Null;

    private string PathOf(string name) => _path.Length == 0 ? name : _path + "." + name;
}

/// <summary>Something in a token has the wrong type or is out of range.</summary>
internal sealed class ClaimFormatException(string message) : Exception(message);
