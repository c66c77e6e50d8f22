using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

public sealed class PullRequestReaderTests
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("  ", 1)]
    [InlineData("7", 7)]
    [InlineData(" +7\r\n", 7)]
    [InlineData("-7", -7)]
    [InlineData("0", 0)]
    [InlineData("many", 1)]
    [InlineData("7 8", 1)]
    [InlineData("+-7", 1)]
    [InlineData("99999999999999999999", 1)]
    [InlineData("[7]", 1)]
    public void A_number_is_how_many_messages_and_anything_else_is_one(string payload, long batch)
    {
        PullRequest request = Read(payload);
        Assert.Equal(batch, request.Batch);
        Assert.False(request.HasOptions);
    }

    [Fact]
    public void An_object_says_everything()
    {
        PullRequest request = Read("""{"batch":5,"expires":30000000000,"max_bytes":1024,"no_wait":true,"idle_heartbeat":5000000000,"group":"g","min_pending":10,"min_ack_pending":20,"id":"pin","priority":3}""");
        var expected = new PullRequest
        {
            Batch = 5,
            ExpiresNs = 30_000_000_000,
            MaxBytes = 1024,
            NoWait = true,
            HeartbeatNs = 5_000_000_000,
            HasOptions = true,
            Group = "g",
            MinPending = 10,
            MinAckPending = 20,
            PinId = "pin",
            Priority = 3,
        };
        Assert.Equal(expected, request);
    }

    [Fact]
    public void An_object_without_a_batch_asks_for_none() => Assert.Equal(0, Read("{}").Batch);

    [Theory]
    [InlineData("{\"BATCH\":5}")]
    [InlineData("{\"b\\u0061tch\":5}")]
    [InlineData("{\"batch\":1,\"batch\":5}")]
    [InlineData("{\"batch\":5,\"batch\":null}")]
    [InlineData("{\"batch\":5,\"other\":{\"batch\":[1]}}")]
    public void Objects_are_read_as_the_reference_reads_them(string payload) => Assert.Equal(5, Read(payload).Batch);

    [Theory]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{\"batch\":\"x\"}", "json: cannot unmarshal string into Go struct field .batch of type int")]
    [InlineData("{\"expires\":\"1s\"}", "json: cannot unmarshal string into Go struct field .expires of type time.Duration")]
    [InlineData("{\"min_pending\":1.5}", "json: cannot unmarshal number 1.5 into Go struct field .min_pending of type int64")]
    [InlineData("{\"batch\":1}x", "invalid character 'x' after top-level value")]
    [InlineData("{\"expires\":100,\"idle_heartbeat\":51}", "heartbeat value too large")]
    [InlineData("{\"idle_heartbeat\":9223372036854775807}", "heartbeat value too large")]
    public void Problems_are_told_in_the_words_of_the_reference(string payload, string expected)
    {
        Assert.False(PullRequestReader.TryRead(Encoding.UTF8.GetBytes(payload), out _, out string? problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Random_bytes_are_read_without_an_exception()
    {
        var random = new Random(17);
        byte[][] pieces = [.. new[] { "{", "}", "[", "]", "\"batch\"", "\"expires\"", "\"no_wait\"", "\"group\"", ":", ",", "1", "-5", "1.5", "true", "null", "\"g\"", "\"\\ud800\"", "\"", "\\", " " }.Select(Encoding.UTF8.GetBytes), [0xFF], [0]];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] payload = [.. "{\"batch\":1"u8, .. Enumerable.Range(0, random.Next(10)).SelectMany(_ => pieces[random.Next(pieces.Length)])];
            bool isRead = PullRequestReader.TryRead(payload.AsSpan(random.Next(3) == 0 ? 1 : 0), out _, out string? problem);
            Assert.Equal(isRead, problem is null);
        }
    }

    private static PullRequest Read(string payload)
    {
        Assert.True(PullRequestReader.TryRead(Encoding.UTF8.GetBytes(payload), out PullRequest request, out string? problem), problem);
        return request;
    }
}
