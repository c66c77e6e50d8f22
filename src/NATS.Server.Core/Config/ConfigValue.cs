namespace NATS.Server.Core.Config;

/// <summary>
/// A value and where it was written. A reference to a variable is a value of its own that shares the content. Thread-safe once parsing is over.
/// </summary>
public sealed class ConfigValue
{
    internal ConfigValue(object content, ConfigPosition position)
    {
        Content = content;
        Position = position;
        (Size, Depth) = content switch
        {
            ConfigMap map => (map.Size, map.Depth),
            ConfigArray array => (array.Size, array.Depth),
            _ => (1, 0),
        };
    }

    /// <summary>One of string, long, double, bool, <see cref="DateTime"/> (UTC), <see cref="ConfigArray"/> and <see cref="ConfigMap"/>.</summary>
    /// <remarks>A string may hold a byte that is not UTF-8 as the lone surrogate U+DC00 + byte.</remarks>
    public object Content { get; }

    /// <summary>What a message about this value cites: the key of a map's value, an array's element itself (a map or array by its closing bracket).</summary>
    public ConfigPosition Position { get; internal set; }

    /// <summary>The value was referred to as a variable, so that its key need not be known.</summary>
    public bool IsUsedVariable { get; internal set; }

    /// <summary>Values in this one with all variables expanded, itself included; saturates.</summary>
    internal int Size { get; }

    /// <summary>Levels of maps and arrays in this value.</summary>
    internal int Depth { get; }

    /// <summary>The name by which the reference's messages call the type of a content.</summary>
    public static string TypeName(object content) => content switch
    {
        string => "string",
        long => "int64",
        double => "float64",
        bool => "bool",
        DateTime => "time.Time",
        ConfigArray => "[]interface {}",
        ConfigMap => "map[string]interface {}",
        _ => content.GetType().Name,
    };
}
