using System.Buffers;
using System.IO.Compression;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Protocol;

namespace NATS.Server.SystemEvents;

/// <summary>How an answer is compressed. Pure.</summary>
internal enum AnswerEncoding : byte
{
    /// <summary>Nobody asked for anything.</summary>
    None,

    /// <summary>Something was asked for that the server cannot do, so that it is not compressed, and says so.</summary>
    Identity,
    Snappy,
    Gzip,
}

/// <summary>Finds the encoding that a requester accepts, and does it. Pure.</summary>
internal static class AnswerEncodings
{
    private static ReadOnlySpan<byte> AcceptKey => "Accept-Encoding"u8;

    /// <summary>Reads a request's header block. What is asked for need only be mentioned; S2 can be read wherever Snappy is, and comes first.</summary>
    public static AnswerEncoding Accepted(ReadOnlySpan<byte> headers)
    {
        return headers.IsEmpty || !MessageHeaders.TryGet(headers, AcceptKey, out ReadOnlySpan<byte> value) ? AnswerEncoding.None : Accepted(Encoding.UTF8.GetString(value));
    }

    /// <summary>Reads the value of the header.</summary>
    public static AnswerEncoding Accepted(string accepted)
    {
        if (accepted.Length == 0) return AnswerEncoding.None;
        if (Mentions("snappy") || Mentions("s2")) return AnswerEncoding.Snappy;
        return Mentions("gzip") ? AnswerEncoding.Gzip : AnswerEncoding.Identity;

        bool Mentions(string name) => accepted.Contains(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The header block of an answer; empty when nobody asked.</summary>
    public static ReadOnlySpan<byte> HeadersOf(AnswerEncoding encoding) => encoding switch
    {
        AnswerEncoding.Identity => "NATS/1.0\r\nContent-Encoding: identity\r\n\r\n"u8,
        AnswerEncoding.Snappy => "NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n"u8,
        AnswerEncoding.Gzip => "NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n"u8,
        _ => default,
    };

    /// <summary>Compresses an answer.</summary>
    /// <returns>The answer itself where it is not compressed.</returns>
    public static ReadOnlyMemory<byte> Encode(AnswerEncoding encoding, ReadOnlyMemory<byte> answer)
    {
        if (encoding is not (AnswerEncoding.Snappy or AnswerEncoding.Gzip)) return answer;
        if (encoding == AnswerEncoding.Snappy)
        {
            var output = new ArrayBufferWriter<byte>(answer.Length);
            S2Stream.Compress(answer.Span, output, S2Framing.Snappy);
            return output.WrittenMemory;
        }

        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(answer.Span);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
