namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Owned by its queue. A pull request that waits for messages. Whoever is given one may read it until the next call of the queue: then it may be another's.
/// </summary>
public sealed class WaitingPull
{
    private byte[] _reply = [];
    private int _replyLength;

    /// <summary>Where the messages go.</summary>
    public ReadOnlySpan<byte> Reply => _reply.AsSpan(0, _replyLength);

    /// <summary>What the queue's owner has to remember of the client.</summary>
    public object? Owner { get; private set; }

    /// <summary>The client is in another account: it is told when its interest is gone.</summary>
    public bool IsImported { get; private set; }

    /// <summary>When interest in its reply was last found, by the owner's count of changes; null: never.</summary>
    public int? InterestSeen { get; set; }

    /// <summary>How many more messages it may get.</summary>
    public long Remaining { get; internal set; }

    /// <summary>How many messages it has got.</summary>
    public long Delivered { get; internal set; }

    /// <summary>How many more bytes it may get, if that was limited.</summary>
    public long BytesLeft { get; internal set; }

    /// <summary>When it was received, nanoseconds since 1970.</summary>
    public long ReceivedNs { get; private set; }

    /// <summary>When it ends, nanoseconds since 1970.</summary>
    internal long ExpiresNs { get; private set; }

    internal bool Expires { get; private set; }

    internal long HeartbeatNs { get; private set; }

    /// <summary>When it is told next that nothing has come.</summary>
    internal long NextHeartbeatNs { get; set; }

    internal bool NoWait { get; private set; }

    internal string? Group { get; private set; }

    internal long MinPending { get; private set; }

    internal long MinAckPending { get; private set; }

    internal string? PinId { get; set; }

    internal int Priority { get; private set; }

    internal WaitingPull? Next { get; set; }

    internal bool HasPin => !string.IsNullOrEmpty(PinId);

    /// <summary>Notes that a message was sent which it was taken for.</summary>
    /// <returns>What is said behind the message: that the request got its messages before it got its bytes.</returns>
    public PullStatus? MessageSent(long nowNs)
    {
        if (Remaining <= 0) return BytesLeft > 0 ? PullStatus.BatchCompleted(this) : null;
        DelayHeartbeat(nowNs);
        return null;
    }

    internal void Begin(in PullRequest request, in PullClient client, long nowNs)
    {
        if (_reply.Length < client.Reply.Length) _reply = new byte[client.Reply.Length];
        client.Reply.CopyTo(_reply);
        _replyLength = client.Reply.Length;
        Owner = client.Owner;
        IsImported = client.IsImported;
        InterestSeen = null;
        (Remaining, Delivered, BytesLeft) = (request.Batch, 0, request.MaxBytes);
        ReceivedNs = nowNs;
        Expires = request.ExpiresNs != 0;
        ExpiresNs = Later(nowNs, request.ExpiresNs);
        HeartbeatNs = Math.Max(request.HeartbeatNs, 0);
        NextHeartbeatNs = Later(nowNs, HeartbeatNs);
        NoWait = request.NoWait;
        (Group, MinPending, MinAckPending, PinId) = (request.Group, request.MinPending, request.MinAckPending, request.PinId);
        Priority = request.HasOptions ? (int)request.Priority : int.MaxValue;
        Next = null;
    }

    internal void DelayHeartbeat(long nowNs) => NextHeartbeatNs = Later(nowNs, HeartbeatNs);

    internal void End() => (Owner, Group, PinId, Next) = (null, null, null, null);

    private static long Later(long nowNs, long ns) => ns > long.MaxValue - nowNs ? long.MaxValue : nowNs + ns;
}
