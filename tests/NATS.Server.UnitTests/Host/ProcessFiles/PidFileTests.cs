using System.Globalization;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.ProcessFiles;

public sealed class PidFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Holds_the_process_id_and_nothing_else()
    {
        var path = _folder.Write("pid", "a longer text that was there before");
        Assert.Null(PidFile.Write(path));
        Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), File.ReadAllText(path));
    }

    [Fact]
    public void Is_readable_by_the_owner_only()
    {
        if (OperatingSystem.IsWindows())
            return; // no Unix file modes
        var path = Path.Combine(_folder.Path, "pid");
        Assert.Null(PidFile.Write(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Trouble_names_the_file()
    {
        var path = Path.Combine(_folder.Path, "none", "pid");
        Assert.Equal($"open {path}: no such file or directory", PidFile.Write(path));
        Assert.Equal($"open {_folder.Path}: is a directory", PidFile.Write(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}
