using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Transforms: the first line is the source, the second the destination, the rest are subjects.</summary>
internal sealed class TransformTarget : IFuzzTarget
{
    private readonly ArrayBufferWriter<byte> _output = new();

    public string Name => "transforms";

    public long BaseAllocation => 256 * 1024;

    public int AllocationPerByte => 2048;

    public string? Run(byte[] input, Random random)
    {
        string[] lines = Encoding.UTF8.GetString(input).Split('\n');
        if (lines.Length < 2) return null;
        _ = SubjectTransform.ValidateMapping(lines[0], lines[1], out _);
        _ = SubjectTransform.TryCreate(lines[0], lines[1], isStrict: true, out _, out _);
        if (!SubjectTransform.TryCreate(lines[0], lines[1], isStrict: false, out SubjectTransform? transform, out string? error))
        {
            return error.Length == 0 ? "no error text" : null;
        }

        foreach (string subject in lines.Skip(2))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(subject);
            if (transform is null || !Subject.IsValidPublish(bytes)) continue;
            _output.Clear();
            _ = transform.TryTransform(bytes, _output, random);
        }

        return null;
    }
}
