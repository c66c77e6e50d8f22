using System.Buffers.Binary;
using System.Text;

namespace NATS.Server.InteropTests.Telemetry;

/// <summary>The fields of a message in the format of Protocol Buffers, by their numbers. Immutable.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Number, ulong Value, byte[]? Bytes)> _fields = [];

    public ProtobufMessage(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ulong tag = ReadNumber(ref bytes);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, ReadNumber(ref bytes), null));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(bytes), null));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = checked((int)ReadNumber(ref bytes));
                    _fields.Add((number, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(bytes), null));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"field {number} has a type that is not known");
            }
        }
    }

    /// <summary>Inner messages of a field.</summary>
    public IEnumerable<ProtobufMessage> Messages(int number) => All(number).Select(static bytes => new ProtobufMessage(bytes));

    /// <summary>An inner message; one without fields when there is none.</summary>
    public ProtobufMessage Message(int number) => new(All(number).FirstOrDefault() ?? []);

    /// <summary>The text of a field; empty when it is not there.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(All(number).FirstOrDefault() ?? []);

    /// <summary>The bytes of a field in hexadecimal digits; empty when it is not there.</summary>
    public string Hex(int number) => Convert.ToHexStringLower(All(number).FirstOrDefault() ?? []);

    /// <summary>The number in a field; 0 when it is not there.</summary>
    public ulong Number(int number) => _fields.FirstOrDefault(field => field.Number == number).Value;

    /// <summary>The floating point number in a field.</summary>
    public double Double(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    private IEnumerable<byte[]> All(int number) => _fields.Where(field => field.Number == number && field.Bytes is not null).Select(static field => field.Bytes!);

    private static ulong ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
