using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopTextTests
{
    [Theory]
    [InlineData(0, "0", "0")]
    [InlineData(999, "999", "999")]
    [InlineData(1000, "1.0K", "1000")]
    [InlineData(1024, "1.0K", "1.0K")]
    [InlineData(1_500_000, "1.5M", "1.4M")]
    [InlineData(3_221_225_472, "3.2B", "3.0G")]
    [InlineData(5e12, "5.0T", "4.5T")]
    [InlineData(5e15, "5000.0T", "4547.5T")]
    [InlineData(-2048, "-2.0K", "-2.0K")]
    public void Counts_go_in_thousands_and_bytes_in_1024s(double value, string count, string bytes) => Assert.Equal((count, bytes), (TopText.Count(value), TopText.Bytes(value)));

    [Fact]
    public void Raw_numbers_are_in_full() => Assert.Equal(("3221225472", "3221225472"), (TopText.Count(3_221_225_472, isRaw: true), TopText.Bytes(3_221_225_472, isRaw: true)));

    [Theory]
    [InlineData("plain name", "plain name")]
    [InlineData("\u001b[2Jgone", "?[2Jgone")]
    [InlineData("a\r\nb\tc\u007f\u009b", "a??b?c??")]
    [InlineData("zürich", "zürich")]
    [InlineData("日本", "??")]
    [InlineData("e\u0301", "e?")]
    [InlineData("\u202eevil", "?evil")]
    [InlineData("😀", "??")]
    public void Names_from_clients_command_nothing_and_keep_columns_in_line(string name, string expected) => Assert.Equal(expected, TopText.Printable(name));
}
