namespace NATS.Server.JetStream.Storage;

/// <summary>
/// A message that was read. It refers to memory that does not change and is not reused, so it may be kept; kept long, it holds a whole block in memory.
/// </summary>
public readonly struct StoredMessage
{
    private readonly byte[] _bytes;
    private readonly int _at;
    private readonly int _headersLength;
    private readonly int _payloadLength;
    private readonly int _payloadAt;
    private readonly ushort _subjectLength;

    /// <summary>Refers to a message within a block.</summary>
    /// <param name="bytes">Holds subject, headers and payload.</param>
    /// <param name="subjectAt">Where the subject begins.</param>
    /// <param name="subjectLength">At most 65535.</param>
    /// <param name="headersLength">They end where the payload begins.</param>
    /// <param name="payloadAt">Where the payload begins.</param>
    /// <param name="payloadLength">Its bytes.</param>
    /// <param name="sequence">The stream sequence.</param>
    /// <param name="timestampNs">Nanoseconds since 1970.</param>
    public StoredMessage(byte[] bytes, int subjectAt, int subjectLength, int headersLength, int payloadAt, int payloadLength, ulong sequence, long timestampNs)
    {
        _bytes = bytes;
        _at = subjectAt;
        _subjectLength = checked((ushort)subjectLength);
        _headersLength = headersLength;
        _payloadAt = payloadAt;
        _payloadLength = payloadLength;
        Sequence = sequence;
        TimestampNs = timestampNs;
    }

    public ulong Sequence { get; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long TimestampNs { get; }

    public ReadOnlySpan<byte> Subject => _bytes.AsSpan(_at, _subjectLength);

    /// <summary>The header block with its version line, or empty.</summary>
    public ReadOnlySpan<byte> Headers => _bytes.AsSpan(_payloadAt - _headersLength, _headersLength);

    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(_payloadAt, _payloadLength);

    /// <summary>As <see cref="Subject"/>, to be kept.</summary>
    public ReadOnlyMemory<byte> SubjectMemory => _bytes.AsMemory(_at, _subjectLength);

    /// <summary>As <see cref="Headers"/>, to be kept.</summary>
    public ReadOnlyMemory<byte> HeadersMemory => _bytes.AsMemory(_payloadAt - _headersLength, _headersLength);

    /// <summary>As <see cref="Payload"/>, to be kept.</summary>
    public ReadOnlyMemory<byte> PayloadMemory => _bytes.AsMemory(_payloadAt, _payloadLength);
}
