using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Transcripts;

/// <summary>The harness itself, on the reference server.</summary>
public sealed class HarnessTests
{
    [Fact]
    public async Task Reference_starts_on_a_random_port_answers_and_stops_by_signal()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-m", "-1"] });
        Assert.NotEqual(0, server.Port);
        Assert.NotEqual(0, server.MonitorPort);

        await using RawClient client = await RawClient.HandshakeAsync(server.Port);
        await client.SendAsync("SUB a 1\r\nPUB a 2\r\nhi\r\n");
        await client.ExpectAsync("MSG a 1 2\r\nhi\r\n");

        Assert.Equal(0, await server.StopAsync());
        Assert.Equal("", await client.ReadToCloseAsync());
        Assert.Contains(server.Log, line => line.EndsWith("[INF] Server Exiting.."));
    }

    [Fact]
    public async Task Reference_that_logs_to_a_file_is_ready_by_its_ports_file()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-m", "-1", "-l", "$FOLDER/log.txt"] });
        Assert.NotEqual(0, server.Port);
        Assert.NotEqual(0, server.MonitorPort);
        Assert.Empty(server.Log);
    }

    [Fact]
    public async Task Server_that_ends_at_start_fails_the_start_with_its_log()
    {
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ReferenceServer.StartAsync(new ServerProcessOptions { Config = "no_such_option: 1" }));
        Assert.Contains("no_such_option", failure.Message);
    }

    [Fact]
    public async Task Run_returns_the_output_and_exit_code_of_a_finished_process()
    {
        await using ServerProcess server = await ServerProcess.RunAsync(ReferenceServer.Path, "--version");
        Assert.Equal(0, server.ExitCode);
        Assert.StartsWith("nats-server: v2.15.", server.Log.Single());
    }
}
