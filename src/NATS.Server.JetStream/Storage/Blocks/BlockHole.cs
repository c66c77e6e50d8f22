namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Bytes of a block that are no record: damaged.</summary>
internal readonly record struct BlockHole(int Offset, int Length);
