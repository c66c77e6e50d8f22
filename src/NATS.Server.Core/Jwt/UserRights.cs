namespace NATS.Server.Core.Jwt;

/// <summary>The rights and limits of a user, in the user's token or in the template of a scoped signing key. Immutable.</summary>
public sealed record UserRights
{
    /// <summary>What the token of a scoped user must say: nothing.</summary>
    public static UserRights None { get; } = new();

    /// <summary>Everything allowed.</summary>
    public static UserRights Standard { get; } = new()
    {
        Subscriptions = AccountLimits.Unlimited,
        Data = AccountLimits.Unlimited,
        Payload = AccountLimits.Unlimited,
    };

    public ClaimPermissions Permissions { get; init; } = ClaimPermissions.None;

    /// <summary>Networks in CIDR form that the user may come from; none means any.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Times of day at which the user may be connected; none means any.</summary>
    public IReadOnlyList<TimeRange> Times { get; init; } = [];

    /// <summary>The time zone of <see cref="Times"/>; empty for the server's.</summary>
    public string TimeZone { get; init; } = "";

    public long Subscriptions { get; init; }

    public long Data { get; init; }

    /// <summary>Bytes of one message.</summary>
    public long Payload { get; init; }

    public bool IsBearer { get; init; }

    public bool IsProxyRequired { get; init; }

    public IReadOnlyList<string> AllowedConnectionTypes { get; init; } = [];

    public bool IsEmpty =>
        Permissions.IsEmpty && Sources.Count == 0 && Times.Count == 0 && TimeZone.Length == 0 && Subscriptions == 0 && Data == 0 && Payload == 0
        && !IsBearer && !IsProxyRequired && AllowedConnectionTypes.Count == 0;
}

/// <summary>From a time of day to another, both as <c>hh:mm:ss</c>; may cross midnight.</summary>
public sealed record TimeRange(string Start, string End);
