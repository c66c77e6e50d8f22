using NATS.Server.Monitoring;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class PageTests
{
    [Theory]
    [InlineData(0, 0, 5, 0, 5)]
    [InlineData(0, 3, 5, 0, 3)]
    [InlineData(4, 3, 5, 4, 1)]
    [InlineData(5, 3, 5, 5, 0)]
    [InlineData(6, 3, 5, 5, 0)]
    [InlineData(-1, -1, 5, 0, 5)]
    [InlineData(long.MaxValue, long.MaxValue, 5, 5, 0)]
    [InlineData(1, long.MaxValue, 5, 1, 4)]
    [InlineData(long.MaxValue, 1, 5, 5, 0)]
    [InlineData(long.MinValue, long.MinValue, 5, 0, 5)]
    [InlineData(long.MaxValue, long.MinValue, 5, 5, 0)]
    [InlineData(3, long.MaxValue - 1, 0, 0, 0)]
    public void A_page_stays_within_its_list_for_every_offset_and_limit(long offset, long limit, int count, int start, int length) =>
        Assert.Equal((start, length), Page.Of(offset, limit, 1024).Within(count));

    [Fact]
    public void Negative_offsets_and_missing_limits_are_reported_as_what_they_mean()
    {
        Assert.Equal(new Page(0, 1024), Page.Of(-7, 0, 1024));
        Assert.Equal(new Page(long.MaxValue, long.MaxValue), Page.Of(long.MaxValue, long.MaxValue, 1024));
    }
}
