namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. What a client asks for when it creates or updates a consumer.</summary>
public sealed record ConsumerRequest
{
    public string Stream { get; init; } = "";

    public ConsumerConfig Config { get; init; } = new();

    public ConsumerAction Action { get; init; }

    /// <summary>Whether values that would be changed silently are refused instead.</summary>
    public bool IsPedantic { get; init; }
}
