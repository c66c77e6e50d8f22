using System.Globalization;

namespace NATS.Server.StoreBench;

/// <summary>Immutable. What to measure, where and how long.</summary>
internal sealed record StoreBenchOptions
{
    /// <summary>Names of cases; empty is all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    /// <summary>Where stores are made, and removed again: on the disk that is to be measured.</summary>
    public string Directory { get; init; } = Path.GetTempPath();

    /// <summary>The executable of the reference; empty: not measured.</summary>
    public string Reference { get; init; } = "";

    public int Rounds { get; init; } = 5;

    public bool IsQuick { get; init; }

    /// <exception cref="FormatException">An option is unknown or has no proper value.</exception>
    public static StoreBenchOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new StoreBenchOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--quick" => options with { IsQuick = true, Rounds = 3 },
                "--cases" => options with { Cases = Value(arguments, ref i).Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--directory" => options with { Directory = Path.GetFullPath(Value(arguments, ref i)) },
                "--reference" => options with { Reference = Value(arguments, ref i) },
                "--rounds" => options with { Rounds = int.Parse(Value(arguments, ref i), CultureInfo.InvariantCulture) },
                _ => throw new FormatException($"unknown option {name}"),
            };
        }

        return options;
    }

    private static string Value(ReadOnlySpan<string> arguments, ref int index) =>
        ++index < arguments.Length ? arguments[index] : throw new FormatException($"{arguments[index - 1]} needs a value");
}
