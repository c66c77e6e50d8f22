namespace NATS.Server.Host.Top;

/// <summary>What the person at the screen has chosen. Immutable.</summary>
internal sealed record TopState
{
    public TopView View { get; init; } = TopView.Connections;

    /// <summary>The order of connections, which the server applies.</summary>
    public string ConnectionOrder { get; init; } = TopOrder.DefaultConnections;

    /// <summary>The order of streams, which is applied here.</summary>
    public string StreamOrder { get; init; } = TopOrder.DefaultStreams;

    /// <summary>Connections to ask for.</summary>
    public int Limit { get; init; } = 1024;

    /// <summary>Whether connections show their subjects.</summary>
    public bool ShowsSubjects { get; init; }

    /// <summary>Whether connections show names in place of addresses.</summary>
    public bool LooksUpNames { get; init; }

    /// <summary>Whether connections show what happened in a second in place of what happened so far.</summary>
    public bool ShowsRates { get; init; }

    /// <summary>Whether numbers are shown in full.</summary>
    public bool IsRaw { get; init; }

    public bool IsPaused { get; init; }

    public bool ShowsHelp { get; init; }

    /// <summary>What is being typed in.</summary>
    public TopPrompt Prompt { get; init; }

    /// <summary>As far as it is.</summary>
    public string Typed { get; init; } = "";

    /// <summary>Said once, until the next key; empty for nothing.</summary>
    public string Notice { get; init; } = "";

    /// <summary>The row that keys work on, from 0.</summary>
    public int Row { get; init; }

    /// <summary>The connection whose subscriptions are shown; null for the first in the order.</summary>
    public ulong? Cid { get; init; }

    public bool IsOver { get; init; }

    /// <summary>The order of what is looked at.</summary>
    public string Order => View == TopView.Streams ? StreamOrder : ConnectionOrder;

    /// <summary>What to ask the server for it.</summary>
    public TopQuestion Question => new(View, ConnectionOrder, Limit, ShowsSubjects, Cid);
}

/// <summary>What can be typed in.</summary>
internal enum TopPrompt
{
    None,
    Order,
    Limit,
    Cid,
}

/// <summary>What there is to be shown. Immutable.</summary>
internal sealed record TopFrame
{
    /// <summary>What the host names that were asked for are; an address that has none, or none yet, stands for itself.</summary>
    public static readonly Func<string, string?> NoNames = static _ => null;

    /// <summary>The server that is looked at.</summary>
    public required string Address { get; init; }

    /// <summary>The latest one; null before the first.</summary>
    public TopSample? Sample { get; init; }

    public TopRates Rates { get; init; } = TopRates.Unknown;

    public TopHistory History { get; init; } = TopHistory.Empty;

    /// <summary>Why there is nothing newer; empty when all is well.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The host name of an address, null when it is not known.</summary>
    public Func<string, string?> NameOf { get; init; } = NoNames;

    /// <summary>Streams in an order.</summary>
    public IReadOnlyList<StreamSample> StreamsBy(string order)
    {
        IReadOnlyList<StreamSample> streams = Sample?.JetStream?.Streams ?? [];
        IOrderedEnumerable<StreamSample> sorted = order switch
        {
            "msgs" => streams.OrderByDescending(static stream => stream.Messages),
            "bytes" => streams.OrderByDescending(static stream => stream.Bytes),
            "rate" => streams.OrderByDescending(stream => Rates.Of(stream)?.Messages ?? -1),
            "consumers" => streams.OrderByDescending(static stream => stream.Consumers.Count),
            "pending" => streams.OrderByDescending(static stream => stream.Consumers.Sum(static consumer => consumer.Pending)),
            "ack_pending" => streams.OrderByDescending(static stream => stream.Consumers.Sum(static consumer => consumer.AckPending)),
            "redelivered" => streams.OrderByDescending(static stream => stream.Consumers.Sum(static consumer => consumer.Redelivered)),
            _ => streams.OrderBy(static _ => 0),
        };
        return [.. sorted.ThenBy(static stream => stream.Account, StringComparer.Ordinal).ThenBy(static stream => stream.Name, StringComparer.Ordinal)];
    }
}
