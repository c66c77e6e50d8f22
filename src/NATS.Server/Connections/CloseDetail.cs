namespace NATS.Server.Connections;

/// <summary>What is known of why a connection was closed beside its <see cref="ClosedState"/>, for operators. Immutable. Holds no secrets: names and numbers, nothing a client sent as a credential or payload.</summary>
/// <param name="Text">In a part of a sentence, such as <c>a payload of 2000000 bytes</c>.</param>
internal sealed record CloseDetail(string Text)
{
    /// <summary>The setting that decided, where the state alone does not say which; empty otherwise.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Whose it is, if it is an account's; empty otherwise.</summary>
    public string Account { get; init; } = "";

    /// <summary>What was compared, in the setting's unit; times are nanoseconds.</summary>
    public long? Value { get; init; }

    /// <summary>With what it was compared: the setting as it was in force.</summary>
    public long? Limit { get; init; }
}
