using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Who subscribed to a subject in one account. Immutable.</summary>
internal sealed record RouteTargets
{
    public static RouteTargets None { get; } = new();

    public IReadOnlyList<RouteTarget> Plain { get; init; } = [];

    public IReadOnlyList<RouteQueue> Queues { get; init; } = [];

    /// <summary>Plain subscriptions that match too and are not described.</summary>
    public int LeftOut { get; init; }
}

/// <summary>A queue group: one of its members gets the message. Immutable.</summary>
/// <param name="Name">Of the group.</param>
/// <param name="Members">The members whose subscriptions match.</param>
/// <param name="LeftOut">Members that are not described.</param>
internal sealed record RouteQueue(string Name, IReadOnlyList<RouteTarget> Members, int LeftOut);

/// <summary>A subscription that matches, and who is behind it. Immutable.</summary>
/// <param name="Subscription">What it subscribes to.</param>
internal abstract record RouteTarget(string Subscription);

/// <summary>A client.</summary>
/// <param name="Subscription">What it subscribes to.</param>
/// <param name="Cid">The connection.</param>
internal sealed record ClientTarget(string Subscription, ulong Cid) : RouteTarget(Subscription)
{
    /// <summary>Of the subscription; empty without one.</summary>
    public string Queue { get; init; } = "";

    /// <summary>What the connection calls itself.</summary>
    public string Name { get; init; } = "";

    public string User { get; init; } = "";

    public required string Account { get; init; }

    /// <summary>Whether the connection gets its own messages back.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>Null when nothing that the subscription matches is denied to its user.</summary>
    public PermissionSet? Filter { get; init; }

    /// <summary>The subscription or its connection is about to end.</summary>
    public bool IsClosing { get; init; }

    /// <summary>So much waits for the connection that it gets nothing from clients (<c>no_fast_producer_stall</c>).</summary>
    public bool IsBehind { get; init; }

    /// <summary>Messages delivered so far.</summary>
    public long Delivered { get; init; }

    /// <summary>Messages after which it ends; 0 for never.</summary>
    public long Maximum { get; init; }
}

/// <summary>A stream of JetStream, as it would find a message without headers and payload.</summary>
/// <param name="Subscription">Of the stream's subjects the one that matches.</param>
/// <param name="Config">Of the stream.</param>
internal sealed record StreamTarget(string Subscription, StreamConfig Config) : RouteTarget(Subscription)
{
    /// <summary>Under which the message would be stored.</summary>
    public required string StoredSubject { get; init; }

    public ulong Messages { get; init; }

    public ulong Bytes { get; init; }

    /// <summary>Messages that are stored under <see cref="StoredSubject"/>.</summary>
    public ulong MessagesOfSubject { get; init; }

    /// <summary>What an empty message would add to <see cref="Bytes"/>.</summary>
    public long SmallestMessage { get; init; }

    /// <summary>Bytes that the account may still keep in this kind of storage; <see cref="long.MaxValue"/> without a limit, -1 when it may keep none.</summary>
    public long Room { get; init; } = long.MaxValue;

    /// <summary>The server has no room for more.</summary>
    public bool IsServerFull { get; init; }

    /// <summary>Why the store takes nothing more; empty when it does.</summary>
    public string Failure { get; init; } = "";

    /// <summary>Consumers of the stream.</summary>
    public int Consumers { get; init; }

    /// <summary>Consumers that want the subject.</summary>
    public int Interested { get; init; }

    /// <summary>Why the stream is not served at all; empty when it is.</summary>
    public string Offline { get; init; } = "";

    /// <summary>The stream is being closed.</summary>
    public bool IsClosing { get; init; }

    /// <summary>Streams of the account that copy what this one stores under the subject.</summary>
    public IReadOnlyList<StreamCopy> Copies { get; init; } = [];
}

/// <summary>A stream that copies from another. Immutable.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="IsMirror">It is a mirror; else the other is one of its sources.</param>
internal sealed record StreamCopy(string Stream, bool IsMirror);

/// <summary>A subscription of another account, which imports what is published here.</summary>
/// <param name="Subscription">What stands for it here.</param>
/// <param name="Import">The import.</param>
/// <param name="Importer">The importing account.</param>
/// <param name="SubjectHere">The subject that the message has there.</param>
/// <param name="Real">Who gets it.</param>
internal sealed record StreamImportTarget(string Subscription, StreamImport Import, string Importer, string SubjectHere, RouteTarget Real) : RouteTarget(Subscription);

/// <summary>The account asks a service of another one.</summary>
/// <param name="Subscription">What requests are published to.</param>
/// <param name="Import">The import.</param>
internal sealed record ServiceImportTarget(string Subscription, ServiceImport Import) : RouteTarget(Subscription);

/// <summary>The server itself.</summary>
/// <param name="Subscription">What it subscribes to.</param>
/// <param name="What">What it does with the message, in words.</param>
/// <param name="Refusal">Why it does not take it; null when it does.</param>
internal sealed record InternalTarget(string Subscription, string What, string? Refusal = null) : RouteTarget(Subscription)
{
    /// <summary>The stream that it is about; empty for none.</summary>
    public string Stream { get; init; } = "";

    /// <summary>The consumer that it is about; empty for none.</summary>
    public string Consumer { get; init; } = "";
}
