namespace NATS.Server.Monitoring.Explaining;

/// <summary>What somebody wants to have explained. Immutable.</summary>
public sealed record ExplainQuestion
{
    public required ExplainKind Kind { get; init; }

    /// <summary>Of a publish, a subscription or a message. A subscription's may have wildcards.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The queue group of a subscription; empty without one.</summary>
    public string Queue { get; init; } = "";

    /// <summary>Whether the message asks for an answer.</summary>
    public bool HasReply { get; init; }

    /// <summary>An account; empty: that of the connection or the user, or else the account of those who name none.</summary>
    public string Account { get; init; } = "";

    /// <summary>A user as shown by <c>/connz?auth=1</c>; empty for nobody in particular.</summary>
    public string User { get; init; } = "";

    /// <summary>A connection; 0 for none.</summary>
    public ulong Cid { get; init; }

    public string Stream { get; init; } = "";

    public string Consumer { get; init; } = "";

    /// <summary>Says what is missing or contradictory.</summary>
    /// <returns>Null when it can be answered.</returns>
    public string? Validate() => Kind switch
    {
        ExplainKind.Publish or ExplainKind.Subscribe when Subject.Length == 0 => "subject required",
        ExplainKind.Publish or ExplainKind.Subscribe when Cid == 0 && User.Length == 0 && Account.Length == 0 => "cid, user or account required",
        ExplainKind.Route when Subject.Length == 0 => "subject required",
        ExplainKind.Consumer when Stream.Length == 0 || Consumer.Length == 0 => "stream and consumer required",
        ExplainKind.Connection when Cid == 0 && User.Length == 0 => "cid or user required",
        ExplainKind.Unknown => "question required: publish, subscribe, route, consumer or connection",
        _ => null,
    };
}

/// <summary>What a question is about. The word in JSON is the name in lower case.</summary>
public enum ExplainKind
{
    Unknown,

    /// <summary>May this user publish to this subject?</summary>
    Publish,

    /// <summary>May this user subscribe to this subject?</summary>
    Subscribe,

    /// <summary>Where would a message on this subject go?</summary>
    Route,

    /// <summary>Why is this consumer not delivering?</summary>
    Consumer,

    /// <summary>Why did this connection close, or what holds it up?</summary>
    Connection,
}
