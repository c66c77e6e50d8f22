using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

public sealed class AckReplyTests
{
    private static readonly AckReply Sample = new(2, 300, 17, 1_700_000_000_123_456_789, 42);

    [Fact]
    public void The_first_format_names_stream_and_consumer() =>
        Assert.Equal("$JS.ACK.ORDERS.worker.2.300.17.1700000000123456789.42", Write(AckReplyFormat.First("ORDERS", "worker"), Sample));

    [Fact]
    public void The_second_format_names_domain_and_account_too() =>
        Assert.Equal("$JS.ACK.hub." + Core.Hashing.NameHash.Of("$G") + ".ORDERS.worker.2.300.17.1700000000123456789.42", Write(AckReplyFormat.Second("hub", "$G", "ORDERS", "worker"), Sample));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_server_without_domain_is_an_underscore(string? domain) => Assert.StartsWith("$JS.ACK._.", Write(AckReplyFormat.Second(domain, "A", "S", "C"), Sample), StringComparison.Ordinal);

    [Fact]
    public void What_is_written_is_read_again()
    {
        AckReply[] replies = [Sample, default, new(ulong.MaxValue >> 1, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue), new(1, 1, 1, 0, 0)];
        foreach (AckReplyFormat format in new[] { AckReplyFormat.First("S", "C"), AckReplyFormat.Second("d", "a", "S", "C") })
        {
            foreach (AckReply reply in replies)
            {
                Assert.True(AckReply.TryParse(Encoding.UTF8.GetBytes(Write(format, reply)), out AckReply read));
                Assert.Equal(reply, read);
            }
        }
    }

    [Fact]
    public void The_longest_numbers_fit_into_the_promised_room()
    {
        AckReplyFormat format = AckReplyFormat.First("S", "C");
        var longest = new AckReply(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, long.MinValue, ulong.MaxValue);
        Assert.Equal(format.MaximumLength, Write(format, longest).Length);
    }

    [Fact]
    public void The_second_format_may_grow_at_its_end()
    {
        Assert.True(AckReply.TryParse("$JS.ACK._.h.S.C.1.2.3.4.5.token.more"u8, out AckReply reply));
        Assert.Equal(new AckReply(1, 2, 3, 4, 5), reply);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$JS.ACK.")]
    [InlineData("$JS.ACK.S.C.1.2.3.4")]
    [InlineData("$JS.ACK.S.C.1.2.3.4.5.6")]
    [InlineData("$JS.NAK.S.C.1.2.3.4.5")]
    [InlineData("_INBOX.S.C.1.2.3.4.5.6")]
    [InlineData("JS.ACK.S.C.1.2.3.4.5.6")]
    public void Other_subjects_are_no_replies(string subject) => Assert.False(AckReply.TryParse(Encoding.UTF8.GetBytes(subject), out _));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1x")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999")]
    [InlineData("18446744073709551617")]
    public void What_is_no_number_is_a_sequence_that_no_message_has(string token)
    {
        Assert.True(AckReply.TryParse(Encoding.UTF8.GetBytes($"$JS.ACK.S.C.{token}.{token}.{token}.{token}.{token}"), out AckReply reply));
        Assert.Equal(new AckReply(AckReply.NoNumber, AckReply.NoNumber, AckReply.NoNumber, -1, AckReply.NoNumber), reply);
    }

    [Fact]
    public void Consumers_subscribe_to_what_they_write()
    {
        AckReplyFormat first = AckReplyFormat.First("S", "C");
        Assert.Equal("$JS.ACK.S.C.*.*.*.*.*", first.AckSubject);
        Assert.Equal("$JS.FC.S.C.*", first.FlowControlSubject);
        AckReplyFormat second = AckReplyFormat.Second("d", "a", "S", "C");
        Assert.EndsWith(".S.C.*.*.*.*.>", second.AckSubject, StringComparison.Ordinal);
        Assert.StartsWith("$JS.FC.d.", second.FlowControlPrefix, StringComparison.Ordinal);
    }

    private static string Write(AckReplyFormat format, AckReply reply)
    {
        byte[] output = new byte[format.MaximumLength];
        return Encoding.UTF8.GetString(output, 0, format.Write(reply, output));
    }
}
