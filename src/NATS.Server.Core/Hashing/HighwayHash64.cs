using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Hashing;

/// <summary>
/// Not synchronised. HighwayHash with a result of 64 bits: the checksum of stored records, index files and metadata. The static methods hash what is
/// at hand at once; an instance takes its input in pieces.
/// </summary>
/// <remarks>nats-server writes the number little-endian after a record, and as the hexadecimal text of those eight bytes into <c>meta.sum</c>.</remarks>
public struct HighwayHash64
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = sizeof(ulong);

    private HighwayState _state;
    private HighwayPacket _pending;
    private int _pendingLength;

    /// <summary>Begins a hash.</summary>
    public HighwayHash64(HighwayHashKey key) => _state = key.Initial;

    /// <summary>The hash of bytes that lie together.</summary>
    public static ulong Hash(HighwayHashKey key, ReadOnlySpan<byte> data)
    {
        if (HighwayVector.IsSupported) return HighwayVector.Hash(in key.Initial, data);
        var hash = new HighwayHash64(key);
        hash.Append(data);
        return hash.ToUInt64();
    }

    /// <summary>The hash of two pieces, one after the other. Fastest when the first has 16 bytes.</summary>
    public static ulong Hash(HighwayHashKey key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        const int half = HighwayPacket.Length / 2;
        if (HighwayVector.IsSupported && first.Length == half && second.Length >= half)
            return HighwayVector.Hash(in key.Initial, Vector128.Create(first), second);
        var hash = new HighwayHash64(key);
        hash.Append(first);
        hash.Append(second);
        return hash.ToUInt64();
    }

    /// <summary>The hash of three pieces, one after the other. Fastest when the first two are short.</summary>
    [SkipLocalsInit]
    public static ulong Hash(HighwayHashKey key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        const int shortLength = 256;
        int length = first.Length + second.Length;
        if (HighwayVector.IsSupported && length <= shortLength)
        {
            Span<byte> head = stackalloc byte[shortLength];
            first.CopyTo(head);
            second.CopyTo(head[first.Length..]);
            return HighwayVector.Hash(in key.Initial, head, length, third);
        }

        var hash = new HighwayHash64(key);
        hash.Append(first);
        hash.Append(second);
        hash.Append(third);
        return hash.ToUInt64();
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        Span<byte> pending = _pending;
        if (_pendingLength > 0)
        {
            int taken = Math.Min(data.Length, HighwayPacket.Length - _pendingLength);
            data[..taken].CopyTo(pending[_pendingLength..]);
            _pendingLength += taken;
            if (_pendingLength < HighwayPacket.Length) return;
            Update(pending);
            data = data[taken..];
        }

        int whole = data.Length & -HighwayPacket.Length;
        if (whole > 0) Update(data[..whole]);
        data = data[whole..];
        data.CopyTo(pending);
        _pendingLength = data.Length;
    }

    /// <summary>The hash of all that was appended so far. More may be appended afterwards.</summary>
    public readonly ulong ToUInt64()
    {
        Debug.Assert(_pendingLength < HighwayPacket.Length);
        ReadOnlySpan<byte> rest = ((ReadOnlySpan<byte>)_pending)[.._pendingLength];
        return HighwayVector.IsSupported ? HighwayVector.Finish(in _state, rest) : HighwayScalar.Finish(in _state, rest);
    }

    private void Update(ReadOnlySpan<byte> packets)
    {
        if (HighwayVector.IsSupported) HighwayVector.Update(ref _state, packets);
        else HighwayScalar.Update(ref _state, packets);
    }
}
