using System.Buffers.Binary;

namespace NATS.Server.Core.Binary;

/// <summary>
/// Reads numbers and bytes one after the other. After the first that is not there everything reads as zero or empty, and <see cref="IsValid"/> is false:
/// to be checked before what was read is used, and in every loop whose count was read.
/// </summary>
public ref struct ByteReader(ReadOnlySpan<byte> input)
{
    private readonly int _length = input.Length;
    private ReadOnlySpan<byte> _left = input;

    /// <summary>Whether everything so far was there.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Left => _left;

    /// <summary>How many bytes were read.</summary>
    public readonly int Position => _length - _left.Length;

    /// <summary>Reads a number of variable length.</summary>
    public ulong ReadVarint()
    {
        if (!Varint.TryRead(_left, out ulong number, out int length)) return Fail();
        _left = _left[length..];
        return number;
    }

    /// <summary>Reads a signed number of variable length.</summary>
    public long ReadSignedVarint() => Varint.Unfold(ReadVarint());

    /// <summary>Reads a number of variable length that has to fit 32 bits.</summary>
    public uint ReadVarint32()
    {
        ulong number = ReadVarint();
        return number <= uint.MaxValue ? (uint)number : (uint)Fail();
    }

    public byte ReadByte() => ReadBytes(1) is [byte b] ? b : (byte)0;

    /// <summary>Reads a number of 16 bits, little-endian.</summary>
    public ushort ReadUInt16() => ReadBytes(sizeof(ushort)) is { Length: > 0 } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;

    /// <summary>Reads a number of 64 bits, little-endian.</summary>
    public ulong ReadUInt64() => ReadBytes(sizeof(ulong)) is { Length: > 0 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    /// <summary>Reads as many bytes as are asked for, or none.</summary>
    public ReadOnlySpan<byte> ReadBytes(ulong count)
    {
        if (count > (ulong)_left.Length)
        {
            Fail();
            return default;
        }

        ReadOnlySpan<byte> bytes = _left[..(int)count];
        _left = _left[(int)count..];
        return bytes;
    }

    /// <summary>Passes over bytes that another reader has read from <see cref="Left"/>.</summary>
    public void Skip(int count) => ReadBytes((ulong)count);

    /// <summary>Makes everything after this invalid. Returns 0.</summary>
    public ulong Fail()
    {
        IsValid = false;
        _left = default;
        return 0;
    }
}
