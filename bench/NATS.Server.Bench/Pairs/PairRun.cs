using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Pairs;

/// <summary>One case of one round: ours and, unless it is missing, the reference, measured back to back.</summary>
internal sealed record PairRun(RunResult Ours, RunResult? Reference);
