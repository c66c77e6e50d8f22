using NATS.Server.Host;
using Xunit;

namespace NATS.Server.UnitTests.Host;

public sealed class GoTextTests
{
    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"")]
    [InlineData("\u0001\u007f", "\"\\x01\\x7f\"")]
    [InlineData("é日😀", "\"é日😀\"")]
    [InlineData("\u200b\u00a0", "\"\\u200b\\u00a0\"")]
    public void Quotes_as_Go_does(string text, string expected) => Assert.Equal(expected, GoText.Quote(text));

    [Fact]
    public void Names_the_operation_the_file_and_the_reason()
    {
        Assert.Equal("open a/b: no such file or directory", GoText.FileError("open", "a/b", new DirectoryNotFoundException()));
        Assert.Equal("open a/b: permission denied", GoText.FileError("open", "a/b", new UnauthorizedAccessException()));
        Assert.Equal("open /: is a directory", GoText.FileError("open", "/", new UnauthorizedAccessException()));
        Assert.Equal("open a/b: disk on fire", GoText.FileError("open", "a/b", new IOException("disk on fire")));
    }
}
