namespace NATS.Server.Tracing;

/// <summary>Where an account wants traces of messages that belong to a sampled trace of the application. Immutable.</summary>
/// <param name="Destination">A literal subject.</param>
/// <param name="Sampling">Percent of them that are traced, 1 to 100.</param>
internal sealed record TraceTarget(string Destination, int Sampling);
