using System.Text;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

public sealed class QuotedTextTests
{
    [Theory]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\a\b\f\n\r\t\v\0\u007f", "\"\\a\\b\\f\\n\\r\\t\\v\\x00\\x7f\"")]
    [InlineData("ä😀", "\"ä😀\"")]
    [InlineData("\u200b\u2028\u00a0", "\"\\u200b\\u2028\\u00a0\"")]
    [InlineData("\U000e0001", "\"\\U000e0001\"")]
    public void Quoting_escapes_what_cannot_be_printed(string text, string expected) => Assert.Equal(expected, QuotedText.Quote(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Quoting_shows_bytes_that_are_not_utf8() => Assert.Equal("\"a\\xff\\xc3b\"", QuotedText.Quote([(byte)'a', 0xff, 0xc3, (byte)'b']));
}
