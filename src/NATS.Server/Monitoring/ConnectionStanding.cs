namespace NATS.Server.Monitoring;

/// <summary>An open connection at one moment, with what holds it up. Immutable.</summary>
internal sealed record ConnectionStanding
{
    /// <summary>What <c>/connz</c> shows.</summary>
    public required ConnectionSnapshot Connection { get; init; }

    public ConnectionLimits Limits { get; init; } = new();

    /// <summary>Where in its beginning the connection is; <see cref="ConnectionStage.Ready"/> when that is over.</summary>
    public ConnectionStage Stage { get; init; } = ConnectionStage.Ready;

    /// <summary>How long the peer has not taken what is sent to it; null while it does.</summary>
    public TimeSpan? BlockedFor { get; init; }

    /// <summary>PINGs that it has not answered.</summary>
    public int UnansweredPings { get; init; }

    /// <summary>Since anything came from it, pings included; null when nothing has.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>Nothing is read from it at the moment, since it publishes faster than others receive.</summary>
    public bool IsStalled { get; init; }

    /// <summary>When it has to end because its credentials do; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What a connection may, where that can differ from what the server's options say: it was set when the connection was made. Immutable.</summary>
internal sealed record ConnectionLimits
{
    public long MaxPending { get; init; }

    public int MaxControlLine { get; init; }

    /// <summary>The least of the server's, the account's and the user's.</summary>
    public long MaxPayload { get; init; }

    /// <summary>The same of subscriptions; negative: no limit.</summary>
    public long MaxSubscriptions { get; init; } = -1;

    /// <summary>The user's own part of it; negative: none. As the next one.</summary>
    public long UserMaxPayload { get; init; } = -1;

    public long UserMaxSubscriptions { get; init; } = -1;
}

/// <summary>How far a connection has got in introducing itself.</summary>
internal enum ConnectionStage
{
    /// <summary>The TLS handshake is not done.</summary>
    Handshake,

    /// <summary>No CONNECT has come, and one is needed.</summary>
    AwaitConnect,

    /// <summary>What it said of itself is being checked.</summary>
    Authenticating,
    Ready,
}
