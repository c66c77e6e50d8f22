namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What a check found of a consumer.</summary>
public sealed record ConsumerReport
{
    public required string Name { get; init; }

    /// <summary>Whether a configuration could be read.</summary>
    public required bool HasMetadata { get; init; }

    /// <summary>Whether there is a state.</summary>
    public required bool HasState { get; init; }

    /// <summary>The last stream sequence that was delivered.</summary>
    public ulong Delivered { get; init; }

    /// <summary>Up to which stream sequence all is acknowledged.</summary>
    public ulong AckFloor { get; init; }

    public int Pending { get; init; }

    public int Redelivered { get; init; }
}
