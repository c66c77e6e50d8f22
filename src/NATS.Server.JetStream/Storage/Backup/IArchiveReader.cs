namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Owned by a restore. Takes the decompressed bytes of a backup, in the one form or the other.</summary>
internal interface IArchiveReader : IDisposable
{
    /// <summary>Takes bytes as they arrive.</summary>
    /// <returns>What is wrong, or null.</returns>
    RestoreFailure? Take(ReadOnlySpan<byte> data);

    /// <summary>There are no more bytes. When this returns null, everything is with the target.</summary>
    RestoreFailure? End();
}
