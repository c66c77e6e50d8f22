using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads <c>traces</c>: who is told the server's spans. Pure.</summary>
internal static class TracesReader
{
    private static readonly BlockReader<TracesOptions> Keys = new(
        static name => $"unknown field {name} in traces",
        [
            new("otlp", static (options, entry) => OtlpAddress.TryRead(entry, "traces", out Uri? address) ? options with { OtlpEndpoint = address } : options),
            new("sampling", ReadSampling),
        ]);

    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"expected traces to be a map, got {entry.TypeName}");
            return options;
        }

        if (!map.TryGet("otlp", out _)) entry.Fail("traces need an otlp address");
        return options with { Traces = Keys.Read(map, new TracesOptions(), entry.Diagnostics) };
    }

    // A number, or a number with a sign of percent.
    private static TracesOptions ReadSampling(TracesOptions options, ConfigEntry entry)
    {
        double? percent = entry.Content switch
        {
            long number => number,
            double number => number,
            string text when double.TryParse(text.EndsWith('%') ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) => number,
            _ => null,
        };
        if (percent is >= 0 and <= 100) return options with { Sampling = percent.Value };
        entry.Fail("traces sampling must be between 0% and 100%");
        return options;
    }
}
