namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Gets a message of a block. False to stop.</summary>
/// <param name="sequence">The stream sequence.</param>
/// <param name="timestampNs">Nanoseconds since 1970.</param>
/// <param name="subject">Valid during the call only.</param>
/// <param name="bytes">What it counts in the store's bytes.</param>
internal delegate bool RecordVisitor(ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, uint bytes);

/// <summary>Gets what a tombstone says is deleted, and the time of that message.</summary>
internal delegate void TombstoneVisitor(ulong sequence, long timestampNs);
