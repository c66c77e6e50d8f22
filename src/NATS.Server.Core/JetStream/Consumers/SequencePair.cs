namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>A place in a consumer's deliveries and the place in the stream that belongs to it.</summary>
/// <param name="Consumer">Counts deliveries, 1 for the first.</param>
/// <param name="Stream">Counts messages of the stream.</param>
public readonly record struct SequencePair(ulong Consumer, ulong Stream);
