using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// The names that a block of a subsystem that is not built may have, so that a mistyped one is told apart from one that has to wait. Immutable.
/// </summary>
internal sealed class KeySchema
{
    private readonly Dictionary<string, KeySchema?> _keys = new(StringComparer.Ordinal);

    /// <summary>Describes a block.</summary>
    /// <param name="names">Keys without a block of their own, aliases included, separated by spaces.</param>
    /// <param name="blocks">Keys whose value is a block, or an array of blocks.</param>
    public KeySchema(string names, params IEnumerable<(string Names, KeySchema Block)> blocks)
    {
        foreach (var name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries)) _keys.Add(name, null);
        foreach (var (blockNames, block) in blocks)
        {
            foreach (var name in blockNames.Split(' ')) _keys.Add(name, block);
        }
    }

    /// <summary>The message for an unknown name, from the quoted name.</summary>
    public Func<string, string> FormatUnknown { get; init; } = static name => $"unknown field {name}";

    /// <summary>Names are free and values are not blocks.</summary>
    public static KeySchema Free { get; } = new("") { IsFree = true };

    private bool IsFree { get; init; }

    /// <summary>Reports unknown names, also in blocks within.</summary>
    public void Check(ConfigValue value, OptionsDiagnostics diagnostics)
    {
        switch (value.Content)
        {
            case ConfigArray array:
                foreach (var item in array) Check(item, diagnostics);
                break;
            case ConfigMap map when !IsFree:
                foreach (var (name, item) in map)
                {
                    if (!_keys.TryGetValue(name.ToLowerInvariant(), out var block))
                    {
                        if (!item.IsUsedVariable) diagnostics.Unknown(item.Position, name, _keys.Keys, FormatUnknown);
                        continue;
                    }
                    block?.Check(item, diagnostics);
                }
                break;
        }
    }
}
