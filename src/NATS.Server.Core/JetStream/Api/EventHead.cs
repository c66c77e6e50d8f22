namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. What every event says of itself.</summary>
/// <param name="Id">A unique id.</param>
/// <param name="TimeNs">When it happened, nanoseconds since 1970.</param>
/// <param name="Domain">The domain of the server; empty when it has none.</param>
public readonly record struct EventHead(string Id, long TimeNs, string Domain = "");
