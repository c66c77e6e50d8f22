using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>Subscriptions and the state of their index, as served on <c>/subsz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record Subsz
{
    /// <summary>Entries of a page when no limit is asked for.</summary>
    public const int DefaultLimit = 1024;

    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    public uint NumSubscriptions { get; init; }

    /// <summary>Subjects whose matches are cached.</summary>
    public uint NumCache { get; init; }

    public ulong NumInserts { get; init; }

    public ulong NumRemoves { get; init; }

    public ulong NumMatches { get; init; }

    /// <summary>Part of the matches that a cache answered, 0 to 1.</summary>
    public double CacheHitRate { get; init; }

    public uint MaxFanout { get; init; }

    /// <summary>Subscriptions per cached subject.</summary>
    public double AvgFanout { get; init; }

    /// <summary>Subscriptions that passed the filters; 0 unless the list was asked for.</summary>
    public required int Total { get; init; }

    public required long Offset { get; init; }

    public required long Limit { get; init; }

    public IReadOnlyList<SubDetail>? SubscriptionsList { get; init; }
}

/// <summary>One subscription. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record SubDetail
{
    public string? Account { get; init; }

    public string? AccountTag { get; init; }

    public required string Subject { get; init; }

    public string? Qgroup { get; init; }

    public required string Sid { get; init; }

    /// <summary>Messages delivered so far.</summary>
    public required long Msgs { get; init; }

    /// <summary>Messages after which the subscription ends; 0 for never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Max { get; init; }

    public required ulong Cid { get; init; }
}

/// <summary>Which subscriptions <see cref="Subsz"/> lists. Immutable.</summary>
public sealed record SubszOptions
{
    /// <summary>Whether to list subscriptions, not only statistics.</summary>
    public bool Subscriptions { get; init; }

    /// <summary>Entries to skip; negative is 0.</summary>
    public long Offset { get; init; }

    /// <summary>Entries to show; 0 and negative are <see cref="Subsz.DefaultLimit"/>.</summary>
    public long Limit { get; init; }

    /// <summary>Only this account; empty for all.</summary>
    public string Account { get; init; } = "";

    /// <summary>Only subscriptions that would receive a message on this literal subject; empty for all.</summary>
    public string Test { get; init; } = "";

    /// <summary>Says what is wrong with these options, in the reference's words; null when nothing is.</summary>
    public string? Validate() => Test.Length == 0 || Core.Subjects.Subject.IsValidLiteral(System.Text.Encoding.UTF8.GetBytes(Test))
        ? null
        : $"invalid test subject, must be valid publish subject: {Test}";
}
