namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Immutable. What a client asks for when it creates or updates a stream.</summary>
public sealed record StreamRequest
{
    public StreamConfig Config { get; init; } = new();

    /// <summary>Whether values that would be changed silently are refused instead.</summary>
    public bool IsPedantic { get; init; }
}
