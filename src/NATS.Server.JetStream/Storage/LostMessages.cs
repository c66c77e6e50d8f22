namespace NATS.Server.JetStream.Storage;

/// <summary>What a store found damaged: sequences that were stored and cannot be served, in order, and their bytes as far as known.</summary>
public sealed record LostMessages(IReadOnlyList<ulong> Sequences, ulong Bytes);
