using System.Buffers;
using System.Buffers.Binary;

namespace NATS.Server.Core.Binary;

/// <summary>Pure. Writes the numbers that <see cref="ByteReader"/> reads.</summary>
public static class NumberWriting
{
    /// <summary>Writes a number of variable length.</summary>
    public static void WriteVarint(this IBufferWriter<byte> output, ulong number) => output.Advance(Varint.Write(output.GetSpan(Varint.MaximumLength), number));

    /// <summary>Writes a signed number of variable length.</summary>
    public static void WriteSignedVarint(this IBufferWriter<byte> output, long number) => output.WriteVarint(Varint.Fold(number));

    public static void WriteByte(this IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>Writes a number of 16 bits, little-endian.</summary>
    public static void WriteUInt16(this IBufferWriter<byte> output, ushort number)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(sizeof(ushort)), number);
        output.Advance(sizeof(ushort));
    }

    /// <summary>Writes a number of 64 bits, little-endian.</summary>
    public static void WriteUInt64(this IBufferWriter<byte> output, ulong number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), number);
        output.Advance(sizeof(ulong));
    }
}
