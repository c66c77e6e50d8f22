using System.Buffers;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Header blocks: what was set is found, what was removed is gone, and headers are found where they are enumerated.</summary>
internal sealed class HeadersTarget : IFuzzTarget
{
    private static readonly byte[][] Keys = ["A"u8.ToArray(), "Nats-Msg-Id"u8.ToArray(), "X"u8.ToArray()];
    private readonly ArrayBufferWriter<byte> _output = new();

    public string Name => "headers";

    public long BaseAllocation => 16 * 1024;

    public int AllocationPerByte => 8;

    public string? Run(byte[] input, Random random)
    {
        _ = MessageHeaders.TryGetStatus(input, out _, out _);
        foreach (MessageHeaders.MessageHeader header in MessageHeaders.Enumerate(input))
        {
            if (header.Key.IsEmpty || !MessageHeaders.Contains(input, header.Key)) return "an enumerated header is not found";
        }

        byte[] key = Keys[random.Next(Keys.Length)];
        _output.ResetWrittenCount();
        MessageHeaders.Set(input, key, "value"u8, _output);
        if (!MessageHeaders.TryGet(_output.WrittenSpan, key, out ReadOnlySpan<byte> value) || !value.SequenceEqual("value"u8)) return "what was set is not found";

        _output.ResetWrittenCount();
        bool remains = MessageHeaders.Remove(input, key, _output);
        if (_output.WrittenCount > input.Length) return "removing made the block longer";
        if (remains && input.AsSpan().EndsWith("\r\n"u8) && MessageHeaders.Contains(_output.WrittenSpan, key)) return "what was removed is found";

        _output.ResetWrittenCount();
        _ = MessageHeaders.RemoveStatus(input, _output);
        _ = MessageHeaders.RemovePrefixed(input, "Nats-"u8, _output);
        return null;
    }
}
