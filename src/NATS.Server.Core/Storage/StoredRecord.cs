namespace NATS.Server.Core.Storage;

/// <summary>A record of a message block. Its spans are those of the buffer that it was read from.</summary>
public readonly ref struct StoredRecord
{
    /// <summary>Bytes of the whole record, checksum included.</summary>
    public int Length { get; init; }

    /// <summary>The stream sequence.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Says that another message, of this sequence and possibly in another block, is deleted.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>The message was overwritten, or the sequence was skipped: there is nothing to see.</summary>
    public bool IsErased { get; init; }

    /// <summary>Nanoseconds since 1970; 0 in records that were overwritten.</summary>
    public long TimestampNs { get; init; }

    /// <summary>Empty in tombstones and erased records.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary>The header block with its version line, or empty.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    /// <summary>Random bytes in records that were overwritten.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The checksum at the end of the record.</summary>
    public ulong Hash { get; init; }
}
