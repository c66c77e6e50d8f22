namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Says that the message of a sequence is deleted; the time is that of the message.</summary>
internal readonly record struct BlockTombstone(ulong Sequence, long TimestampNs);
