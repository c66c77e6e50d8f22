using NATS.Server.Host;
using Xunit;

namespace NATS.Server.UnitTests.Host;

public sealed class ErrorTextTests
{
    [Fact]
    public void Names_the_operation_the_file_and_the_reason()
    {
        Assert.Equal("open a/b: no such file or directory", ErrorText.FileError("open", "a/b", new DirectoryNotFoundException()));
        Assert.Equal("open a/b: permission denied", ErrorText.FileError("open", "a/b", new UnauthorizedAccessException()));
        Assert.Equal("open /: is a directory", ErrorText.FileError("open", "/", new UnauthorizedAccessException()));
        Assert.Equal("open a/b: disk on fire", ErrorText.FileError("open", "a/b", new IOException("disk on fire")));
    }
}
