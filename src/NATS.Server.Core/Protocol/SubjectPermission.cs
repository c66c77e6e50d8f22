namespace NATS.Server.Core.Protocol;

/// <summary>Allowed and denied subjects as servers exchange them in INFO and CONNECT. Null lists are absent lists. Immutable.</summary>
public sealed record SubjectPermission(IReadOnlyList<string>? Allow, IReadOnlyList<string>? Deny);
