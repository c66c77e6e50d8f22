using System.Buffers;
using NATS.Server.Core.Collections;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Sets and wheels as they lie on disk: what can be read is written again and read back the same.</summary>
internal sealed class EncodingTarget : IFuzzTarget
{
    public string Name => "encodings";

    public long BaseAllocation => 512 * 1024;

    public int AllocationPerByte => 2048;

    public string? Run(byte[] input, Random random)
    {
        if (SequenceSet.TryDecode(input, out SequenceSet? set, out int length, out _))
        {
            if (length > input.Length) return "more was read than there is";
            byte[] encoded = new byte[set.EncodedLength];
            set.Encode(encoded);
            if (!SequenceSet.TryDecode(encoded, out SequenceSet? again, out _, out string? error)) return error;
            if (!again.SetEquals(set)) return "the set changed";
        }

        if (HashWheel.TryDecode(input, out HashWheel? wheel, out ulong high, out _))
        {
            var output = new ArrayBufferWriter<byte>();
            wheel.Encode(high, output);
            if (!HashWheel.TryDecode(output.WrittenSpan, out HashWheel? again, out ulong highAgain, out string? error)) return error;
            if (again.Count != wheel.Count || highAgain != high) return "the wheel changed";
            wheel.Expire(long.MaxValue, _ => true);
            if (wheel.Count != 0) return "the wheel did not end";
        }

        return null;
    }
}
