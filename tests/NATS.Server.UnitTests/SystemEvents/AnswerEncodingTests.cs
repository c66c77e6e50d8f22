using System.Buffers;
using System.IO.Compression;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.SystemEvents;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class AnswerEncodingTests
{
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"name\":\"value\"},", 5000)));

    [Theory]
    [InlineData("", "None")]
    [InlineData("NATS/1.0\r\nOther: gzip\r\n\r\n", "None")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: \r\n\r\n", "None")]
    [InlineData("NATS/1.0\r\naccept-encoding: gzip\r\n\r\n", "None")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: gzip\r\n\r\n", "Gzip")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: GZIP, br\r\n\r\n", "Gzip")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: gzip, Snappy\r\n\r\n", "Snappy")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: s2\r\n\r\n", "Snappy")]
    [InlineData("NATS/1.0\r\nAccept-Encoding: br\r\n\r\n", "Identity")]
    public void The_best_of_what_is_mentioned_is_chosen(string headers, string encoding) =>
        Assert.Equal(encoding, AnswerEncodings.Accepted(Encoding.UTF8.GetBytes(headers)).ToString());

    [Fact]
    public void Snappy_answers_can_be_read()
    {
        ReadOnlyMemory<byte> encoded = AnswerEncodings.Encode(AnswerEncoding.Snappy, Answer);
        Assert.True(encoded.Length < Answer.Length / 4);
        Assert.True(encoded.Span[4..].StartsWith("sNaPpY"u8));
        var plain = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(encoded.Span, plain, 1 << 20));
        Assert.Equal(Answer, plain.WrittenSpan.ToArray());
    }

    [Fact]
    public void Gzip_answers_can_be_read()
    {
        using var gzip = new GZipStream(new MemoryStream(AnswerEncodings.Encode(AnswerEncoding.Gzip, Answer).ToArray()), CompressionMode.Decompress);
        var plain = new MemoryStream();
        gzip.CopyTo(plain);
        Assert.Equal(Answer, plain.ToArray());
    }

    [Fact]
    public void Other_answers_stay_as_they_are()
    {
        Assert.Equal(Answer, AnswerEncodings.Encode(AnswerEncoding.Identity, Answer).ToArray());
        Assert.Equal(Answer, AnswerEncodings.Encode(AnswerEncoding.None, Answer).ToArray());
        Assert.True(AnswerEncodings.HeadersOf(AnswerEncoding.None).IsEmpty);
        Assert.Equal("NATS/1.0\r\nContent-Encoding: identity\r\n\r\n", Encoding.ASCII.GetString(AnswerEncodings.HeadersOf(AnswerEncoding.Identity)));
    }
}
