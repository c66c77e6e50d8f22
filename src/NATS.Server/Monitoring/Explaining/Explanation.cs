namespace NATS.Server.Monitoring.Explaining;

/// <summary>The answer to a question: for people, and for programs that look at <see cref="Verdict"/> and the fields of findings. Immutable.</summary>
public sealed record Explanation
{
    /// <summary>What was asked, in lower case.</summary>
    public required string Question { get; init; }

    /// <summary>
    /// In one word: <c>allowed</c> or <c>denied</c>; <c>delivered</c> or <c>nobody</c>; <c>delivering</c>, <c>idle</c>, <c>waiting</c> or <c>stopped</c>; <c>open</c>
    /// or <c>closed</c>; <c>not_found</c> when what was asked about does not exist.
    /// </summary>
    public required string Verdict { get; init; }

    /// <summary>In a sentence or two, without markup.</summary>
    public required string Summary { get; init; }

    /// <summary>What decided; null when nothing in particular did.</summary>
    public ExplainRule? Rule { get; init; }

    /// <summary>What was looked at, in the order in which the server does.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>What could be done about it; each a sentence.</summary>
    public IReadOnlyList<string>? Hints { get; init; }
}

/// <summary>A rule of the configuration, of a token, or of the server itself. Immutable.</summary>
/// <param name="Name">Where it stands in there, such as <c>permissions.publish.deny</c> or <c>max_ack_pending</c>.</param>
/// <param name="Value">As it stands there, such as <c>orders.&gt;</c>; empty when there is nothing to show.</param>
/// <param name="Source">Whose it is, such as <c>user alice in account A</c>.</param>
public sealed record ExplainRule(string Name, string Value, string Source);

/// <summary>Something that was looked at. Immutable. Fields that mean nothing for its kind are absent.</summary>
public sealed record Finding
{
    /// <summary>
    /// A word for programs, such as <c>mapping</c>, <c>subscription</c>, <c>queue_group</c>, <c>stream</c>, <c>stream_import</c>, <c>service_import</c>, <c>permission</c>,
    /// <c>limit</c>, <c>paused</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>In a sentence or a part of one.</summary>
    public required string Text { get; init; }

    /// <summary>Whether this is why the verdict is what it is.</summary>
    public bool Decides { get; init; }

    public string? Subject { get; init; }

    public string? Queue { get; init; }

    public string? Account { get; init; }

    public string? User { get; init; }

    public ulong? Cid { get; init; }

    /// <summary>What the connection calls itself.</summary>
    public string? Name { get; init; }

    public string? Stream { get; init; }

    public string? Consumer { get; init; }

    /// <summary>A number that was compared.</summary>
    public long? Value { get; init; }

    /// <summary>With what it was compared.</summary>
    public long? Limit { get; init; }

    /// <summary>Why what this is about does not happen; null when it does.</summary>
    public string? Refusal { get; init; }

    /// <summary>What follows from it, such as the receivers behind an import.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }
}
