namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Where a pending message is; good until the table changes.</summary>
internal readonly record struct PendingPlace(PendingChunk Chunk, int ChunkIndex, int Index)
{
    public ref PendingEntry Entry => ref Chunk.Entries[Index];

    public ulong ConsumerSequence => Chunk.ConsumerSequenceOf(Index);
}
