namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>How a block was before records were appended, to undo that (<see cref="MessageBlock.Rewind"/>).</summary>
internal readonly record struct BlockMark(
    ulong FirstSequence,
    long FirstTimeNs,
    ulong LastSequence,
    long LastTimeNs,
    ulong Messages,
    ulong Bytes,
    ulong LastHash,
    int EndOffset,
    int Records);
