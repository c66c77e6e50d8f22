using System.Globalization;

namespace NATS.Server.Bench.Scale;

/// <summary>How much to put onto one server.</summary>
internal sealed record ScaleOptions
{
    /// <summary>Path of our server; empty: not measured.</summary>
    public string Ours { get; init; } = "";

    /// <summary>Path of the reference; empty: not measured.</summary>
    public string Reference { get; init; } = "";

    public int Streams { get; init; } = 10_000;

    /// <summary>Of all streams together.</summary>
    public int Consumers { get; init; } = 100_000;

    public int Subjects { get; init; } = 10_000_000;

    /// <exception cref="UsageException">An option is unknown or has no proper value.</exception>
    public static ScaleOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ScaleOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            var value = ++i < arguments.Length ? arguments[i] : throw new UsageException($"{name} needs a value");
            options = name switch
            {
                "--ours" => options with { Ours = value },
                "--reference" => options with { Reference = value },
                "--streams" => options with { Streams = Count(value) },
                "--consumers" => options with { Consumers = Count(value) },
                "--subjects" => options with { Subjects = Count(value) },
                _ => throw new UsageException($"unknown option {name}"),
            };
        }

        return options.Ours.Length + options.Reference.Length > 0 ? options : throw new UsageException("--ours PATH or --reference PATH is needed");
    }

    private static int Count(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
