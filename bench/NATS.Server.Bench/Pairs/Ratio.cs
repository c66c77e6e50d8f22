using System.Globalization;

namespace NATS.Server.Bench.Pairs;

/// <summary>Ours divided by the reference, pair by pair: median, smallest and largest. NaN without pairs.</summary>
internal sealed record Ratio(double Median, double Smallest, double Largest)
{
    public static Ratio Of(IEnumerable<double> values)
    {
        var sorted = values.Where(static value => !double.IsNaN(value)).Order().ToList();
        return sorted.Count == 0 ? new Ratio(double.NaN, double.NaN, double.NaN) : new Ratio(MedianOf(sorted), sorted[0], sorted[^1]);
    }

    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Where(static value => !double.IsNaN(value)).Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    public override string ToString() =>
        double.IsNaN(Median) ? "" : string.Create(CultureInfo.InvariantCulture, $"**{Median:0.00}** ({Smallest:0.00}–{Largest:0.00})");
}
