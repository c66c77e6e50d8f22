using System.Buffers;

namespace NATS.Server.Connections;

/// <summary>
/// The bytes of an operation that has not arrived completely. Owned by the connection's read loop. Holds nothing between operations, the exact
/// size of what is left over otherwise, and grows with what arrives, not with what was announced.
/// </summary>
internal struct ReceiveTail
{
    private byte[]? _bytes;

    public int Length { get; private set; }

    private bool _isSizeKnown;

    /// <summary>
    /// Set while the operation is larger than the loop's receive buffer: bytes are received straight into the tail. A guess when a control line is that
    /// long: then whatever arrives is looked at.
    /// </summary>
    public int Needed { get; private set; }

    public readonly bool IsLarge => Needed > 0;

    /// <summary>Moves the tail to the front of the loop's buffer. Returns its length.</summary>
    public int MoveTo(Span<byte> buffer)
    {
        int length = Length;
        if (length > 0)
        {
            _bytes.AsSpan(0, length).CopyTo(buffer);
            Clear();
        }

        return length;
    }

    /// <summary>Keeps what was not consumed.</summary>
    /// <param name="rest">The unconsumed bytes.</param>
    /// <param name="needed">Bytes of the whole operation, 0 when unknown.</param>
    /// <param name="loopBufferSize">An operation larger than this is received straight into the tail.</param>
    public void Keep(ReadOnlySpan<byte> rest, int needed, int loopBufferSize)
    {
        Clear();
        if (rest.IsEmpty) return;
        _isSizeKnown = needed > rest.Length;
        if (!_isSizeKnown && rest.Length >= loopBufferSize) needed = rest.Length * 2;
        bool large = needed > loopBufferSize;
        _bytes = ArrayPool<byte>.Shared.Rent(large ? Math.Min(needed, Math.Max(rest.Length * 4, loopBufferSize)) : rest.Length);
        rest.CopyTo(_bytes);
        Length = rest.Length;
        Needed = large ? needed : 0;
    }

    /// <summary>Where the next bytes of a large operation go; at most up to its end.</summary>
    public Memory<byte> NextLarge()
    {
        if (Length == _bytes!.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(Needed, _bytes.Length * 4));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(Length, Math.Min(_bytes.Length, Needed) - Length);
    }

    /// <summary>Counts bytes received into <see cref="NextLarge"/>. True when the operation is, or may be, complete.</summary>
    public bool Received(int count)
    {
        Length += count;
        return Length >= Needed || !_isSizeKnown;
    }

    /// <summary>The large operation once it is complete.</summary>
    public readonly Span<byte> Large => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        if (_bytes is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
        _bytes = null;
        Length = 0;
        Needed = 0;
    }
}
