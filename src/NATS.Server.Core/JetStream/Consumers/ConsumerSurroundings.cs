using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable while a request is judged. What a request to create or update a consumer is judged against.</summary>
public sealed record ConsumerSurroundings
{
    public required JetStreamView View { get; init; }

    /// <summary>The consumers of the stream by name, as they run.</summary>
    public required IReadOnlyDictionary<string, ConsumerConfig> Consumers { get; init; }

    /// <summary>A random name that none of the consumers has, for one that needs it.</summary>
    public required string FreeName { get; init; }

    /// <summary>Whether somebody listens at a subject of the account.</summary>
    public Func<string, bool> HasInterest { get; init; } = static _ => false;
}

/// <summary>Immutable. The consumer that a request asks for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Config">Its configuration as it is to be kept; one without a name in it was not given one.</param>
/// <param name="Running">The configuration with which it runs, and which answers show: with what is decided anew at each start.</param>
/// <param name="IsNew">Whether it is to be created; otherwise it is there and to be changed.</param>
public readonly record struct PlannedConsumer(string Name, ConsumerConfig Config, ConsumerConfig Running, bool IsNew)
{
    /// <summary>The configuration as <c>meta.inf</c> keeps it: with a name.</summary>
    public ConsumerConfig Stored => Config.Name.Length > 0 ? Config : Config with { Name = Name };
}
