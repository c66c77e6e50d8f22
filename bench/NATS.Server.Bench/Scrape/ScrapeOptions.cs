using System.Globalization;

namespace NATS.Server.Bench.Scrape;

/// <summary>What is looked at while messages flow.</summary>
internal sealed record ScrapeOptions
{
    /// <summary>Path of our server; empty: not measured.</summary>
    public string Ours { get; init; } = "";

    /// <summary>Path of the reference; empty: not measured.</summary>
    public string Reference { get; init; } = "";

    public int Connections { get; init; } = 10_000;

    public int Streams { get; init; } = 10_000;

    /// <summary>Pairs of runs, one in quiet and one while somebody looks.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Seconds of one run.</summary>
    public double Seconds { get; init; } = 2;

    /// <exception cref="UsageException">An option is unknown or has no proper value.</exception>
    public static ScrapeOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ScrapeOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            var value = ++i < arguments.Length ? arguments[i] : throw new UsageException($"{name} needs a value");
            options = name switch
            {
                "--ours" => options with { Ours = value },
                "--reference" => options with { Reference = value },
                "--connections" => options with { Connections = int.Parse(value, CultureInfo.InvariantCulture) },
                "--streams" => options with { Streams = int.Parse(value, CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                _ => throw new UsageException($"unknown option {name}"),
            };
        }

        return options.Ours.Length + options.Reference.Length > 0 ? options : throw new UsageException("--ours PATH or --reference PATH is needed");
    }
}
