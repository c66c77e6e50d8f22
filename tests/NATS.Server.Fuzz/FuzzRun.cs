using System.Diagnostics;
using System.Globalization;
using NATS.Server.Fuzz.Targets;

namespace NATS.Server.Fuzz;

/// <summary>
/// Mutates a corpus and feeds it to every parser that reads what strangers send: no exception, no input that takes long, no allocation out of
/// proportion, and what a parser finds must not depend on how its input was cut. A failure prints the target, the seed and the input.
/// </summary>
internal static class FuzzRun
{
    private const string Usage = """
        usage: NATS.Server.Fuzz [--seconds N] [--seed N] [--target NAME]
               --seconds   run time of all targets together (default 60; a night: 28800)
               --seed      of the mutations (default: from the clock, printed)
               --target    only this one
        """;

    public static int Start(string[] args)
    {
        int seconds = 60;
        int seed = (int)(Stopwatch.GetTimestamp() & int.MaxValue);
        string? only = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length) return Fail(Usage);
            switch (args[i])
            {
                case "--seconds": seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--seed": seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--target": only = args[i + 1]; break;
                default: return Fail(Usage);
            }
        }

        IFuzzTarget[] targets = [.. All().Where(target => only is null || target.Name == only)];
        if (targets.Length == 0) return Fail($"no target {only}; there are {string.Join(' ', All().Select(target => target.Name))}");
        Console.WriteLine($"seed {seed}");
        foreach (IFuzzTarget target in targets)
        {
            if (!Run(target, seed, TimeSpan.FromSeconds((double)seconds / targets.Length))) return 1;
        }

        return 0;
    }

    private static IEnumerable<IFuzzTarget> All() =>
        [
            new JetStreamConfigTarget(), new ConsumerTarget(), new ScheduleTarget(),
            new ClientParserTarget(), new ConnectTarget(), new SubjectTarget(), new TransformTarget(), new HeadersTarget(), new TraceHeadersTarget(), new EncodingTarget(), new ConfigTarget(),
            new HttpTarget(), new NkeyTarget(), new SealedTarget(), new JwtTarget(),
            new CompressionTarget(), new StorageTarget(), new StoreOpeningTarget(), new BackupTarget(), .. StoreFileTarget.All,
        ];

    private static bool Run(IFuzzTarget target, int seed, TimeSpan time)
    {
        var mutator = new Mutator(Corpus.Read(target.Name), new Random(seed));
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        long count = 0;
        while (clock.Elapsed < time)
        {
            byte[] input = mutator.Next();
            count++;
            if (RunOne(target, input, random) is not { } problem) continue;
            Console.Error.WriteLine($"FAILED {target.Name}, seed {seed}, input {count}: {problem}");
            Console.Error.WriteLine(Corpus.Escape(input));
            return false;
        }

        Console.WriteLine($"{target.Name}: {count} inputs");
        return true;
    }

    /// <summary>Null when all is well.</summary>
    private static string? RunOne(IFuzzTarget target, byte[] input, Random random)
    {
        const int slowMs = 1000;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        try
        {
            if (target.Run(input, random) is { } wrong) return wrong;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (Stopwatch.GetElapsedTime(start).TotalMilliseconds > slowMs) return "it took longer than a second";
        long allowed = target.BaseAllocation + (target.AllocationPerByte * (long)input.Length);
        return allocated > allowed ? $"{allocated} bytes were allocated for an input of {input.Length}" : null;
    }

    private static int Fail(string text)
    {
        Console.Error.WriteLine(text);
        return 2;
    }
}
