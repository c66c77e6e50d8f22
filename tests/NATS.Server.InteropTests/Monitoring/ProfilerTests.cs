using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>The profiling port of both servers.</summary>
public sealed partial class ProfilerTests
{
    [Fact]
    public async Task Both_open_the_port_and_answer_the_same_paths()
    {
        var options = new ServerProcessOptions { Config = "prof_port: -1" };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        await using ServerProcess ours = await OurServer.StartAsync(options);
        foreach (string path in (string[])["/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=1", "/debug/pprof/threadcreate?debug=1", "/debug/pprof/none"])
        {
            (HttpStatusCode Status, string Type, byte[] Body) expected = await GetAsync(reference, path);
            (HttpStatusCode Status, string Type, byte[] Body) actual = await GetAsync(ours, path);
            Assert.Equal((path, expected.Status, expected.Type), (path, actual.Status, actual.Type));
            if (expected.Status == HttpStatusCode.NotFound) Assert.Equal(expected.Body, actual.Body);
        }

        Assert.Contains("thread that answers:", Encoding.UTF8.GetString((await GetAsync(ours, "/debug/pprof/goroutine")).Body), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotImplemented, (await GetAsync(ours, "/debug/pprof/heap")).Status);
        foreach (string seconds in (string[])["-1", "x", "100000"]) Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync(ours, "/debug/pprof/profile?seconds=" + seconds)).Status);
    }

    [Theory]
    [InlineData("profile")]
    [InlineData("allocs")]
    [InlineData("mutex")]
    [InlineData("trace")]
    public async Task What_the_process_does_is_traced(string name)
    {
        await using ServerProcess ours = await OurServer.StartAsync(new ServerProcessOptions { Config = "prof_port: -1" });
        (HttpStatusCode Status, string Type, byte[] Body) trace = await GetAsync(ours, $"/debug/pprof/{name}?seconds=1");

        Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (trace.Status, trace.Type));
        Assert.Equal("Nettrace", Encoding.ASCII.GetString(trace.Body, 0, 8));

        // With the names of methods, without which nobody could read it.
        Assert.True(trace.Body.AsSpan().IndexOf(Encoding.Unicode.GetBytes("NATS.Server")) > 0);
    }

    [Fact]
    public async Task There_is_one_trace_at_a_time()
    {
        await using ServerProcess ours = await OurServer.StartAsync(new ServerProcessOptions { Config = "prof_port: -1" });
        (HttpStatusCode Status, string Type, byte[] Body)[] traces =
            await Task.WhenAll(GetAsync(ours, "/debug/pprof/trace?seconds=2"), GetAsync(ours, "/debug/pprof/mutex?seconds=2"));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.InternalServerError], traces.Select(static trace => trace.Status).Order());
        Assert.Equal("Could not enable profiling: already in use\n", Encoding.UTF8.GetString(traces.Single(static trace => trace.Status != HttpStatusCode.OK).Body));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(ours, "/debug/pprof/trace?seconds=1")).Status);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_the_same_words()
    {
        await using ServerProcess first = await OurServer.StartAsync(new ServerProcessOptions { Config = "prof_port: -1" });
        string port = PortOf(first).ToString();
        foreach (string path in (string[])[ReferenceServer.Path, OurServer.Path])
        {
            await using ServerProcess second = await ServerProcess.RunAsync(path, "-a", "127.0.0.1", "-p", "-1", "--profile", port);
            Assert.Equal(1, second.ExitCode);
            Assert.Contains(second.Log, line => line.EndsWith($"[FTL] error starting profiler: listen tcp 127.0.0.1:{port}: bind: address already in use", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_port_stands_in_the_file_of_ports()
    {
        foreach (string path in (string[])[ReferenceServer.Path, OurServer.Path])
        {
            await using ServerProcess server = await ServerProcess.StartAsync(path, new ServerProcessOptions { Config = "prof_port: -1" });
            string[] files = [];
            await Eventually.TrueAsync(
                () => Task.FromResult((files = Directory.GetFiles(server.Folder, "*.ports")) is [string file] && new FileInfo(file).Length > 0), "a file of ports");
            using var ports = JsonDocument.Parse(await File.ReadAllBytesAsync(files[0]));
            Assert.Equal($"http://127.0.0.1:{PortOf(server)}", ports.RootElement.GetProperty("profile")[0].GetString());
        }
    }

    private static async Task<(HttpStatusCode Status, string Type, byte[] Body)> GetAsync(ServerProcess server, string path)
    {
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://127.0.0.1:{PortOf(server)}{path}"));
        return (answer.StatusCode, answer.Content.Headers.ContentType?.ToString() ?? "", await answer.Content.ReadAsByteArrayAsync());
    }

    private static int PortOf(ServerProcess server) => int.Parse(server.Log.Select(static line => Port().Match(line)).First(static match => match.Success).Groups[1].Value);

    [GeneratedRegex(@"profiling port: (\d+)$")]
    private static partial Regex Port();
}
