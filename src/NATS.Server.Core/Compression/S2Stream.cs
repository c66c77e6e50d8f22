using System.Buffers;

namespace NATS.Server.Core.Compression;

/// <summary>Pure. Whole streams at once: message blocks, assignments, answers.</summary>
public static class S2Stream
{
    /// <summary>Compresses all of an input into a stream. Nothing is written for an empty one, which readers take for an empty stream.</summary>
    public static void Compress(ReadOnlySpan<byte> input, IBufferWriter<byte> output, S2Framing framing = S2Framing.S2, S2Encoder? encoder = null)
    {
        using var writer = new S2Writer(output, framing, encoder);
        writer.Write(input);
        writer.Flush();
    }

    /// <summary>Decompresses a stream.</summary>
    /// <param name="input">All of it.</param>
    /// <param name="output">Gets what was decompressed, also what came before an error.</param>
    /// <param name="maximumLength">The most bytes that are written.</param>
    /// <returns>What is wrong.</returns>
    public static S2Error Decompress(ReadOnlySpan<byte> input, IBufferWriter<byte> output, long maximumLength)
    {
        if (maximumLength <= 0) return S2Error.TooLong;
        using var reader = new S2Reader((int)Math.Min(maximumLength, S2Format.MaximumBlockLength));
        while (reader.Read(input, out int consumed, out ReadOnlySpan<byte> block))
        {
            if (block.Length > maximumLength) return S2Error.TooLong;
            output.Write(block);
            maximumLength -= block.Length;
            input = input[consumed..];
        }

        if (reader.Error != S2Error.None) return reader.Error;
        return reader.IsBetweenChunks ? S2Error.None : S2Error.Truncated;
    }
}
