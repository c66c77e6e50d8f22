using System.Globalization;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Pairs;

/// <summary>
/// Warms every case up, then measures round by round, each case against both servers back to back in random order, and prints the table.
/// One thread; SIGINT and SIGTERM end the servers too, since the process leaves through its finally blocks.
/// </summary>
internal sealed class PairRunner(PairOptions options, TextWriter output, TextWriter progress, CancellationToken stop)
{
    private const double WarmUpShare = 0.3;

    /// <summary>A warm-up is at least this long: a just-in-time compiler needs time, not messages.</summary>
    private const double MinimumWarmUpSeconds = 0.4;

    private readonly Random _random = new();
    private readonly List<string> _failures = [];

    /// <returns>The exit status: 0, 1 if a server lost or damaged messages or did not start, 3 if a target was missed with <c>--strict</c>.</returns>
    public int Run()
    {
        var cases = options.Cases.Count > 0
            ? options.Cases.SelectMany(CaseCatalog.FindAll).ToList()
            : CaseCatalog.All.Where(candidate => !(options.IsQuick && candidate.IsSlow)).ToList();
        using var pool = new ServerPool(options);
        using var log = options.LogFile.Length > 0 ? new StreamWriter(options.LogFile) { AutoFlush = true } : null;
        if (options.Reference.Length == 0)
        {
            progress.WriteLine("No reference server: ours is measured alone, and no ratio can be given.");
        }

        var measured = Measure(pool, log, cases);
        var rows = cases.Select(benchCase => PairRow.Create(benchCase, measured[benchCase])).ToList();
        if (options.IsStrict && rows.Exists(static row => row.IsMissed))
        {
            var missed = rows.Where(static row => row.IsMissed).Select(static row => row.Case).ToList();
            progress.WriteLine($"Once more: {string.Join(", ", missed.Select(static benchCase => benchCase.Name))}");
            var again = Measure(pool, log, missed);
            rows = rows.ConvertAll(row => again.TryGetValue(row.Case, out var runs) ? PairRow.Create(row.Case, runs) : row);
        }

        output.WriteLine(PairTable.Render(rows, options));
        foreach (var failure in _failures)
        {
            output.WriteLine($"FAILED: {failure}");
        }

        return _failures.Count > 0 ? 1 : options.IsStrict && rows.Exists(static row => row.IsMissed) ? 3 : 0;
    }

    private Dictionary<BenchCase, List<PairRun>> Measure(ServerPool pool, TextWriter? log, List<BenchCase> cases)
    {
        var measured = cases.ToDictionary(static benchCase => benchCase, static _ => new List<PairRun>());
        foreach (var benchCase in cases.Where(static benchCase => !benchCase.NeedsFreshServer))
        {
            progress.WriteLine($"warming up   {benchCase.Name}");
            _ = RunPair(pool, log: null, benchCase, Math.Max(MinimumWarmUpSeconds, options.Seconds * WarmUpShare));
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var benchCase in cases)
            {
                if (RunPair(pool, log, benchCase, options.Seconds) is not { } pair)
                {
                    continue;
                }

                measured[benchCase].Add(pair);
                progress.WriteLine($"round {round} of {options.Rounds} {benchCase.Name,-18} {PairRow.Summary(benchCase, pair)}");
            }
        }

        return measured;
    }

    /// <summary>Null if a run failed its verification.</summary>
    private PairRun? RunPair(ServerPool pool, TextWriter? log, BenchCase benchCase, double seconds)
    {
        Side[] sides = options.Reference.Length == 0 ? [Side.Ours] : [Side.Ours, Side.Reference];
        _random.Shuffle(sides);
        var results = new Dictionary<Side, RunResult>();
        foreach (var side in sides)
        {
            stop.ThrowIfCancellationRequested();
            ServerProcess server;
            try
            {
                server = pool.Get(benchCase, side);
            }
            catch (ServerStartException failed)
            {
                Fail(benchCase, side, failed.Message);
                return null;
            }

            try
            {
                pool.Settle();
                var result = benchCase.Run(server, TimeSpan.FromSeconds(seconds));
                log?.WriteLine(result.ToLine(benchCase.Name, side == Side.Ours ? "ours" : "reference"));
                results.Add(side, result);
            }
            catch (VerificationException failed)
            {
                Fail(benchCase, side, $"{failed.Message}\n{server.LogTail()}");
                pool.Discard(server);
                return null;
            }

            pool.Release(benchCase, server);
        }

        return new PairRun(results[Side.Ours], results.GetValueOrDefault(Side.Reference));
    }

    private void Fail(BenchCase benchCase, Side side, string reason)
    {
        var failure = string.Create(CultureInfo.InvariantCulture, $"{benchCase.Name} against {side}: {reason}");
        if (!_failures.Contains(failure)) _failures.Add(failure);
        progress.WriteLine($"FAILED: {failure}");
    }
}
