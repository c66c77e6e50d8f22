using NATS.Server.Monitoring;

namespace NATS.Server.Host.Top;

/// <summary>What a server told at one time, as far as it was asked. Immutable.</summary>
internal sealed record TopSample
{
    public required ServerSample Server { get; init; }

    /// <summary>Null when nobody asked.</summary>
    public ConnectionsSample? Connections { get; init; }

    /// <summary>Null when nobody asked.</summary>
    public JetStreamSample? JetStream { get; init; }
}

/// <summary>The server itself. Immutable.</summary>
internal sealed record ServerSample
{
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string Version { get; init; } = "";

    public string Uptime { get; init; } = "";

    public DateTimeOffset Start { get; init; }

    /// <summary>The server's own clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Percent of one processor.</summary>
    public double Cpu { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    public int Cores { get; init; }

    public long Connections { get; init; }

    public long MaxConnections { get; init; }

    public long TotalConnections { get; init; }

    public long Routes { get; init; }

    public long LeafNodes { get; init; }

    public long Subscriptions { get; init; }

    public long SlowConsumers { get; init; }

    public long StaleConnections { get; init; }

    public long StalledClients { get; init; }

    public TopTraffic Traffic { get; init; }
}

/// <summary>Counters of messages and payload, or their growth in a second. In is what the server received.</summary>
internal readonly record struct TopTraffic(double InMessages, double InBytes, double OutMessages, double OutBytes);

/// <summary>A page of connections. Immutable.</summary>
internal sealed record ConnectionsSample
{
    /// <summary>The server's own clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Connections that there are.</summary>
    public long Total { get; init; }

    /// <summary>In the order that was asked for.</summary>
    public IReadOnlyList<ConnectionSample> Items { get; init; } = [];
}

/// <summary>One connection. Immutable.</summary>
internal sealed record ConnectionSample
{
    public ulong Cid { get; init; }

    public string Ip { get; init; } = "";

    public long Port { get; init; }

    public string Name { get; init; } = "";

    public string Account { get; init; } = "";

    public string Language { get; init; } = "";

    public string Version { get; init; } = "";

    public string Uptime { get; init; } = "";

    public string Idle { get; init; } = "";

    public string RoundTrip { get; init; } = "";

    public DateTimeOffset Start { get; init; }

    public DateTimeOffset LastActivity { get; init; }

    public long Subscriptions { get; init; }

    public long PendingBytes { get; init; }

    public TopTraffic Traffic { get; init; }

    /// <summary>Subjects; empty when nobody asked.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Subscriptions one by one; empty when nobody asked.</summary>
    public IReadOnlyList<SubscriptionSample> Details { get; init; } = [];
}

/// <summary>One subscription. Immutable.</summary>
internal sealed record SubscriptionSample
{
    public string Subject { get; init; } = "";

    public string Queue { get; init; } = "";

    public string Sid { get; init; } = "";

    public long Messages { get; init; }

    /// <summary>Messages after which it ends; 0 for never.</summary>
    public long Maximum { get; init; }
}

/// <summary>JetStream. Immutable.</summary>
internal sealed record JetStreamSample
{
    public bool IsDisabled { get; init; }

    /// <summary>The server's own clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Bytes in use, of <see cref="MaxMemory"/>.</summary>
    public long Memory { get; init; }

    public long MaxMemory { get; init; }

    /// <summary>Bytes in use, of <see cref="MaxStorage"/>.</summary>
    public long Storage { get; init; }

    public long MaxStorage { get; init; }

    public long StreamCount { get; init; }

    public long ConsumerCount { get; init; }

    public long Messages { get; init; }

    public long Bytes { get; init; }

    public long ApiRequests { get; init; }

    public long ApiErrors { get; init; }

    /// <summary>Null when nobody asked.</summary>
    public IReadOnlyList<StreamSample>? Streams { get; init; }
}

/// <summary>One stream. Immutable.</summary>
internal sealed record StreamSample
{
    public string Account { get; init; } = "";

    public string Name { get; init; } = "";

    public DateTimeOffset Created { get; init; }

    public long Messages { get; init; }

    public long Bytes { get; init; }

    public ulong FirstSequence { get; init; }

    public ulong LastSequence { get; init; }

    public long Subjects { get; init; }

    public IReadOnlyList<ConsumerSample> Consumers { get; init; } = [];
}

/// <summary>One consumer. Immutable.</summary>
internal sealed record ConsumerSample
{
    public string Name { get; init; } = "";

    public DateTimeOffset Created { get; init; }

    /// <summary>Deliveries so far, repeated ones too.</summary>
    public ulong Delivered { get; init; }

    /// <summary>Deliveries up to which all are acknowledged.</summary>
    public ulong Acknowledged { get; init; }

    public long Pending { get; init; }

    public long AckPending { get; init; }

    public long Redelivered { get; init; }

    public long Waiting { get; init; }
}

/// <summary>What to ask a server. Immutable.</summary>
/// <param name="View">What is looked at.</param>
/// <param name="Order">The order of connections, by the name that the server knows.</param>
/// <param name="Limit">Connections to list.</param>
/// <param name="WithSubjects">Whether to list the subjects of connections.</param>
/// <param name="Cid">The connection whose subscriptions are looked at; null for the first in the order.</param>
internal sealed record TopQuestion(TopView View, string Order, int Limit, bool WithSubjects, ulong? Cid)
{
    /// <summary>Requests after the one for the server itself, relative to it; null when there is none.</summary>
    public string? ConnectionsPath => View switch
    {
        TopView.Connections => $"connz?limit={Limit}&sort={Order}&auth=true{(WithSubjects ? "&subs=true" : "")}",
        TopView.Subscriptions when Cid is { } cid => $"connz?cid={cid}&auth=true&subs=detail",
        TopView.Subscriptions => $"connz?limit=1&sort={Order}&auth=true&subs=detail",
        _ => null,
    };

    /// <summary>Likewise for JetStream.</summary>
    public string? JetStreamPath => View switch
    {
        TopView.Server => "jsz",
        TopView.Streams => "jsz?consumers=true",
        _ => null,
    };
}

/// <summary>What is looked at.</summary>
internal enum TopView
{
    Server,
    Connections,
    Subscriptions,
    Streams,
}

/// <summary>The names of orders. Pure.</summary>
internal static class TopOrder
{
    public const string DefaultConnections = "cid";
    public const string DefaultStreams = "name";

    /// <summary>Orders of streams.</summary>
    public static readonly IReadOnlyList<string> Streams = ["name", "msgs", "bytes", "rate", "consumers", "pending", "ack_pending", "redelivered"];

    /// <summary>Whether open connections can be ordered by this.</summary>
    public static bool IsOfConnections(string name) =>
        name.Length > 0 && ConnectionSortNames.TryParse(name, out ConnectionSort sort) && sort is not (ConnectionSort.Stop or ConnectionSort.Reason);

    public static bool IsOfStreams(string name) => Streams.Contains(name, StringComparer.Ordinal);
}
