using System.Globalization;

namespace NATS.Server.Testing.Storage;

/// <summary>Any thread. Runs a workload against a store and the model; a failure is made as short as it can be before it is shown.</summary>
public static class StoreRun
{
    private const int ReplaysForShortening = 400;

    /// <summary>Runs a number of steps on a new store.</summary>
    /// <param name="createSource">Makes the place of a store; called again for each replay.</param>
    /// <param name="seed">Of the workload.</param>
    /// <param name="steps">How many.</param>
    /// <param name="reopensAlways">Opens the store again after each step that changes something.</param>
    /// <exception cref="StoreMismatchException">With the seed, the step and the shortest sequence of steps that was found to fail.</exception>
    public static void Run(Func<StoreSource> createSource, int seed, int steps, bool reopensAlways = false)
    {
        ArgumentNullException.ThrowIfNull(createSource);
        List<StoreOperation> done = [];
        StoreWorkload workload;
        using (StoreSource source = createSource())
        {
            workload = new StoreWorkload(seed, source.CanReopen, reopensAlways && source.CanReopen);
            using var pair = PairOf(source, workload);
            try
            {
                for (int step = 0; step < steps; step++)
                {
                    StoreOperation operation = workload.Next(pair);
                    done.Add(operation);
                    pair.Apply(operation);
                }

                done.Add(new StoreOperation(StoreOperationKind.CompareAll, 0));
                pair.Apply(done[^1]);
                return;
            }
            catch (Exception problem)
            {
                string first = Describe(problem);
                List<StoreOperation> shortest = Shorten(createSource, new StoreWorkload(seed, workload.Reopens, workload.ReopensAlways), done, out string last);
                throw new StoreMismatchException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"seed {seed}, step {done.Count}: {done[^1]}: {first}\nThe shortest that fails, from {StoreOperation.Show(new StoreWorkload(seed, workload.Reopens, workload.ReopensAlways).Limits)} and first sequence {workload.FirstSequence}: {last}\n  {string.Join("\n  ", shortest)}"));
            }
        }
    }

    private static StorePair PairOf(StoreSource source, StoreWorkload workload) =>
        new(source, workload.Limits, workload.FirstSequence) { Filters = StoreWorkload.Filters, TimesGrow = workload.TimesGrow };

    private static string Describe(Exception problem) => problem is StoreMismatchException ? problem.Message : problem.ToString();

    // Leaves out ever smaller parts as long as it still fails, in whatever way.
    private static List<StoreOperation> Shorten(Func<StoreSource> createSource, StoreWorkload workload, List<StoreOperation> failing, out string problem)
    {
        problem = "not again";
        if (Replay(createSource, workload, failing) is not { } again) return failing;
        problem = again;
        int replays = 0;
        for (int part = failing.Count / 2; part > 0 && replays < ReplaysForShortening; part = part > 1 ? (part + 1) / 2 : 0)
        {
            for (int at = 0; at < failing.Count && replays < ReplaysForShortening;)
            {
                List<StoreOperation> shorter = [.. failing[..at], .. failing[Math.Min(failing.Count, at + part)..]];
                replays++;
                if (shorter.Count > 0 && Replay(createSource, workload, shorter) is { } still)
                {
                    problem = still;
                    failing = shorter;
                }
                else
                {
                    at += part;
                }
            }
        }

        return failing;
    }

    private static string? Replay(Func<StoreSource> createSource, StoreWorkload workload, List<StoreOperation> operations)
    {
        using StoreSource source = createSource();
        using StorePair pair = PairOf(source, workload);
        foreach (StoreOperation operation in operations)
        {
            try
            {
                pair.Apply(operation);
            }
            catch (Exception problem)
            {
                return Describe(problem);
            }
        }

        return null;
    }
}
