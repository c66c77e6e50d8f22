namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>A block file that was found, with what lies beside it.</summary>
/// <param name="Number">Of the block.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="KeyLength">Bytes of its key file; 0 when it is not encrypted.</param>
/// <param name="Guarded">How many records the file beside it speaks of that guards their lengths; 0 without one.</param>
internal readonly record struct RecoveryBlock(uint Number, long Length, long KeyLength, long Guarded);
