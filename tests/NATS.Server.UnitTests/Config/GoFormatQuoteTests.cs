using NATS.Server.Core.Config;
using Xunit;

namespace NATS.Server.UnitTests.Config;

public sealed class GoFormatQuoteTests
{
    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"")]
    [InlineData("\u0001\u007f", "\"\\x01\\x7f\"")]
    [InlineData("é日😀", "\"é日😀\"")]
    [InlineData("\u200b\u00a0", "\"\\u200b\\u00a0\"")]
    public void Quotes_as_Go_does(string text, string expected) => Assert.Equal(expected, GoFormat.Quote(text));
}
