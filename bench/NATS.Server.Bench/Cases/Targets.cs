namespace NATS.Server.Bench.Cases;

/// <summary>What a case is to reach, as ratios ours / reference unless said otherwise. NaN: no target.</summary>
internal sealed record Targets
{
    public static Targets None { get; } = new();

    /// <summary>Messages per second, at least.</summary>
    public double Throughput { get; init; } = double.NaN;

    /// <summary>Server CPU per message, at most.</summary>
    public double Cpu { get; init; } = double.NaN;

    /// <summary>Median latency, at most.</summary>
    public double P50 { get; init; } = double.NaN;

    /// <summary>Memory per idle connection, at most.</summary>
    public double Memory { get; init; } = double.NaN;

    /// <summary>Milliseconds from start to listening, at most; ours, absolute.</summary>
    public double StartMilliseconds { get; init; } = double.NaN;

    /// <summary>MiB of the idle server, at most; ours, absolute.</summary>
    public double IdleMib { get; init; } = double.NaN;
}
