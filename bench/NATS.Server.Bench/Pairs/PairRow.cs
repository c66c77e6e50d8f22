using System.Globalization;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Pairs;

/// <summary>One case over all rounds: figures, ratios and what became of its targets.</summary>
internal sealed class PairRow
{
    private readonly List<PairRun> _runs;

    private PairRow(BenchCase benchCase, List<PairRun> runs)
    {
        Case = benchCase;
        _runs = runs;
        Throughput = Compare(static run => run.Rate);
        Cpu = Compare(static run => run.CpuMicrosecondsPerMessage);
        Memory = Compare(static run => run.KibPerConnection);
        // Wake-up latency has two modes on virtual machines, so the best round of each is compared, not the middle one.
        P50 = Smallest(Side.Ours, static run => run.P50Microseconds) / Smallest(Side.Reference, static run => run.P50Microseconds);
        Checks = Judge().ToList();
    }

    public BenchCase Case { get; }

    public Ratio Throughput { get; }

    public Ratio Cpu { get; }

    public Ratio Memory { get; }

    public double P50 { get; }

    /// <summary>Each target with its verdict.</summary>
    public IReadOnlyList<TargetCheck> Checks { get; }

    /// <summary>The targets with their verdicts in words.</summary>
    public string Verdict => _runs.Count == 0 ? "**FAILED**" : string.Join("; ", Checks);

    public bool IsMissed => _runs.Count == 0 || Checks.Any(static check => !check.IsMet);

    public static PairRow Create(BenchCase benchCase, List<PairRun> runs) => new(benchCase, runs);

    /// <summary>One pair in a few words, for the progress output.</summary>
    public static string Summary(BenchCase benchCase, PairRun pair)
    {
        var (ours, reference) = (pair.Ours, pair.Reference);
        var culture = CultureInfo.InvariantCulture;
        return benchCase switch
        {
            IdleCase => string.Create(culture, $"KiB/connection {ours.KibPerConnection:0.0} : {reference?.KibPerConnection:0.0}"),
            StartCase => string.Create(culture, $"start {ours.StartMilliseconds:0} ms : {reference?.StartMilliseconds:0} ms, {ours.ResidentMib:0} MiB : {reference?.ResidentMib:0} MiB"),
            _ => string.Create(
                culture,
                $"{ours.Rate / 1000:0}k/s : {reference?.Rate / 1000:0}k/s = {ours.Rate / reference?.Rate:0.00}; CPU {ours.CpuMicrosecondsPerMessage:0.000} : {reference?.CpuMicrosecondsPerMessage:0.000} us = {ours.CpuMicrosecondsPerMessage / reference?.CpuMicrosecondsPerMessage:0.00}"),
        };
    }

    public double Median(Side side, Func<RunResult, double> figure) => Ratio.MedianOf(Figures(side, figure));

    public double Smallest(Side side, Func<RunResult, double> figure) =>
        Figures(side, figure).Where(static value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Min();

    private IEnumerable<double> Figures(Side side, Func<RunResult, double> figure) =>
        _runs.Select(run => side == Side.Ours ? figure(run.Ours) : run.Reference is { } reference ? figure(reference) : double.NaN);

    private Ratio Compare(Func<RunResult, double> figure) =>
        Ratio.Of(_runs.Select(run => run.Reference is { } reference ? figure(run.Ours) / figure(reference) : double.NaN));

    private IEnumerable<TargetCheck> Judge()
    {
        var targets = Case.Targets;
        TargetCheck[] all =
        [
            new("msgs/s", Throughput.Median, targets.Throughput, IsLeast: true, "x"),
            new("CPU", Cpu.Median, targets.Cpu, IsLeast: false, "x"),
            new("p50", P50, targets.P50, IsLeast: false, "x"),
            new("memory", Memory.Median, targets.Memory, IsLeast: false, "x"),
            new("start", Median(Side.Ours, static run => run.StartMilliseconds), targets.StartMilliseconds, IsLeast: false, " ms"),
            new("idle RSS", Case is StartCase ? Median(Side.Ours, static run => run.ResidentMib) : double.NaN, targets.IdleMib, IsLeast: false, " MiB"),
        ];
        // Without a reference there is no ratio, and nothing to judge.
        return all.Where(static check => !double.IsNaN(check.Wanted) && !double.IsNaN(check.Measured));
    }
}
