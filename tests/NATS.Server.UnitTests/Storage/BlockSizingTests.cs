using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class BlockSizingTests
{
    [Theory]
    [InlineData(1_000, 32_000)]
    [InlineData(127_000, 32_000)]
    [InlineData(160_000, 4 << 20)]
    [InlineData(33_554_000, 4 << 20)]
    [InlineData(33_554_432, 8 << 20)]
    [InlineData(long.MaxValue, 8 << 20)]
    public void A_limit_in_bytes_decides(long maxBytes, int expected) =>
        Assert.Equal(expected, BlockSizing.For(new StoreLimits { MaxBytes = maxBytes, MaxMessages = 1 }, 0, 0, isLimitsRetention: true, isEncrypted: true));

    [Theory]
    [InlineData(10, 100, 32_000)]
    [InlineData(10, 0, 4 << 20)]
    [InlineData(1_000_000, 0, 8 << 20)]
    public void Else_a_limit_in_messages_of_the_longest_size(long maxMessages, long maxMessageSize, int expected) =>
        Assert.Equal(expected, BlockSizing.For(new StoreLimits { MaxMessages = maxMessages }, maxMessageSize, 0, isLimitsRetention: true, isEncrypted: false));

    [Theory]
    [InlineData(1, true, true, 4 << 20)]
    [InlineData(0, true, false, 8 << 20)]
    [InlineData(0, false, false, 4 << 20)]
    [InlineData(0, true, true, 2 << 20)]
    public void Else_what_the_stream_is_for(long perSubject, bool isLimitsRetention, bool isEncrypted, int expected) =>
        Assert.Equal(expected, BlockSizing.For(new StoreLimits { MaxMessagesPerSubject = perSubject }, 0, 0, isLimitsRetention, isEncrypted));
}
