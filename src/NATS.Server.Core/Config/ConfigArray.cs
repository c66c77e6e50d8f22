using System.Collections;

namespace NATS.Server.Core.Config;

/// <summary>An array of the configuration. Thread-safe once parsing is over.</summary>
public sealed class ConfigArray : IReadOnlyList<ConfigValue>
{
    private readonly List<ConfigValue> _items = [];

    internal ConfigArray()
    {
    }

    public int Count => _items.Count;

    public ConfigValue this[int index] => _items[index];

    internal int Size { get; private set; } = 1;
    internal int Depth { get; private set; } = 1;

    public IEnumerator<ConfigValue> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(ConfigValue value)
    {
        _items.Add(value);
        Size = Math.Min(Size, int.MaxValue - value.Size) + value.Size;
        Depth = Math.Max(Depth, value.Depth + 1);
    }
}
