namespace NATS.Server.Core.Storage;

/// <summary>What stands before the content of an entry of a backup. Its span is that of the buffer that it was read from.</summary>
public readonly ref struct BackupEntry
{
    /// <summary>The subject of a message, else a name: <c>state.json</c>, <c>consumers/NAME</c>. Empty in the entry that ends the backup.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long TimestampNs { get; init; }

    /// <summary>The stream sequence of a message; 0 in other entries.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Bytes of the message's headers, which are the first part of the content.</summary>
    public long HeadersLength { get; init; }

    /// <summary>Bytes of the rest of the content.</summary>
    public long PayloadLength { get; init; }

    /// <summary>Bytes of this, before the content.</summary>
    public int Length { get; init; }
}
