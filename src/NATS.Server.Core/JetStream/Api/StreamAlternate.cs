namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A mirror that a client may read from in place of the stream.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Domain">Its domain; empty when there is none.</param>
/// <param name="Cluster">The cluster that it is in.</param>
public sealed record StreamAlternate(string Name, string Domain, string Cluster);
