namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>A block that was looked through.</summary>
/// <param name="Block">Without regard to tombstones.</param>
/// <param name="Tombstones">Those in it, in the order in which they were written.</param>
/// <param name="Lost">Sequences of messages that are damaged, as far as they can be told.</param>
/// <param name="MissingRecords">How many records more there were at its end; they may have had any sequences above.</param>
/// <param name="IsDamaged">There are places in it that are no records.</param>
internal sealed record RecoveredBlock(
    MessageBlock Block, IReadOnlyList<BlockTombstone> Tombstones, IReadOnlyList<ulong> Lost, int MissingRecords, bool IsDamaged);
