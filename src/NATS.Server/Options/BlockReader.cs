using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>What a block does with one of its keys.</summary>
/// <param name="Names">The key and its aliases in lower case, separated by spaces.</param>
/// <param name="Read">Returns the target with the value in it, or the target itself after saying what is wrong.</param>
internal readonly record struct KeyReader<T>(string Names, Func<T, ConfigEntry, T> Read);

/// <summary>Reads a map of the configuration into a record by a table of keys. Immutable.</summary>
internal sealed class BlockReader<T>
{
    private readonly Dictionary<string, Func<T, ConfigEntry, T>> _keys = new(StringComparer.Ordinal);
    private readonly Func<string, string> _formatUnknown;

    /// <summary>Makes a reader.</summary>
    /// <param name="formatUnknown">Makes the message for an unknown key from its quoted name.</param>
    /// <param name="keys">The keys.</param>
    public BlockReader(Func<string, string> formatUnknown, params IEnumerable<KeyReader<T>> keys)
    {
        _formatUnknown = formatUnknown;
        foreach (var key in keys)
        {
            foreach (var name in key.Names.Split(' ')) _keys.Add(name, key.Read);
        }
    }

    public BlockReader(params IEnumerable<KeyReader<T>> keys)
        : this(static name => $"unknown field {name}", keys)
    {
    }

    /// <summary>The names of all keys, in lower case.</summary>
    public IReadOnlyCollection<string> Names => _keys.Keys;

    /// <summary>Reads all values in the order of the file, so that of two aliases the later one wins.</summary>
    /// <param name="map">The block.</param>
    /// <param name="target">What the values are laid over.</param>
    /// <param name="diagnostics">Receives errors and warnings.</param>
    /// <param name="allowUnknown">Skip unknown keys.</param>
    public T Read(ConfigMap map, T target, OptionsDiagnostics diagnostics, bool allowUnknown = false)
    {
        foreach (var (name, value) in map)
        {
            if (_keys.TryGetValue(name.ToLowerInvariant(), out var read))
                target = read(target, new ConfigEntry(name, value, diagnostics));
            else if (!allowUnknown && !value.IsUsedVariable)
                diagnostics.Unknown(value.Position, name, _keys.Keys, _formatUnknown);
        }
        return target;
    }
}

/// <summary>Readers of the common kinds of values.</summary>
internal static class Key
{
    public static KeyReader<T> Text<T>(string names, Func<T, string, T> set) =>
        new(names, (target, entry) => entry.TryText(out var value) ? set(target, value) : target);

    public static KeyReader<T> Boolean<T>(string names, Func<T, bool, T> set) =>
        new(names, (target, entry) => entry.TryBoolean(out var value) ? set(target, value) : target);

    public static KeyReader<T> Int<T>(string names, Func<T, int, T> set) =>
        new(names, (target, entry) => entry.TryInt(out var value) ? set(target, value) : target);

    public static KeyReader<T> Long<T>(string names, Func<T, long, T> set) =>
        new(names, (target, entry) => entry.TryInteger(out var value) ? set(target, value) : target);

    public static KeyReader<T> Listen<T>(string names, Func<T, HostPort, T> set) =>
        new(names, (target, entry) => entry.TryListen(out var value) ? set(target, value) : target);

    /// <summary>A duration, or a number of seconds; the first name is the one that messages use.</summary>
    public static KeyReader<T> Duration<T>(string names, Func<T, TimeSpan, T> set)
    {
        var field = names.Split(' ')[0];
        return new KeyReader<T>(names, (target, entry) => entry.TryDuration(field, out var value) ? set(target, value) : target);
    }
}
