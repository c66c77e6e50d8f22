using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Ingest;

public sealed class IngestRefusalTests
{
    [Fact]
    public void Some_refusals_are_told_in_other_words_than_to_the_publisher()
    {
        Assert.Equal("invalid operation on sealed stream (10109)", Text(ApiErrors.StreamSealed));
        Assert.Equal("maximum bytes exceeded", Text(IngestErrors.MaximumBytes));
        Assert.Equal("maximum payload exceeded", Text(ApiErrors.StreamMessageExceedsMaximum));
        Assert.Equal("message TTL disabled", Text(ApiErrors.MessageTTLDisabled));
        Assert.Equal("expected stream does not match", Text(ApiErrors.StreamNotMatch));
    }

    [Fact]
    public void A_wrong_sequence_is_told_with_the_expected_one()
    {
        ApiError error = ApiErrors.StreamWrongLastSequence(10);
        Assert.Equal("last sequence mismatch: 7 vs 10", Text(error, "Nats-Expected-Last-Sequence: 7\r\n"));
        Assert.Equal("last sequence mismatch: 18446744073709551615 vs 10", Text(error, "Nats-Expected-Last-Sequence: x\r\n"));
        Assert.Equal("last sequence by subject mismatch: 8 vs 10", Text(error, "Nats-Expected-Last-Sequence: 7\r\nNats-Expected-Last-Subject-Sequence: 8\r\n", isBySubject: true));
        Assert.Equal("last sequence mismatch: 7 vs 0", Text(ApiErrors.StreamWrongLastSequence(0), "Nats-Expected-Last-Sequence: 7\r\n"));
    }

    [Fact]
    public void A_wrong_id_is_told_with_the_expected_one() =>
        Assert.Equal("last msgid mismatch: \"a\\\"b\" vs \"c\"", Text(ApiErrors.StreamWrongLastMsgID("c"), "Nats-Expected-Last-Msg-Id: a\"b\r\n"));

    private static string Text(ApiError error, string headers = "", bool isBySubject = false) =>
        IngestRefusal.TextOf(error, Encoding.UTF8.GetBytes($"NATS/1.0\r\n{headers}\r\n"), isBySubject);
}
