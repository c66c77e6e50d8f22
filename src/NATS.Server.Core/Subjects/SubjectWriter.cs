using System.Buffers.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>Writes a subject into memory that is known to be large enough.</summary>
internal ref struct SubjectWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;

    public int Length { get; private set; }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_output[Length..]);
        Length += bytes.Length;
    }

    public void WriteSeparator() => _output[Length++] = Subject.Separator;

    public void WriteNumber(long number)
    {
        Utf8Formatter.TryFormat(number, _output[Length..], out int written);
        Length += written;
    }
}
