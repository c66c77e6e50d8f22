namespace NATS.Server.Monitoring.Explaining;

/// <summary>Whether somebody may do something. Immutable.</summary>
/// <param name="IsAllowed">The verdict.</param>
/// <param name="Reason">Why, as what follows a colon; without a stop.</param>
/// <param name="Rule">What decided; null when nothing restricts.</param>
internal sealed record RightsVerdict(bool IsAllowed, string Reason, ExplainRule? Rule)
{
    /// <summary>What could be done about a refusal.</summary>
    public string? Hint { get; init; }

    /// <summary>A number that was compared.</summary>
    public long? Value { get; init; }

    /// <summary>With what it was compared.</summary>
    public long? Limit { get; init; }

    /// <summary>A word for <see cref="Finding.Kind"/>.</summary>
    public string Kind { get; init; } = "permission";

    public Finding ToFinding(string subject) => new()
    {
        Kind = Kind,
        Text = Rule is null ? Reason : $"{Reason} ({Rule.Source})",
        Subject = subject,
        Decides = true,
        Value = Value,
        Limit = Limit,
        Refusal = IsAllowed ? null : Reason,
    };
}
