namespace NATS.Server.Bench;

/// <summary>A server lost, doubled, reordered or damaged a message, closed a connection or stopped delivering: the run is void.</summary>
internal sealed class VerificationException(string message) : Exception(message);
