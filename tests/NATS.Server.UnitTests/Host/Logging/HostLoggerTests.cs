using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class HostLoggerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryStream _standardError = new();
    private readonly FakeTimeProvider _time = new();

    private static string Prefix => $"[{Environment.ProcessId}] ";

    [Fact]
    public void Lines_go_to_standard_error()
    {
        using var log = Open(new LogSettings());
        log.CreateLogger("any").LogInformation("port {Port}", 4222);
        Assert.Equal($"{Prefix}2026/11/21 12:00:00.000000 [INF] port 4222\n", StandardError());
    }

    [Theory]
    [InlineData(false, false, "IWEC")]
    [InlineData(true, false, "DIWEC")]
    [InlineData(false, true, "TIWEC")]
    [InlineData(true, true, "TDIWEC")]
    public void Debug_and_trace_are_separate_switches(bool debug, bool trace, string expected)
    {
        using var log = Open(new LogSettings { Debug = debug, Trace = trace, Logtime = false });
        foreach (var level in Enum.GetValues<LogLevel>())
        {
            Assert.Equal(level != LogLevel.None && expected.Contains(level.ToString()[0], StringComparison.Ordinal), log.IsEnabled(level));
            log.Log(level, "{Level}", level.ToString()[..1]);
        }
        Assert.Equal(expected, string.Concat(StandardError().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[^1])));
    }

    [Fact]
    public void Levels_and_form_change_at_run_time()
    {
        using var log = Open(new LogSettings { Logtime = false });
        log.LogDebug("no");
        log.Apply(new LogSettings { Debug = true });
        log.LogDebug("yes");
        log.Apply(new LogSettings());
        log.LogDebug("no more");
        Assert.Equal($"{Prefix}2026/11/21 12:00:00.000000 [DBG] yes\n", StandardError());
    }

    [Fact]
    public void The_sink_changes_at_run_time()
    {
        var file = Path.Combine(_folder.Path, "n.log");
        using var log = Open(new LogSettings { Logtime = false });
        log.LogInformation("to standard error");
        log.Apply(new LogSettings { Logtime = false, LogFile = file });
        log.LogInformation("to the file");
        log.Apply(new LogSettings { Logtime = false });
        log.LogInformation("back");
        Assert.Equal($"{Prefix}[INF] to standard error\n{Prefix}[INF] back\n", StandardError());
        Assert.Equal($"{Prefix}[INF] to the file\n", File.ReadAllText(file));
    }

    [Fact]
    public void A_sink_that_cannot_be_opened_changes_nothing()
    {
        var file = Path.Combine(_folder.Path, "none", "n.log");
        using var log = Open(new LogSettings { Logtime = false });
        var error = Assert.Throws<LogSinkException>(() => log.Apply(new LogSettings { LogFile = file, Debug = true }));
        Assert.Equal($"error opening file: open {file}: no such file or directory", error.Message);
        log.LogDebug("not enabled");
        log.LogInformation("still here");
        Assert.Equal($"{Prefix}[INF] still here\n", StandardError());
    }

    [Fact]
    public void A_moved_file_is_left_behind_by_a_reopen()
    {
        var file = Path.Combine(_folder.Path, "n.log");
        using var log = Open(new LogSettings { Logtime = false, LogFile = file });
        log.LogInformation("one");
        File.Move(file, file + ".1");
        log.LogInformation("two");
        log.Reopen();
        log.LogInformation("three");
        Assert.Equal($"{Prefix}[INF] one\n{Prefix}[INF] two\n", File.ReadAllText(file + ".1"));
        Assert.Equal($"{Prefix}[INF] File log re-opened\n{Prefix}[INF] three\n", File.ReadAllText(file));
    }

    [Fact]
    public void A_reopen_without_a_file_is_ignored_with_a_word()
    {
        using var log = Open(new LogSettings { Logtime = false });
        log.Reopen();
        Assert.Equal($"{Prefix}[INF] File log re-open ignored, not a file logger\n", StandardError());
    }

    [Theory]
    [InlineData("foo://x", "error invalid network type: \"foo\"")]
    [InlineData("tcp://127.0.0.1:1", "error connecting to syslog: \"dial tcp 127.0.0.1:1: connect: connection refused\"")]
    public void A_syslog_server_that_cannot_be_reached_is_an_error(string url, string reason) =>
        Assert.Equal(reason, Assert.Throws<LogSinkException>(() => Open(new LogSettings { RemoteSyslog = url, Syslog = true })).Message);

    [Fact]
    public void Lines_of_many_threads_stay_whole()
    {
        using var log = Open(new LogSettings { Logtime = false });
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 500; i++)
                log.LogInformation("{Text}", new string((char)('a' + thread), 40));
        });
        var lines = StandardError().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4000, lines.Length);
        Assert.All(lines, line => Assert.Equal($"{Prefix}[INF] {new string(line[^1], 40)}", line));
    }

    [Fact]
    public void A_reader_of_standard_error_that_is_gone_hurts_nobody()
    {
        using var log = new HostLogger(new LogSinks(_time, "tag", new BrokenStream(), hasColors: false), new LogSettings());
        log.LogInformation("nobody reads this");
    }

    public void Dispose() => _folder.Dispose();

    private HostLogger Open(LogSettings settings) => new(new LogSinks(_time, "tag", _standardError, hasColors: false), settings);

    private string StandardError() => Encoding.UTF8.GetString(_standardError.ToArray());

    private sealed class BrokenStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("broken pipe");
    }
}
