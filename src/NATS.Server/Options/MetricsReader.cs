using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads <c>metrics</c>: whether the server tells metrics, and how. Pure.</summary>
internal static class MetricsReader
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    private static readonly BlockReader<MetricsOptions> Keys = new(
        static name => $"unknown field {name} in metrics",
        [
            new("prefix", ReadPrefix),
            Limit("max_accounts", static (o, v) => o with { MaxAccounts = v }),
            Limit("max_streams", static (o, v) => o with { MaxStreams = v }),
            Limit("max_consumers", static (o, v) => o with { MaxConsumers = v }),
            new("otlp", ReadOtlp),
            new("otlp_interval", ReadInterval),
        ]);

    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case bool isEnabled:
                return options with { Metrics = isEnabled ? new MetricsOptions { IsEnabled = true } : MetricsOptions.Off };
            case ConfigMap map:
                return options with { Metrics = Keys.Read(map, new MetricsOptions { IsEnabled = true }, entry.Diagnostics) };
            default:
                entry.Fail($"expected metrics to be true, false or a map, got {entry.TypeName}");
                return options;
        }
    }

    /// <summary>Whether names of metrics may begin so.</summary>
    public static bool IsPrefix(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or ':');

    private static MetricsOptions ReadPrefix(MetricsOptions options, ConfigEntry entry)
    {
        if (!entry.TryText(out string? prefix)) return options;
        if (IsPrefix(prefix)) return options with { Prefix = prefix };
        entry.Fail($"metrics prefix {GoFormat.Quote(prefix)} must be letters, digits and underscores, and not begin with a digit");
        return options;
    }

    private static KeyReader<MetricsOptions> Limit(string name, Func<MetricsOptions, int, MetricsOptions> set) => new(name, (options, entry) =>
    {
        if (!entry.TryInt(out int value)) return options;
        if (value is >= 0 and <= MetricsOptions.MaxLimit) return set(options, value);
        entry.Fail(string.Create(CultureInfo.InvariantCulture, $"metrics {name} must be between 0 and {MetricsOptions.MaxLimit}"));
        return options;
    });

    private static MetricsOptions ReadOtlp(MetricsOptions options, ConfigEntry entry) =>
        OtlpAddress.TryRead(entry, "metrics", out Uri? address) ? options with { OtlpEndpoint = address } : options;

    private static MetricsOptions ReadInterval(MetricsOptions options, ConfigEntry entry)
    {
        if (!entry.TryDuration("otlp_interval", out TimeSpan interval)) return options;
        if (interval >= MinInterval) return options with { OtlpInterval = interval };
        entry.Fail("metrics otlp_interval must be at least 1s");
        return options;
    }
}
