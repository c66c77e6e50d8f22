namespace NATS.Server.Bench.Pairs;

/// <summary>The two servers of a pair.</summary>
internal enum Side
{
    Ours,
    Reference,
}
