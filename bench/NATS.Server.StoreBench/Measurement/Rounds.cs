using System.Diagnostics;

namespace NATS.Server.StoreBench.Measurement;

/// <summary>Pairs of measurements, taken in turn.</summary>
internal static class Rounds
{
    /// <summary>The medians of two things that are measured after each other in each round, and the median of their ratios. A first round only warms up.</summary>
    public static (double Ours, double Beside, double Ratio) Run(int rounds, Func<double> ours, Func<double> beside)
    {
        List<double> first = [], second = [], ratios = [];
        for (int round = 0; round <= rounds; round++)
        {
            // Who is first changes, for the second finds the caches and the disk as the first left them.
            (double one, double other) = (0, 0);
            if (round % 2 == 0) (one, other) = (ours(), beside());
            else (other, one) = (beside(), ours());
            if (round == 0) continue;
            first.Add(one);
            second.Add(other);
            ratios.Add(one / other);
        }

        return (Median(first), Median(second), Median(ratios));
    }

    /// <summary>The median of one thing that is measured a number of times. A first time only warms up.</summary>
    public static double Run(int rounds, Func<double> measure)
    {
        measure();
        return Median([.. Enumerable.Range(0, rounds).Select(_ => measure())]);
    }

    /// <summary>Seconds that an action takes, after what is no longer needed was collected.</summary>
    public static double Seconds(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[values.Count / 2];
    }
}
