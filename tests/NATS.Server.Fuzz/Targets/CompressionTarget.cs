using System.Buffers;
using NATS.Server.Core.Compression;

namespace NATS.Server.Fuzz.Targets;

/// <summary>
/// Compressed blocks and streams: no more memory than was allowed, the same result however the input is cut, and what can be read is written again and
/// read back the same.
/// </summary>
internal sealed class CompressionTarget : IFuzzTarget
{
    private const int Limit = 256 * 1024;

    private readonly S2Encoder _fast = new();
    private readonly S2Encoder _better = new(S2Level.Better);

    public string Name => "compression";

    public long BaseAllocation => 16 * Limit;

    public int AllocationPerByte => 64;

    public string? Run(byte[] input, Random random) => RunBlock(input) ?? RunStream(input, random) ?? RunAsContent(input, random);

    private static string? RunBlock(byte[] input)
    {
        if (!S2Block.TryGetLength(input, out int length, out int headerLength)) return null;
        if (headerLength > input.Length) return "more was read than there is";
        if (length > Limit) return null;
        S2Block.TryDecode(input, new byte[length]);
        return null;
    }

    private static string? RunStream(byte[] input, Random random)
    {
        var whole = new ArrayBufferWriter<byte>();
        S2Error error = S2Stream.Decompress(input, whole, Limit);
        if (whole.WrittenCount > Limit) return "more came out than was allowed";

        using var reader = new S2Reader(Limit);
        var pieces = new ArrayBufferWriter<byte>();
        int at = 0;
        while (at < input.Length && reader.Error == S2Error.None && pieces.WrittenCount <= Limit)
        {
            int length = Math.Min(input.Length - at, 1 + random.Next(500));
            if (reader.Read(input.AsSpan(at, length), out int consumed, out ReadOnlySpan<byte> block)) pieces.Write(block);
            else if (reader.Error == S2Error.None && consumed != length) return "input was left without a block";
            at += consumed;
        }

        if (error == S2Error.None && (reader.Error != S2Error.None || !reader.IsBetweenChunks)) return "pieces end otherwise";
        return error == S2Error.None && !pieces.WrittenSpan.SequenceEqual(whole.WrittenSpan) ? "pieces came out otherwise" : null;
    }

    private string? RunAsContent(byte[] input, Random random)
    {
        S2Framing framing = random.Next(2) == 0 ? S2Framing.S2 : S2Framing.Snappy;
        var stream = new ArrayBufferWriter<byte>();
        S2Stream.Compress(input, stream, framing, random.Next(2) == 0 ? _fast : _better);
        var output = new ArrayBufferWriter<byte>();
        S2Error error = S2Stream.Decompress(stream.WrittenSpan, output, Math.Max(1, input.Length));
        if (error != S2Error.None) return error.ToString();
        return output.WrittenSpan.SequenceEqual(input) ? null : "it did not come back";
    }
}
