using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Core.Config;

/// <summary>
/// A map of the configuration: names as written (case matters here, not to the reader) in the order of their first mention; a later value of the
/// same name replaces an earlier one. Thread-safe once parsing is over.
/// </summary>
public sealed class ConfigMap : IEnumerable<KeyValuePair<string, ConfigValue>>
{
    private readonly OrderedDictionary<string, ConfigValue> _entries = new(StringComparer.Ordinal);

    internal ConfigMap()
    {
    }

    public int Count => _entries.Count;

    internal int Size { get; private set; } = 1;
    internal int Depth { get; private set; } = 1;

    public bool TryGet(string name, [NotNullWhen(true)] out ConfigValue? value) => _entries.TryGetValue(name, out value);

    public IEnumerator<KeyValuePair<string, ConfigValue>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Set(string name, ConfigValue value)
    {
        _entries[name] = value;
        Size = Math.Min(Size, int.MaxValue - value.Size) + value.Size;
        Depth = Math.Max(Depth, value.Depth + 1);
    }
}
