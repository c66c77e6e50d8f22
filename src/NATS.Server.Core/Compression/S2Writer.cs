using System.Buffers;
using System.Buffers.Binary;

namespace NATS.Server.Core.Compression;

/// <summary>
/// Owned by one user at a time. Writes S2 or Snappy streams: what is given is collected into blocks, and each full block goes out as a chunk.
/// </summary>
public sealed class S2Writer : IDisposable
{
    /// <summary>How long blocks are unless the caller says otherwise.</summary>
    public const int DefaultBlockLength = 1 << 20;

    private const int SmallestBuffer = 1024;

    private readonly IBufferWriter<byte> _output;
    private readonly S2Framing _framing;
    private readonly int _blockLength;
    private readonly S2Encoder? _encoder;
    private byte[] _pending = [];
    private int _pendingLength;
    private bool _isIdentified;

    /// <summary>Begins a stream; nothing is written before there is something to write.</summary>
    /// <param name="output">Gets the stream.</param>
    /// <param name="framing">How blocks are written.</param>
    /// <param name="encoder">To be shared with other writers of the same owner; null for one of its own.</param>
    /// <param name="blockLength">Bytes of a full block; at most 4 MiB, and 64 KiB for Snappy.</param>
    public S2Writer(IBufferWriter<byte> output, S2Framing framing = S2Framing.S2, S2Encoder? encoder = null, int blockLength = DefaultBlockLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockLength);
        _output = output;
        _framing = framing;
        _encoder = framing == S2Framing.Uncompressed ? null : encoder ?? new S2Encoder();
        _blockLength = Math.Min(blockLength, framing == S2Framing.Snappy ? S2Format.MaximumSnappyBlockLength : S2Format.MaximumBlockLength);
    }

    /// <summary>Takes bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_pendingLength == 0 && data.Length >= _blockLength)
            {
                WriteBlock(data[.._blockLength]);
                data = data[_blockLength..];
                continue;
            }

            int taken = Math.Min(data.Length, _blockLength - _pendingLength);
            Grow(_pendingLength + taken);
            data[..taken].CopyTo(_pending.AsSpan(_pendingLength));
            _pendingLength += taken;
            data = data[taken..];
            if (_pendingLength == _blockLength) Flush();
        }
    }

    /// <summary>Writes out what is collected, so that a reader can have it. Also to be called at the end.</summary>
    public void Flush()
    {
        if (_pendingLength == 0) return;
        WriteBlock(_pending.AsSpan(0, _pendingLength));
        _pendingLength = 0;
    }

    /// <summary>Gives the memory back, with what is not flushed.</summary>
    public void Dispose()
    {
        if (_pending.Length > 0) ArrayPool<byte>.Shared.Return(_pending);
        _pending = [];
        _pendingLength = 0;
    }

    private void Grow(int length)
    {
        if (_pending.Length >= length) return;
        byte[] grown = ArrayPool<byte>.Shared.Rent(Math.Min(_blockLength, Math.Max(SmallestBuffer, 2 * length)));
        _pending.AsSpan(0, _pendingLength).CopyTo(grown);
        if (_pending.Length > 0) ArrayPool<byte>.Shared.Return(_pending);
        _pending = grown;
    }

    // type 1, length of what follows 3, checksum of the block 4, the block compressed or as it is
    private void WriteBlock(ReadOnlySpan<byte> block)
    {
        const int prefix = S2Format.ChunkHeaderLength + S2Format.ChecksumLength;
        if (!_isIdentified) WriteIdentifier();
        uint checksum = S2Checksum.Of(block);
        Span<byte> chunk = _output.GetSpan(prefix + S2Encoder.MaximumLength(block.Length));
        int length = _encoder?.TryEncode(block, chunk[prefix..], _framing == S2Framing.Snappy) ?? 0;
        byte type = S2Format.CompressedChunk;
        if (length == 0)
        {
            type = S2Format.PlainChunk;
            block.CopyTo(chunk[prefix..]);
            length = block.Length;
        }

        WriteHeader(chunk, type, S2Format.ChecksumLength + length);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[S2Format.ChunkHeaderLength..], checksum);
        _output.Advance(prefix + length);
    }

    private void WriteIdentifier()
    {
        _isIdentified = true;
        ReadOnlySpan<byte> identifier = _framing == S2Framing.Snappy ? S2Format.SnappyIdentifier : S2Format.Identifier;
        Span<byte> chunk = _output.GetSpan(S2Format.ChunkHeaderLength + identifier.Length);
        WriteHeader(chunk, S2Format.IdentifierChunk, identifier.Length);
        identifier.CopyTo(chunk[S2Format.ChunkHeaderLength..]);
        _output.Advance(S2Format.ChunkHeaderLength + identifier.Length);
    }

    private static void WriteHeader(Span<byte> chunk, byte type, int length)
    {
        chunk[0] = type;
        chunk[1] = (byte)length;
        chunk[2] = (byte)(length >> 8);
        chunk[3] = (byte)(length >> 16);
    }
}
