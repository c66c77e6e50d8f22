using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Sizes as log lines tell them: <c>1.50 GB</c>. Pure.</summary>
internal static class FriendlyBytes
{
    private const string Units = "KMGTPE";

    public static string Format(long bytes)
    {
        if (bytes < 1024) return $"{GoFormat.Number(bytes)} B";
        var power = (63 - long.LeadingZeroCount(bytes)) / 10;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / Math.Pow(1024, power):F2} {Units[(int)power - 1]}B");
    }
}
