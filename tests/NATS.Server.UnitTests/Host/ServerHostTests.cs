using System.Text;
using System.Threading.Channels;
using NATS.Server.Host;
using NATS.Server.Host.Logging;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Host.Signals;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host;

public sealed class ServerHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryStream _standardError = new();
    private readonly Channel<ServerSignal> _signals = Channel.CreateUnbounded<ServerSignal>();
    private LoadResult _loaded = new() { Options = new ServerOptions() };

    [Theory]
    [InlineData(ServerSignal.Interrupt, "interrupt")]
    [InlineData(ServerSignal.Terminate, "terminated")]
    internal async Task An_interrupt_and_a_termination_stop_the_server_gracefully(ServerSignal signal, string name)
    {
        var server = new FakeHostedServer(Options());
        Assert.Equal(0, await RunAsync(server, signal));
        Assert.Equal(["stop"], server.Calls);
        Assert.Equal([$"[INF] Trapped \"{name}\" signal"], LogLines());
    }

    [Fact]
    public async Task A_lame_duck_goes_on_through_a_termination_but_not_through_an_interrupt()
    {
        var server = new FakeHostedServer(Options());
        Assert.Equal(0, await RunAsync(server, ServerSignal.LameDuck, ServerSignal.Terminate, ServerSignal.Terminate, ServerSignal.Interrupt));
        Assert.Equal(["lame duck", "stop"], server.Calls);
        Assert.Equal("[INF] Trapped \"user defined signal 2\" signal", LogLines()[0]);
    }

    [Fact]
    public async Task A_server_that_ends_by_itself_ends_the_process_gracefully()
    {
        var server = new FakeHostedServer(Options());
        var run = RunAsync(server, ServerSignal.LameDuck);
        Eventually.True(() => server.IsLameDuck, "the signal is handled");
        server.End();
        Assert.Equal(0, await run);
        Assert.Equal(["lame duck"], server.Calls);
    }

    [Fact]
    public async Task A_hangup_loads_the_configuration_again_and_changes_the_log()
    {
        var server = new FakeHostedServer(Options());
        var log = Path.Combine(_folder.Path, "n.log");
        _loaded = new LoadResult { Options = Options() with { LogFile = log } };
        Assert.Equal(0, await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt));
        Assert.Equal(["reload", "stop"], server.Calls);
        Assert.Equal(["[INF] Trapped \"hangup\" signal"], LogLines());
        Assert.EndsWith("[INF] Trapped \"interrupt\" signal\n", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_with_errors_changes_nothing()
    {
        var server = new FakeHostedServer(Options());
        _loaded = new LoadResult { Errors = ["a.conf:1:0: unknown field \"x\""] };
        await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt);
        Assert.Equal(["stop"], server.Calls);
        Assert.Equal("[ERR] Failed to reload server configuration: a.conf:1:0: unknown field \"x\"", LogLines()[1]);
    }

    [Fact]
    public async Task Options_that_contradict_each_other_do_not_reach_the_server()
    {
        var server = new FakeHostedServer(Options());
        _loaded = new LoadResult { Options = Options() with { MaxPending = 100 } };
        await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt);
        Assert.Equal(["stop"], server.Calls);
        Assert.Equal("[ERR] Failed to reload server configuration: max_payload (1048576) cannot be higher than max_pending (100)", LogLines()[1]);
    }

    [Fact]
    public async Task A_fault_in_a_reload_does_not_end_the_server()
    {
        var server = new FakeHostedServer(Options()) { ReloadFault = new InvalidOperationException("boom") };
        Assert.Equal(0, await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt));
        Assert.StartsWith("[ERR] Failed to reload server configuration: internal error: System.InvalidOperationException: boom", LogLines()[1], StringComparison.Ordinal);
        Assert.Equal(["reload", "stop"], server.Calls);
    }

    [Fact]
    public async Task A_change_that_the_server_refuses_is_told()
    {
        var server = new FakeHostedServer(Options()) { ReloadErrors = ["config reload not supported for Port: old=1, new=2"] };
        await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt);
        Assert.Equal("[ERR] Failed to reload server configuration: config reload not supported for Port: old=1, new=2", LogLines()[1]);
    }

    [Fact]
    public async Task Without_a_file_there_is_nothing_to_reload()
    {
        var server = new FakeHostedServer(Options());
        await RunAsync(server, hasConfigFile: false, ServerSignal.Reload, ServerSignal.Interrupt);
        Assert.Equal(["stop"], server.Calls);
        Assert.Equal("[ERR] Failed to reload server configuration: can only reload config when a file is provided using -c or --config", LogLines()[1]);
    }

    [Fact]
    public async Task A_log_that_cannot_be_opened_on_reload_leaves_the_old_one()
    {
        var server = new FakeHostedServer(Options());
        var log = Path.Combine(_folder.Path, "none", "n.log");
        _loaded = new LoadResult { Options = Options() with { LogFile = log } };
        await RunAsync(server, ServerSignal.Reload, ServerSignal.Interrupt);
        Assert.Equal($"[ERR] The log stays as it was: error opening file: open {log}: no such file or directory", LogLines()[1]);
        Assert.Equal("[INF] Trapped \"interrupt\" signal", LogLines()[2]);
    }

    [Fact]
    public async Task The_log_is_reopened_on_the_first_user_signal()
    {
        await RunAsync(new FakeHostedServer(Options()), ServerSignal.ReopenLog, ServerSignal.Interrupt);
        Assert.Equal(["[INF] Trapped \"user defined signal 1\" signal", "[INF] File log re-open ignored, not a file logger"], LogLines()[..2]);
    }

    [Fact]
    public async Task The_pid_file_stays_and_the_ports_file_goes()
    {
        var pidFile = Path.Combine(_folder.Path, "pid");
        var server = new FakeHostedServer(Options() with { PidFile = pidFile, PortsFileDir = _folder.Path });
        var run = RunAsync(server);
        Assert.True(File.Exists(new PortsFile("test").PathIn(_folder.Path)));
        server.End();
        Assert.Equal(0, await run);
        Assert.Equal($"{Environment.ProcessId}", await File.ReadAllTextAsync(pidFile));
        Assert.False(File.Exists(new PortsFile("test").PathIn(_folder.Path)));
    }

    [Fact]
    public async Task A_reload_writes_a_second_pid_file_and_moves_the_ports_file()
    {
        var other = Directory.CreateDirectory(Path.Combine(_folder.Path, "other")).FullName;
        var first = Path.Combine(_folder.Path, "pid1");
        var second = Path.Combine(_folder.Path, "pid2");
        var server = new FakeHostedServer(Options() with { PidFile = first, PortsFileDir = _folder.Path });
        _loaded = new LoadResult { Options = Options() with { PidFile = second, PortsFileDir = other } };
        var run = RunAsync(server, ServerSignal.Reload);
        Eventually.True(() => File.Exists(new PortsFile("test").PathIn(other)), "the ports file is moved");
        Assert.False(File.Exists(new PortsFile("test").PathIn(_folder.Path)));
        Assert.True(File.Exists(first));
        Assert.True(File.Exists(second));
        server.End();
        await run;
        Assert.False(File.Exists(new PortsFile("test").PathIn(other)));
    }

    [Fact]
    public async Task A_pid_file_that_cannot_be_written_ends_the_process_before_the_server_starts()
    {
        var pidFile = Path.Combine(_folder.Path, "none", "pid");
        Assert.Equal(1, await Host().RunAsync(Options() with { PidFile = pidFile }, () => throw new InvalidOperationException("started"), _signals.Reader.ReadAsync));
        Assert.Equal([$"[FTL] Could not write pidfile: open {pidFile}: no such file or directory"], LogLines());
    }

    [Fact]
    public async Task A_ports_file_that_cannot_be_written_is_told_and_the_server_runs()
    {
        var folder = Path.Combine(_folder.Path, "none");
        Assert.Equal(0, await RunAsync(new FakeHostedServer(Options() with { PortsFileDir = folder }), ServerSignal.Interrupt));
        var path = new PortsFile("test").PathIn(folder);
        Assert.Equal($"[ERR] Error writing ports file ({path}): open {path}: no such file or directory", LogLines()[0]);
        Assert.Equal($"[ERR] Error cleaning up ports file {path}: remove {path}: no such file or directory", LogLines()[^1]);
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_exit_code_1() =>
        Assert.Equal(1, await Host().RunAsync(Options(), () => Task.FromResult<IHostedServer?>(null), _signals.Reader.ReadAsync));

    public void Dispose() => _folder.Dispose();

    private static ServerOptions Options() => new() { Logtime = false };

    private Task<int> RunAsync(FakeHostedServer server, params ServerSignal[] signals) => RunAsync(server, hasConfigFile: true, signals);

    private Task<int> RunAsync(FakeHostedServer server, bool hasConfigFile, params ServerSignal[] signals)
    {
        foreach (var signal in signals)
            Assert.True(_signals.Writer.TryWrite(signal));
        return Host(hasConfigFile).RunAsync(server.Options, () => Task.FromResult<IHostedServer?>(server), _signals.Reader.ReadAsync);
    }

    private ServerHost Host(bool hasConfigFile = true) => new(
        new HostLogger(new LogSinks(TimeProvider.System, "test", _standardError, hasColors: false), LogSettings.From(Options())),
        new PortsFile("test"),
        new SystemdNotifier(socketPath: null, TimeProvider.System),
        () => _loaded,
        hasConfigFile);

    private string[] LogLines() => [.. Encoding.UTF8.GetString(_standardError.ToArray())
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
}
