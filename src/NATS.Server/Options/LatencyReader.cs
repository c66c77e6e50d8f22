using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads the <c>latency</c> of a service: a subject, or a block with a subject and a sampling. Pure.</summary>
internal static class LatencyReader
{
    private const int AllOfThem = 100;

    /// <summary>What the requests' headers ask for is measured, rather than a share of all requests.</summary>
    private const int ByHeaders = 0;

    /// <summary>The measurements; null when they cannot be read.</summary>
    public static ServiceLatencyOptions? Read(ConfigEntry entry)
    {
        if (entry.Content is string results) return new ServiceLatencyOptions(AllOfThem, results);
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"Expected latency entry to be a map/struct or string, got {entry.TypeName}");
            return null;
        }
        // The keys of this block have no other spelling, and others are not looked at.
        var sampling = AllOfThem;
        if (map.TryGet("sampling", out var value) && !TrySampling(entry with { Name = "sampling", Value = value }, out sampling)) return null;
        if (!map.TryGet("subject", out value))
        {
            entry.Fail("Latency subject required, but missing");
            return null;
        }
        if (value.Content is string subject) return new ServiceLatencyOptions(sampling, subject);
        // Whatever it is, the reference names the type that it wants.
        entry.Diagnostics.Error(value.Position, "Expected latency subject to be a string, got string");
        return null;
    }

    private static bool TrySampling(ConfigEntry entry, out int sampling)
    {
        sampling = ByHeaders;
        long percent;
        switch (entry.Content)
        {
            case long number:
                percent = number;
                break;
            case string text when text.Trim().Equals("headers", StringComparison.OrdinalIgnoreCase):
                return true;
            case string text:
                var digits = text.EndsWith('%') ? text[..^1] : text;
                if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out percent)) break;
                var isNumber = digits.AsSpan().TrimStart("+-") is { IsEmpty: false } rest && !rest.ContainsAnyExceptInRange('0', '9');
                entry.Fail($"Failed to parse latency sample: strconv.Atoi: parsing {GoFormat.Quote(digits)}: {(isNumber ? "value out of range" : "invalid syntax")}");
                return false;
            default:
                entry.Fail($"Expected latency sample to be a string or map/struct, got {entry.TypeName}");
                return false;
        }
        sampling = (int)Math.Clamp(percent, 0, int.MaxValue);
        if (percent is >= 1 and <= 100) return true;
        entry.Fail("bad sampling percentage, should be 1-100");
        return false;
    }
}
