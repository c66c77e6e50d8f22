using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Abuse;

/// <summary>The built executable ended in the middle of work: at once, or by a signal it can handle.</summary>
public sealed class SuddenEndTests
{
    [Fact]
    public async Task After_a_kill_under_load_the_same_port_and_files_serve_again()
    {
        using var folder = new TemporaryFolder();
        int port = FreePort();
        string pid = Path.Combine(folder.Path, "nats.pid");
        for (int round = 0; round < 3; round++)
        {
            await using ServerProcess server = await StartAsync(port, folder);
            await using var load = await Load.StartAsync(port);
            Assert.Equal($"{server.Id}", await File.ReadAllTextAsync(pid));
            await load.RunningAsync();
            await server.KillAsync();
            await load.EndedAsync();
        }

        await using ServerProcess last = await StartAsync(port, folder);
        await using (RawClient client = await RawClient.HandshakeAsync(port)) await client.PingAsync();
        Assert.Equal($"{last.Id}", await File.ReadAllTextAsync(pid));
        Assert.Equal(0, await last.StopAsync());
    }

    [Fact]
    public async Task Term_under_load_ends_at_once_and_takes_the_ports_file_with_it()
    {
        using var folder = new TemporaryFolder();
        int port = FreePort();
        await using ServerProcess server = await StartAsync(port, folder);
        await using var load = await Load.StartAsync(port);
        await load.RunningAsync();
        string pid = Path.Combine(folder.Path, "nats.pid");
        string ports = Path.Combine(server.Folder, $"nats-server_{server.Id}.ports");
        Assert.True(File.Exists(ports));
        long start = Stopwatch.GetTimestamp();
        server.Signal("TERM");
        int code = await server.WaitForExitAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        await load.EndedAsync();
        Assert.True(code == 0, $"exit code {code}{Environment.NewLine}{server.LogText()}");
        Assert.False(File.Exists(ports));

        // The reference leaves its pid file; who reads it checks the process.
        Assert.Equal($"{server.Id}", await File.ReadAllTextAsync(pid));

        // A second on an idle machine; a test machine that is busy with others gets some more.
        Assert.True(took < TimeSpan.FromSeconds(4), $"it took {took}");
    }

    private static Task<ServerProcess> StartAsync(int port, TemporaryFolder folder) => OurServer.StartAsync(new ServerProcessOptions
    {
        RandomPort = false,
        Arguments = ["-a", "127.0.0.1", "-p", $"{port}", "-P", Path.Combine(folder.Path, "nats.pid")],
    });

    // The same port has to be used again, so that it is chosen here.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Publishers and subscribers that go on until the server is gone.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly List<RawClient> _clients = [];
        private readonly List<Task> _tasks = [];
        private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static async Task<Load> StartAsync(int port)
        {
            var load = new Load();
            for (int i = 0; i < 3; i++)
            {
                RawClient subscriber = await RawClient.HandshakeAsync(port);
                await subscriber.SendAsync("SUB load.* 1\r\n");
                await subscriber.PingAsync();
                load._clients.Add(subscriber);
                load._tasks.Add(Task.Run(() => load.ReadAsync(subscriber)));
            }

            for (int i = 0; i < 2; i++)
            {
                RawClient publisher = await RawClient.HandshakeAsync(port);
                load._clients.Add(publisher);
                load._tasks.Add(Task.Run(() => PublishAsync(publisher)));
            }

            return load;
        }

        /// <summary>Messages arrive.</summary>
        public Task RunningAsync() => _running.Task.WaitAsync(Eventually.DefaultTimeout);

        /// <summary>Every client has seen the end of its connection.</summary>
        public Task EndedAsync() => Task.WhenAll(_tasks).WaitAsync(Eventually.DefaultTimeout);

        public async ValueTask DisposeAsync()
        {
            foreach (RawClient client in _clients) await client.DisposeAsync();
        }

        private async Task ReadAsync(RawClient client)
        {
            try
            {
                for (int i = 0; ; i++)
                {
                    await client.ReadUntilAsync("hello\r\n");
                    if (i == 200) _running.TrySetResult();
                }
            }
            catch (Exception problem) when (problem is IOException or EndOfStreamException or ObjectDisposedException)
            {
                // The server is gone.
            }
        }

        private static async Task PublishAsync(RawClient client)
        {
            string batch = string.Concat(Enumerable.Range(0, 50).Select(static i => $"PUB load.{i} 5\r\nhello\r\n"));
            try
            {
                while (true)
                {
                    await client.SendAsync(batch);
                    await client.PingAsync();
                }
            }
            catch (Exception problem) when (problem is IOException or EndOfStreamException or ObjectDisposedException)
            {
                // The server is gone.
            }
        }
    }
}
