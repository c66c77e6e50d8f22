using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace NATS.Server.Core.JetStream;

/// <summary>Immutable. The metadata of a stream or consumer: texts by key, sorted by the bytes of the keys, as they are written. Equal by content.</summary>
public sealed class ConfigMetadata : IEquatable<ConfigMetadata>
{
    // The order of UTF-8, in which pairs come after everything else.
    private static readonly IComparer<string> ByBytes = Comparer<string>.Create(static (first, second) =>
    {
        int common = first.AsSpan().CommonPrefixLength(second);
        if (common == first.Length || common == second.Length) return first.Length.CompareTo(second.Length);
        (char a, char b) = (first[common], second[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    });

    private readonly SortedDictionary<string, string> _entries;

    private ConfigMetadata(SortedDictionary<string, string> entries) => _entries = entries;

    public static ConfigMetadata Empty { get; } = new(new SortedDictionary<string, string>(ByBytes));

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<string, string>> Entries => _entries;

    /// <summary>The bytes of all keys and values.</summary>
    public int ByteCount => _entries.Sum(static entry => Encoding.UTF8.GetByteCount(entry.Key) + Encoding.UTF8.GetByteCount(entry.Value));

    public bool TryGet(string key, [NotNullWhen(true)] out string? value) => _entries.TryGetValue(key, out value);

    /// <summary>The same with an entry, in the place of one that it may have.</summary>
    public ConfigMetadata With(string key, string value) => With([KeyValuePair.Create(key, value)]);

    /// <summary>The same with entries, in the place of those that it may have; the last of equal ones counts.</summary>
    public ConfigMetadata With(IEnumerable<KeyValuePair<string, string>> added)
    {
        var entries = new SortedDictionary<string, string>(_entries, ByBytes);
        foreach ((string key, string value) in added) entries[key] = value;
        return new ConfigMetadata(entries);
    }

    /// <summary>The same without an entry.</summary>
    public ConfigMetadata Without(string key)
    {
        if (!_entries.ContainsKey(key)) return this;
        var entries = new SortedDictionary<string, string>(_entries, ByBytes);
        entries.Remove(key);
        return new ConfigMetadata(entries);
    }

    public bool Equals(ConfigMetadata? other) => other is not null && _entries.SequenceEqual(other._entries);

    public override bool Equals(object? obj) => Equals(obj as ConfigMetadata);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (KeyValuePair<string, string> entry in _entries) hash.Add(entry);
        return hash.ToHashCode();
    }
}
