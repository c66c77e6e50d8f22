using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary>Reload by signal, as the log tells it.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task A_reload_changes_log_level_log_file_and_process_files_as_in_the_reference()
    {
        Assert.Equal(await LogOfAsync(ReferenceServer.Path), await LogOfAsync(OurServer.Path));

        static async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions
            {
                Config = "pid_file: '$FOLDER/pid1'\n",
            });
            await server.WaitForLogAsync("Server is ready");
            var start = server.Log.Count;
            server.WriteConfig("pid_file: '$FOLDER/pid2'\nlog_file: '$FOLDER/n.log'\ndebug: true\nlogtime: false\n");
            server.Signal("HUP");
            var log = Path.Combine(server.Folder, "n.log");
            Eventually.True(() => File.Exists(log) && File.ReadAllText(log).Contains("Reloaded server configuration", StringComparison.Ordinal), "the reload is complete");
            Assert.Equal($"{server.Id}", await File.ReadAllTextAsync(Path.Combine(server.Folder, "pid2")));
            Assert.True(File.Exists(Path.Combine(server.Folder, "pid1")));
            Assert.Equal(0, await server.StopAsync());
            var pid = $"[{server.Id}] ";
            // The reference rebuilds its accounts at the first reload whether or not they changed, and logs its system account's connection.
            return [.. server.Log.Skip(start).Select(CommandRun.WithoutStamp)
                .Concat((await File.ReadAllLinesAsync(log)).Select(line => line.StartsWith(pid, StringComparison.Ordinal) ? line[pid.Length..] : "no pid: " + line))
                .Select(line => line.Replace(server.Folder, "FOLDER", StringComparison.Ordinal))
                .Select(line => line.Contains("(sha256:", StringComparison.Ordinal) ? line[..line.IndexOf("(sha256:", StringComparison.Ordinal)] : line)
                .Where(line => !line.Contains("[DBG]", StringComparison.Ordinal) && !line.EndsWith("authorization users", StringComparison.Ordinal) && !line.EndsWith("Reloaded: accounts", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public async Task A_configuration_that_became_wrong_leaves_the_server_as_it_was()
    {
        Assert.Equal(await LogOfAsync(ReferenceServer.Path), await LogOfAsync(OurServer.Path));

        static async Task<IReadOnlyList<string>> LogOfAsync(string executable)
        {
            await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = "max_payload: 1KB\n" });
            await server.WaitForLogAsync("Server is ready");
            var start = server.Log.Count;
            server.WriteConfig("nonsense: 1\n");
            server.Signal("HUP");
            await server.WaitForLogAsync("unknown field");
            server.WriteConfig("max_pending: 1GB\n");
            server.Signal("HUP");
            await server.WaitForLogAsync("not supported");
            await using var client = await RawClient.HandshakeAsync(server.Port);
            Assert.Equal(0, await server.StopAsync());
            return [.. server.Log.Skip(start).Select(CommandRun.WithoutStamp).Select(line => line.Replace(server.Folder, "FOLDER", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public async Task Flags_win_over_the_file_at_start_and_at_reload()
    {
        await using var server = await OurServer.StartAsync(new ServerProcessOptions { Config = "debug: true\nlogtime: true\n", Arguments = ["-D=false", "-T=false"] });
        Assert.DoesNotContain(server.Log, line => line.Contains("[DBG]", StringComparison.Ordinal));
        server.WriteConfig("debug: true\nlogtime: true\nmax_payload: 1KB\n");
        server.Signal("HUP");
        Assert.Equal($"[{server.Id}] [INF] Reloaded server configuration", (await server.WaitForLogAsync("Reloaded server configuration")).Split(" (sha256")[0]);
        Assert.DoesNotContain(server.Log, line => line.Contains("Reloaded: debug", StringComparison.Ordinal));
    }
}
