namespace NATS.Server.JetStream.Storage;

/// <summary>Messages of one subject, or of all that a filter matches: how many, and the first and last sequence (0 when there are none).</summary>
public readonly record struct SubjectState(ulong Messages, ulong First, ulong Last);
