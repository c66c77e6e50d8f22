namespace NATS.Server.Bench.Pairs;

/// <summary>A server ended before it listened, or took too long; the message holds the end of its log.</summary>
internal sealed class ServerStartException(string message) : Exception(message);
