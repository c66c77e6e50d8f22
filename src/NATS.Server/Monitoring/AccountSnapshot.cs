using System.Runtime.InteropServices;

namespace NATS.Server.Monitoring;

/// <summary>The subscription index of one account at one moment. Immutable.</summary>
internal sealed record AccountSnapshot
{
    public required string Name { get; init; }

    public required SublistSnapshot Sublist { get; init; }

    /// <summary>Filled on request only.</summary>
    public IReadOnlyList<SubscriptionSnapshot> Subscriptions { get; init; } = [];
}

/// <summary>Counters of one subscription index and of the caches before it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SublistSnapshot
{
    public uint Subscriptions { get; init; }

    /// <summary>Subjects with a cached match.</summary>
    public uint CachedSubjects { get; init; }

    public ulong Inserts { get; init; }

    public ulong Removes { get; init; }

    /// <summary>Matches asked for, cached or not.</summary>
    public ulong Matches { get; init; }

    public ulong CacheHits { get; init; }

    /// <summary>Subscriptions of the cached subject that has the most.</summary>
    public uint MaxFanout { get; init; }

    /// <summary>Subscriptions of all cached subjects together.</summary>
    public ulong TotalFanout { get; init; }

    public static SublistSnapshot operator +(SublistSnapshot left, SublistSnapshot right) => new()
    {
        Subscriptions = left.Subscriptions + right.Subscriptions,
        CachedSubjects = left.CachedSubjects + right.CachedSubjects,
        Inserts = left.Inserts + right.Inserts,
        Removes = left.Removes + right.Removes,
        Matches = left.Matches + right.Matches,
        CacheHits = left.CacheHits + right.CacheHits,
        MaxFanout = Math.Max(left.MaxFanout, right.MaxFanout),
        TotalFanout = left.TotalFanout + right.TotalFanout,
    };
}
