using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary>Running servers: banner, signals, process files and logs. Where both servers should say the same, both are run.</summary>
public sealed partial class ProcessTests
{
    [Fact]
    public async Task The_banner_is_that_of_the_reference()
    {
        var reference = await LogOfAsync(ReferenceServer.Path);
        Assert.Contains(reference, line => line.StartsWith("[INF] Using configuration file: FOLDER/server.conf (sha256:", StringComparison.Ordinal));
        Assert.Equal(reference, await LogOfAsync(OurServer.Path));

        static async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = "max_payload: 1KB\n" });
            await server.WaitForLogAsync("Server is ready");
            return [.. server.Log.Select(CommandRun.WithoutStamp)
                .Select(line => line.Replace(server.Folder, "FOLDER", StringComparison.Ordinal).Replace($":{server.Port}", ":PORT", StringComparison.Ordinal))
                .Select(line => ServerKey().Replace(line, "KEY"))];
        }
    }

    [Fact]
    public async Task Signals_without_a_configuration_file_are_answered_as_by_the_reference()
    {
        Assert.Equal(await LogOfAsync(ReferenceServer.Path), await LogOfAsync(OurServer.Path));

        static async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable);
            await server.WaitForLogAsync("Server is ready");
            var start = server.Log.Count;
            server.Signal("USR1");
            await server.WaitForLogAsync("File log re-open");
            server.Signal("HUP");
            await server.WaitForLogAsync("Failed to reload");
            server.Signal("INT");
            Assert.Equal(0, await server.WaitForExitAsync());
            return [.. server.Log.Skip(start).Select(CommandRun.WithoutStamp)];
        }
    }

    [Fact]
    public async Task A_termination_stops_with_exit_code_0()
    {
        await using var server = await OurServer.StartAsync();
        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Contains(server.Log, line => line.EndsWith("[INF] Trapped \"terminated\" signal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signals_that_were_ignored_at_the_start_are_handled()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "a shell");
        using var folder = new TemporaryFolder();
        var pidFile = Path.Combine(folder.Path, "pid");
        var log = Path.Combine(folder.Path, "n.log");
        var server = CommandRun.OfAsync("/bin/sh", folder.Path, "-c", $"trap '' INT HUP; exec '{OurServer.Path}' -a 127.0.0.1 -p -1 -P '{pidFile}' -l '{log}'");
        Eventually.True(() => File.Exists(log) && File.ReadAllText(log).Contains("Server is ready", StringComparison.Ordinal), "the server is ready");
        Assert.Equal(0, (await CommandRun.OfAsync(OurServer.Path, folder.Path, "-sl", "reload=pid")).ExitCode);
        Eventually.True(() => File.ReadAllText(log).Contains("Trapped \"hangup\" signal", StringComparison.Ordinal), "the hangup is handled");
        Assert.Equal(0, (await CommandRun.OfAsync(OurServer.Path, folder.Path, "-sl", "quit=pid")).ExitCode);
        Assert.Equal(0, (await server).ExitCode);
        Assert.Contains("Trapped \"interrupt\" signal", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lame_duck_with_clients_ignores_a_termination_and_not_an_interrupt()
    {
        Assert.Equal(await LogOfAsync(ReferenceServer.Path), await LogOfAsync(OurServer.Path));

        static async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable);
            await using var client = await RawClient.HandshakeAsync(server.Port);
            await server.WaitForLogAsync("Server is ready");
            var start = server.Log.Count;
            server.Signal("USR2");
            await server.WaitForLogAsync("Entering lame duck mode");
            server.Signal("TERM");
            await server.WaitForLogAsync("Trapped \"terminated\" signal");
            await client.SendAsync("PING\r\n");
            Assert.Contains("PONG", await ReadUntilPongAsync(client), StringComparison.Ordinal);
            server.Signal("INT");
            Assert.Equal(0, await server.WaitForExitAsync());
            return [.. server.Log.Skip(start).Select(CommandRun.WithoutStamp)];
        }

        static async Task<string> ReadUntilPongAsync(RawClient client)
        {
            string line;
            do
            {
                line = await client.ReadLineAsync();
            }
            while (!line.StartsWith("PONG", StringComparison.Ordinal));
            return line;
        }
    }

    [Theory]
    [InlineData("quit", "interrupt")]
    [InlineData("term", "terminated")]
    [InlineData("ldm", "user defined signal 2")]
    public async Task The_signal_flag_stops_the_process_it_names(string command, string signal)
    {
        await using var server = await OurServer.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(OurServer.Path, folder.Path, "-sl", string.Create(CultureInfo.InvariantCulture, $"{command}={server.Id}"));
        Assert.Equal(new CommandRun(0, "", ""), run);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Contains(server.Log, line => line.EndsWith($"[INF] Trapped \"{signal}\" signal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_signal_flag_stop_kills()
    {
        await using var server = await OurServer.StartAsync();
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await CommandRun.OfAsync(OurServer.Path, folder.Path, "-sl", string.Create(CultureInfo.InvariantCulture, $"stop={server.Id}"))).ExitCode);
        Assert.Equal(137, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task The_signal_flag_takes_a_pid_file_and_signals_across_servers()
    {
        await using var ours = await OurServer.StartAsync(new ServerProcessOptions { Arguments = ["-P", "$FOLDER/pid"] });
        await using var reference = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-P", "$FOLDER/pid"] });
        Assert.Equal(0, (await CommandRun.OfAsync(ReferenceServer.Path, ours.Folder, "-sl", "reopen=pid")).ExitCode);
        Assert.Equal(0, (await CommandRun.OfAsync(OurServer.Path, reference.Folder, "-sl", "reopen=pid")).ExitCode);
        await ours.WaitForLogAsync("File log re-open ignored, not a file logger");
        await reference.WaitForLogAsync("File log re-open ignored, not a file logger");
    }

    [Fact]
    public async Task A_running_server_is_found_by_its_name()
    {
        await using var server = await OurServer.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(OurServer.Path, folder.Path, "-sl", string.Create(CultureInfo.InvariantCulture, $"reopen={server.Id}*"));
        Assert.Equal(new CommandRun(0, "", ""), run);
        await server.WaitForLogAsync("File log re-open ignored, not a file logger");
    }

    [Fact]
    public async Task The_ports_file_lists_the_same_addresses_as_that_of_the_reference()
    {
        var reference = await PortsOfAsync(ReferenceServer.Path);
        Assert.Contains("\"monitoring\":[\"http://127.0.0.1:MONITOR\"", reference, StringComparison.Ordinal);
        Assert.Equal(reference, await PortsOfAsync(OurServer.Path));

        static async Task<string> PortsOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { RandomPort = false, Arguments = ["-p", "-1", "-m", "-1"] });
            var path = Path.Combine(server.Folder, string.Create(CultureInfo.InvariantCulture, $"nats-server_{server.Id}.ports"));
            var text = "";
            Eventually.True(() => File.Exists(path) && (text = File.ReadAllText(path)).EndsWith('}'), "the ports file is complete");
            Assert.Equal(0, await server.StopAsync());
            Assert.False(File.Exists(path));
            return text.Replace($":{server.Port}\"", ":CLIENT\"", StringComparison.Ordinal).Replace($":{server.MonitorPort}\"", ":MONITOR\"", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_pid_file_holds_the_bare_process_id_and_stays(bool isReference)
    {
        await using var server = await ServerProcess.StartAsync(isReference ? ReferenceServer.Path : OurServer.Path, new ServerProcessOptions { Arguments = ["-P", "$FOLDER/pid"] });
        var path = Path.Combine(server.Folder, "pid");
        Assert.Equal($"{server.Id}", await File.ReadAllTextAsync(path));
        Assert.Equal(0, await server.StopAsync());
        Assert.True(File.Exists(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task A_moved_log_file_is_reopened()
    {
        await using var server = await OurServer.StartAsync(new ServerProcessOptions { Arguments = ["-l", "$FOLDER/n.log", "-D"] });
        var log = Path.Combine(server.Folder, "n.log");
        File.Move(log, log + ".1");
        server.Signal("USR1");
        Eventually.True(() => File.Exists(log) && File.ReadAllText(log).Contains("[INF] File log re-opened\n", StringComparison.Ordinal), "the log is opened again");
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains("[INF] Trapped \"user defined signal 1\" signal\n", await File.ReadAllTextAsync(log + ".1"), StringComparison.Ordinal);
        Assert.EndsWith("[INF] Server Exiting..\n", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        Assert.Empty(server.Log);
    }

    [Fact]
    public async Task A_log_file_is_rotated_by_size()
    {
        await using var server = await OurServer.StartAsync(new ServerProcessOptions
        {
            Config = "log_file: '$FOLDER/n.log'\nlog_size_limit: 200\nlog_max_num: 2\n",
        });
        Assert.Equal(0, await server.StopAsync());
        Assert.Single(LogBackups.In(server.Folder, "n.log"));
        Assert.Contains("[INF] Rotated log, backup saved as \"", await File.ReadAllTextAsync(Path.Combine(server.Folder, "n.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_syslog_server_gets_what_the_reference_sends()
    {
        using var daemon = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        daemon.ReceiveTimeout = 20_000;
        daemon.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var reference = await MessagesOfAsync(ReferenceServer.Path);
        Assert.Equal("<5>TIME HOST nats-server[PID]: Starting nats-server\n", reference[0].Replace(Environment.MachineName, "HOST", StringComparison.Ordinal));
        Assert.Equal(reference, await MessagesOfAsync(OurServer.Path));

        async Task<IReadOnlyList<string>> MessagesOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Arguments = ["-r", $"udp://127.0.0.1:{((IPEndPoint)daemon.LocalEndPoint!).Port}"] });
            Assert.Equal(0, await server.StopAsync());
            Assert.Empty(server.Log);
            var messages = new List<string>();
            var buffer = new byte[4096];
            while (messages.Count == 0 || !messages[^1].EndsWith("Server Exiting..\n", StringComparison.Ordinal))
            {
                var message = System.Text.Encoding.UTF8.GetString(buffer, 0, daemon.Receive(buffer)).Replace($"[{server.Id}]", "[PID]", StringComparison.Ordinal);
                messages.Add(PortAtEnd().Replace(ServerKey().Replace(SyslogTime().Replace(message, "TIME"), "KEY"), ":PORT"));
            }
            return messages;
        }
    }

    [Fact]
    public async Task Secrets_on_the_command_line_are_masked_for_other_users()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc");
        await using var server = await OurServer.StartAsync(new ServerProcessOptions { Arguments = ["--user", "joe", "--pass=s3cret"] });
        var commandLine = await File.ReadAllTextAsync($"/proc/{server.Id}/cmdline");
        Assert.EndsWith("--user\0***\0--pass=******\0", commandLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_have_colours_on_a_terminal_and_nowhere_else()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "a tool that makes a terminal");
        using var folder = new TemporaryFolder();
        var arguments = "-c " + folder.Write("a.conf", "port: -1\n") + " --pid none/pid";
        var onTerminal = await CommandRun.OfAsync("/usr/bin/script", folder.Path, "-qec", $"{OurServer.Path} {arguments}", "/dev/null");
        var redirected = await CommandRun.OfAsync(OurServer.Path, folder.Path, arguments.Split(' '));
        Assert.Contains("[\e[31mFTL\e[0m] Could not write pidfile", onTerminal.Output, StringComparison.Ordinal);
        Assert.Contains("[FTL] Could not write pidfile", redirected.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_supervisor_is_told_when_the_server_is_ready_and_when_it_stops()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "notify");
        using var supervisor = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        supervisor.ReceiveTimeout = 20_000;
        supervisor.Bind(new UnixDomainSocketEndPoint(path));
        await using var server = await OurServer.StartAsync(new ServerProcessOptions { Environment = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = path } });
        Assert.Equal("READY=1", Receive());
        server.Signal("INT");
        Assert.Equal("STOPPING=1", Receive());

        string Receive()
        {
            var buffer = new byte[256];
            return System.Text.Encoding.UTF8.GetString(buffer, 0, supervisor.Receive(buffer));
        }
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")]
    private static partial Regex SyslogTime();

    [GeneratedRegex(@":\d+(?=\n$)")]
    private static partial Regex PortAtEnd();

    [GeneratedRegex("N[A-Z2-7]{55}")]
    private static partial Regex ServerKey();
}
