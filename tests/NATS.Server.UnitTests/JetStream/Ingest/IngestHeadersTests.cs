using System.Text;
using NATS.Server.Core.JetStream.Ingest;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Ingest;

/// <summary>How the headers are found that streams act on.</summary>
public sealed class IngestHeadersTests
{
    [Fact]
    public void Every_header_is_found_by_its_key()
    {
        foreach (IngestHeader header in Enum.GetValues<IngestHeader>())
        {
            string key = Encoding.ASCII.GetString(IngestHeaders.KeyOf(header));
            var headers = new IngestHeaders(Encoding.ASCII.GetBytes($"NATS/1.0\r\nX: 1\r\n{key}: {header}\r\n\r\n"));
            foreach (IngestHeader other in Enum.GetValues<IngestHeader>()) Assert.Equal(other == header, headers.Has(other));
            Assert.Equal(header.ToString(), Encoding.ASCII.GetString(headers[header]));
        }
    }

    [Theory]
    [InlineData("NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Msg-Id: b\r\n\r\n", "a")]
    [InlineData("NATS/1.0\r\nNats-Msg-Id:a\r\n\r\n", "a")]
    [InlineData("NATS/1.0\r\nNats-Msg-Id:   a b \r\n\r\n", "a b ")]
    [InlineData("NATS/1.0\r\nNats-Msg-Id:\ta\r\n\r\n", "\ta")]
    [InlineData("NATS/1.0\r\nNats-Msg-Id: a", "a")]
    [InlineData("NATS/1.0\r\nNats-Msg-Id:\r\n\r\n", "")]
    [InlineData("NATS/1.0\r\nnats-msg-id: a\r\n\r\n", null)]
    [InlineData("NATS/1.0\r\nNats-Msg-Id : a\r\n\r\n", null)]
    [InlineData("NATS/1.0\r\n Nats-Msg-Id: a\r\n\r\n", null)]
    [InlineData("NATS/1.0\r\nX: Nats-Msg-Id: a\r\n\r\n", null)]
    [InlineData("Nats-Msg-Id: a\r\n\r\n", null)]
    [InlineData("", null)]
    public void Values_begin_behind_the_spaces(string block, string? expected)
    {
        var headers = new IngestHeaders(Encoding.ASCII.GetBytes(block));
        Assert.Equal(expected is not null, headers.Has(IngestHeader.MessageId));
        Assert.Equal(expected is { Length: > 0 }, headers.HasValue(IngestHeader.MessageId));
        Assert.Equal(expected ?? "", Encoding.ASCII.GetString(headers[IngestHeader.MessageId]));
    }

    [Theory]
    [InlineData("60", 60L)]
    [InlineData("00", 0L)]
    [InlineData("1m", 60L)]
    [InlineData("1.9s", 1L)]
    [InlineData("Never", -1L)]
    [InlineData("0", null)]
    [InlineData("999ms", null)]
    [InlineData("-5", null)]
    [InlineData("soon", null)]
    [InlineData("9223372036854775808", null)]
    public void A_time_to_live_is_seconds_or_a_duration_or_never(string text, long? expected)
    {
        bool isValid = TimeToLive.TryParse(Encoding.ASCII.GetBytes(text), out long seconds);
        Assert.Equal(expected is not null, isValid);
        if (isValid) Assert.Equal(expected, seconds);
    }
}
