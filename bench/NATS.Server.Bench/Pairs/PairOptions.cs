using System.Globalization;

namespace NATS.Server.Bench.Pairs;

/// <summary>What to compare and for how long.</summary>
internal sealed record PairOptions
{
    /// <summary>Path of our server.</summary>
    public required string Ours { get; init; }

    /// <summary>Path of the reference; empty measures ours alone.</summary>
    public string Reference { get; init; } = "";

    /// <summary>More arguments for our server.</summary>
    public IReadOnlyList<string> OurArguments { get; init; } = [];

    /// <summary>Names of cases; empty is all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    public int Rounds { get; init; } = 5;

    /// <summary>Publishing time of one run.</summary>
    public double Seconds { get; init; } = 1.5;

    public bool IsQuick { get; init; }

    /// <summary>A missed target is measured once more, and makes the exit status 3 if missed again.</summary>
    public bool IsStrict { get; init; }

    /// <summary>File that gets one line per run; empty: none.</summary>
    public string LogFile { get; init; } = "";

    /// <exception cref="UsageException">An option is unknown or has no proper value.</exception>
    public static PairOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new PairOptions { Ours = "" };
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            options = name switch
            {
                "--quick" => options with { IsQuick = true, Rounds = 3, Seconds = 0.4 },
                "--strict" => options with { IsStrict = true },
                "--ours" => options with { Ours = Value(arguments, ref i) },
                "--reference" => options with { Reference = Value(arguments, ref i) },
                "--ours-args" => options with { OurArguments = Value(arguments, ref i).Split(' ', StringSplitOptions.RemoveEmptyEntries) },
                "--cases" => options with { Cases = Value(arguments, ref i).Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--rounds" => options with { Rounds = int.Parse(Value(arguments, ref i), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Value(arguments, ref i), CultureInfo.InvariantCulture) },
                "--log" => options with { LogFile = Value(arguments, ref i) },
                _ => throw new UsageException($"unknown option {name}"),
            };
        }

        return options.Ours.Length == 0 ? throw new UsageException("--ours PATH is needed") : options;
    }

    private static string Value(ReadOnlySpan<string> arguments, ref int index) =>
        ++index < arguments.Length ? arguments[index] : throw new UsageException($"{arguments[index - 1]} needs a value");
}
