using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;

namespace NATS.Server.Core.Compression;

/// <summary>
/// Owned by one user at a time. Reads S2 and Snappy streams that arrive in pieces, a block at a time. Needs no more memory than one chunk and one block of
/// the allowed length, and takes it as bytes arrive, not as lengths announce them.
/// </summary>
public sealed class S2Reader : IDisposable
{
    private const int IdentifierLength = 6;
    private const int SmallestBuffer = 512;

    private readonly int _maximumBlockLength;
    private readonly byte[] _header = new byte[S2Format.ChunkHeaderLength];
    private byte[] _chunk = [];
    private byte[] _block = [];
    private int _headerLength;
    private int _bodyLength;
    private int _bodyReceived;
    private int _blockLimit;
    private bool _isIdentified;

    /// <summary>Waits for the beginning of a stream.</summary>
    /// <param name="maximumBlockLength">The most that a block may have after decompression; streams cannot have more than 4 MiB.</param>
    public S2Reader(int maximumBlockLength = S2Format.MaximumBlockLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumBlockLength);
        _maximumBlockLength = Math.Min(maximumBlockLength, S2Format.MaximumBlockLength);
    }

    /// <summary>What is wrong, once <see cref="Read"/> has found it. Nothing is read afterwards.</summary>
    public S2Error Error { get; private set; }

    /// <summary>Whether the stream may end here: not within a chunk.</summary>
    public bool IsBetweenChunks => _headerLength == 0;

    /// <summary>Reads on.</summary>
    /// <param name="input">What has arrived.</param>
    /// <param name="consumed">How much of it was taken: all when false is returned without an error. The rest is to be given again.</param>
    /// <param name="block">Decompressed bytes, never none; valid until the next call, and as long as the input is.</param>
    /// <returns>Whether there is a block. False: more input is needed, or <see cref="Error"/> says what is wrong.</returns>
    public bool Read(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> block)
    {
        block = default;
        consumed = 0;
        while (Error == S2Error.None && (consumed < input.Length || IsWhole))
        {
            if (_headerLength < _header.Length)
            {
                int taken = Math.Min(input.Length - consumed, _header.Length - _headerLength);
                input.Slice(consumed, taken).CopyTo(_header.AsSpan(_headerLength));
                _headerLength += taken;
                consumed += taken;
                if (_headerLength == _header.Length) BeginChunk();
                continue;
            }

            if (TakeBody(input, ref consumed, out ReadOnlySpan<byte> body) && EndChunk(body, out block)) return true;
        }

        return false;
    }

    /// <summary>Starts over with another stream.</summary>
    public void Reset()
    {
        Error = S2Error.None;
        _isIdentified = false;
        _headerLength = 0;
    }

    /// <summary>Gives the memory back. The reader may go on to be used, and takes it again.</summary>
    public void Dispose()
    {
        if (_chunk.Length > 0) ArrayPool<byte>.Shared.Return(_chunk);
        if (_block.Length > 0) ArrayPool<byte>.Shared.Return(_block);
        _chunk = [];
        _block = [];
    }

    // A chunk without a body is whole as soon as its header is.
    private bool IsWhole => _headerLength == _header.Length && _bodyReceived == _bodyLength;

    private bool IsSkipped => _header[0] is >= S2Format.FirstSkippableChunk and not S2Format.IdentifierChunk;

    // Checks what can be checked before memory is taken for the body.
    private void BeginChunk()
    {
        _bodyLength = _header[1] | (_header[2] << 8) | (_header[3] << 16);
        _bodyReceived = 0;
        if (!_isIdentified && _header[0] != S2Format.IdentifierChunk)
        {
            Error = S2Error.Corrupt;
            return;
        }

        Error = _header[0] switch
        {
            S2Format.IdentifierChunk => _bodyLength == IdentifierLength ? S2Error.None : S2Error.Corrupt,
            S2Format.CompressedChunk or S2Format.PlainChunk when _bodyLength < S2Format.ChecksumLength => S2Error.Corrupt,
            S2Format.CompressedChunk => _bodyLength - S2Format.ChecksumLength <= LongestCompressed(_blockLimit) ? S2Error.None : S2Error.TooLong,
            S2Format.PlainChunk => _bodyLength - S2Format.ChecksumLength <= _blockLimit ? S2Error.None : S2Error.TooLong,
            < S2Format.FirstSkippableChunk => S2Error.Unsupported,
            _ => S2Error.None,
        };
    }

    // What any writer makes of a block that it could not compress: literals, each with a tag.
    private static int LongestCompressed(int blockLength) => 32 + blockLength + (blockLength / 6);

    private bool TakeBody(ReadOnlySpan<byte> input, scoped ref int consumed, out ReadOnlySpan<byte> body)
    {
        int taken = Math.Min(input.Length - consumed, _bodyLength - _bodyReceived);
        ReadOnlySpan<byte> received = input.Slice(consumed, taken);
        consumed += taken;
        if (IsSkipped || taken == _bodyLength)
        {
            _bodyReceived += taken;
            body = received;
            return _bodyReceived == _bodyLength;
        }

        Grow(_bodyReceived + taken);
        received.CopyTo(_chunk.AsSpan(_bodyReceived));
        _bodyReceived += taken;
        body = _chunk.AsSpan(0, _bodyReceived);
        return _bodyReceived == _bodyLength;
    }

    private void Grow(int length)
    {
        if (_chunk.Length >= length) return;
        byte[] grown = ArrayPool<byte>.Shared.Rent(Math.Min(_bodyLength, Math.Max(SmallestBuffer, 2 * length)));
        _chunk.AsSpan(0, _bodyReceived).CopyTo(grown);
        if (_chunk.Length > 0) ArrayPool<byte>.Shared.Return(_chunk);
        _chunk = grown;
    }

    private bool EndChunk(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> block)
    {
        _headerLength = 0;
        block = default;
        if (IsSkipped) return false;
        if (_header[0] == S2Format.IdentifierChunk)
        {
            Identify(body);
            return false;
        }

        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(body);
        body = body[S2Format.ChecksumLength..];
        if (_header[0] == S2Format.CompressedChunk && !Decompress(ref body)) return false;
        if (S2Checksum.Of(body) != checksum)
        {
            Error = S2Error.BadChecksum;
            return false;
        }

        block = body;
        return !body.IsEmpty;
    }

    private void Identify(ReadOnlySpan<byte> identifier)
    {
        Debug.Assert(identifier.Length == IdentifierLength);
        _isIdentified = true;
        if (identifier.SequenceEqual(S2Format.Identifier)) _blockLimit = _maximumBlockLength;
        else if (identifier.SequenceEqual(S2Format.SnappyIdentifier)) _blockLimit = Math.Min(_maximumBlockLength, S2Format.MaximumSnappyBlockLength);
        else Error = S2Error.Corrupt;
    }

    private bool Decompress(ref ReadOnlySpan<byte> body)
    {
        if (!S2Block.TryGetLength(body, out int length, out _))
        {
            Error = S2Error.Corrupt;
            return false;
        }

        if (length > _blockLimit)
        {
            Error = S2Error.TooLong;
            return false;
        }

        if (_block.Length < length)
        {
            if (_block.Length > 0) ArrayPool<byte>.Shared.Return(_block);
            _block = ArrayPool<byte>.Shared.Rent(length);
        }

        Span<byte> output = _block.AsSpan(0, length);
        if (!S2Block.TryDecode(body, output))
        {
            Error = S2Error.Corrupt;
            return false;
        }

        body = output;
        return true;
    }
}
