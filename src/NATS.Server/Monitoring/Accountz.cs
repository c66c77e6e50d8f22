namespace NATS.Server.Monitoring;

/// <summary>The accounts of the server, or one of them, as served on <c>/accountz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record Accountz
{
    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Null when there is no system account.</summary>
    public string? SystemAccount { get; init; }

    /// <summary>The names of all accounts, in their order; null when one was asked for.</summary>
    public IReadOnlyList<string>? Accounts { get; init; }

    /// <summary>The account that was asked for.</summary>
    public AccountInfo? AccountDetail { get; init; }
}

/// <summary>Which account <see cref="Accountz"/> shows. Immutable.</summary>
public sealed record AccountzOptions
{
    /// <summary>Details of this account; empty for the names of all.</summary>
    public string Account { get; init; } = "";
}
