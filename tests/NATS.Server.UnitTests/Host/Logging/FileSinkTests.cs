using Microsoft.Extensions.Logging;
using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class FileSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _trouble = [];

    private string LogFile => Path.Combine(_folder.Path, "n.log");

    [Fact]
    public void Lines_are_appended_to_what_is_there()
    {
        File.WriteAllText(LogFile, "earlier\n");
        using (var sink = Open())
            sink.Write(LogLevel.Information, "one");
        Assert.Equal(["earlier", "[7] [INF] one"], File.ReadAllLines(LogFile));
    }

    [Fact]
    public void A_new_file_is_readable_by_owner_and_group_only()
    {
        if (OperatingSystem.IsWindows())
            return; // no Unix file modes
        using var sink = Open();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(LogFile));
    }

    [Fact]
    public void A_file_that_another_tool_cuts_is_filled_again_from_its_start()
    {
        using var sink = Open();
        sink.Write(LogLevel.Information, "one");
        using (var other = new FileStream(LogFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            other.SetLength(0);
        sink.Write(LogLevel.Information, "two");
        Assert.Equal("[7] [INF] two\n", File.ReadAllText(LogFile));
    }

    [Fact]
    public void Two_writers_of_one_file_overwrite_nothing()
    {
        using var first = Open();
        using var second = Open();
        first.Write(LogLevel.Information, "one");
        second.Write(LogLevel.Information, "two");
        first.Write(LogLevel.Information, "three");
        Assert.Equal(["[7] [INF] one", "[7] [INF] two", "[7] [INF] three"], File.ReadAllLines(LogFile));
    }

    [Fact]
    public void Past_the_limit_the_file_is_renamed_with_the_time_and_a_new_one_begins()
    {
        using var sink = Open(sizeLimit: 20);
        sink.Write(LogLevel.Information, "0123456789");
        Assert.Equal(21, new FileInfo(Backups().Single()).Length);

        var backup = LogFile + ".2026.11.21.12.00.00.000000000";
        Assert.Equal([backup], Backups());
        Assert.Equal(["[7] [INF] 0123456789"], File.ReadAllLines(backup));
        Assert.Equal([$"[7] [INF] Rotated log, backup saved as \"{backup}\""], File.ReadAllLines(LogFile));
    }

    [Fact]
    public void At_the_limit_the_file_is_not_rotated_yet()
    {
        using var sink = Open(sizeLimit: 21);
        sink.Write(LogLevel.Information, "0123456789");
        Assert.Empty(Backups());
    }

    [Fact]
    public void A_file_over_the_limit_at_start_is_rotated_at_once()
    {
        File.WriteAllText(LogFile, new string('x', 100) + "\n");
        using var sink = Open(sizeLimit: 50);
        Assert.EndsWith("[7] [INF] Rotating logfile...\n", File.ReadAllText(Backups().Single()), StringComparison.Ordinal);
        Assert.Contains("Rotated log, backup saved as", File.ReadAllText(LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_newest_files_are_kept_the_current_one_counted()
    {
        _folder.Write("n.log.not.a.backup", "");
        using var sink = Open(sizeLimit: 1, maxFiles: 3);
        for (var i = 0; i < 5; i++)
        {
            sink.Write(LogLevel.Information, $"line {i}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal([LogFile + ".2026.11.21.12.00.03.000000000", LogFile + ".2026.11.21.12.00.04.000000000"], Backups());
        Assert.True(File.Exists(Path.Combine(_folder.Path, "n.log.not.a.backup")));
        Assert.Contains("[INF] Purged log file \"n.log.2026.11.21.12.00.02.000000000\"", File.ReadAllText(LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_number_of_files_all_are_kept()
    {
        using var sink = Open(sizeLimit: 1);
        for (var i = 0; i < 5; i++)
        {
            sink.Write(LogLevel.Information, $"line {i}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(5, Backups().Length);
    }

    [Fact]
    public void A_rotation_that_fails_doubles_the_limit_and_loses_no_line()
    {
        using var sink = Open(sizeLimit: 20);
        var moved = Path.Combine(_folder.Path, "moved");
        File.Move(LogFile, moved);
        Directory.CreateDirectory(LogFile); // a folder is no log file to rotate
        sink.Write(LogLevel.Information, "0123456789");
        sink.Write(LogLevel.Information, "x");

        var lines = File.ReadAllLines(moved);
        Assert.Equal(["[7] [INF] 0123456789", "[7] [INF] x"], [lines[0], lines[2]]);
        Assert.Matches(@"^\[7\] \[ERR\] Unable to rotate logfile \(.*\), will attempt next rotation at size 40$", lines[1]);
        Assert.Empty(_trouble);
    }

    [Fact]
    public void A_full_disk_is_told_once_and_not_to_the_caller()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "a device that is always full");
        using var sink = new FileSink("/dev/full", 0, 0, new LogLine(time: null, isUtc: false, hasColors: false, 7), _time, _trouble.Add);
        sink.Write(LogLevel.Information, "one");
        sink.Write(LogLevel.Information, "two");
        Assert.StartsWith("log file /dev/full cannot be written, lines are lost: ", Assert.Single(_trouble), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_written_and_never_rotated()
    {
        // Behind a link: a rotation that should not be would rename the link and not the machine's device.
        Assert.SkipUnless(File.Exists("/dev/null"), "devices");
        var path = Path.Combine(_folder.Path, "device.log");
        File.CreateSymbolicLink(path, "/dev/null");
        using var sink = new FileSink(path, 1, 1, new LogLine(time: null, isUtc: false, hasColors: false, 7), _time, _trouble.Add);
        sink.Write(LogLevel.Information, "one");
        sink.Write(LogLevel.Information, "two");
        Assert.Empty(_trouble);
        Assert.Equal(path, Assert.Single(Directory.GetFileSystemEntries(_folder.Path)));
        Assert.Equal("/dev/null", new FileInfo(path).LinkTarget);
    }

    [Fact]
    public void A_file_in_no_folder_cannot_be_opened() =>
        Assert.ThrowsAny<IOException>(() => new FileSink(Path.Combine(_folder.Path, "no", "n.log"), 0, 0, new LogLine(time: null, isUtc: false, hasColors: false, 7), _time, _trouble.Add));

    public void Dispose() => _folder.Dispose();

    private FileSink Open(long sizeLimit = 0, long maxFiles = 0) =>
        new(LogFile, sizeLimit, maxFiles, new LogLine(time: null, isUtc: false, hasColors: false, 7), _time, _trouble.Add);

    private string[] Backups() => [.. LogBackups.In(_folder.Path, "n.log").Select(name => Path.Combine(_folder.Path, name))];
}
