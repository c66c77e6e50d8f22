namespace NATS.Server.Testing.Storage;

/// <summary>Immutable. A message of a <see cref="ModelStore"/>.</summary>
internal sealed record ModelMessage(ulong Sequence, long TimestampNs, string Subject, byte[] Headers, byte[] Payload, long TtlSeconds)
{
    private const int RecordFields = 22;
    private const int HeadersLengthField = 4;
    private const int Checksum = 8;
    private const int MemoryFields = 16;

    /// <summary>When its own time is over; <see cref="long.MaxValue"/> when it has none.</summary>
    public long ExpiresNs => TtlSeconds > 0 ? TimestampNs + (TtlSeconds * 1_000_000_000) : long.MaxValue;

    /// <summary>Bytes of its record in a file.</summary>
    public ulong BytesInFile =>
        (ulong)(RecordFields + Subject.Length + (Headers.Length > 0 ? HeadersLengthField + Headers.Length : 0) + Payload.Length + Checksum);

    /// <summary>What it counts in a memory store.</summary>
    public ulong BytesInMemory => (ulong)(MemoryFields + Subject.Length + Headers.Length + Payload.Length);
}
