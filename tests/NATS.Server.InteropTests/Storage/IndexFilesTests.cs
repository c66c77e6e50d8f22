using System.Buffers;
using System.Diagnostics;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>The small files beside the blocks, as the reference writes them.</summary>
public sealed class IndexFilesTests
{
    [Fact]
    public async Task Schedules_of_the_reference_are_read_and_written_again()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"file","allow_msg_schedules":true}""");
        await script.PublishAsync(
        [
            ("s.plain", "", "x"),
            ("s.schedule", "NATS/1.0\r\nNats-Schedule: @at 2099-01-02T03:04:05Z\r\nNats-Schedule-Target: s.target\r\n\r\n", "later"),
        ]);
        await server.StopAsync();

        byte[] file = await File.ReadAllBytesAsync(FileOf(server, "sched.db"));
        Assert.True(SchedulesFile.TryDecode(file, out List<StoredSchedule>? schedules, out ulong high));
        Assert.Equal(3UL, high);
        StoredSchedule schedule = Assert.Single(schedules);
        Assert.Equal("s.schedule", Encoding.Latin1.GetString(schedule.Subject));
        Assert.Equal((2UL, new DateTimeOffset(2099, 1, 2, 3, 4, 5, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000), (schedule.Sequence, schedule.TimeNs));
        var again = new ArrayBufferWriter<byte>();
        SchedulesFile.Encode(again, schedules, high);
        Assert.Equal(Convert.ToHexString(file), Convert.ToHexString(again.WrittenSpan));
    }

    [Fact]
    public async Task Sources_of_the_reference_are_read_and_written_again()
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.A", """{"name":"A","subjects":["a"],"storage":"file"}""");
        await script.PublishAsync([("a", "", "1"), ("a", "", "2"), ("a", "", "3")]);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","storage":"file","sources":[{"name":"A"}]}""");
        var clock = Stopwatch.StartNew();
        while ((await script.RequestAsync("$JS.API.STREAM.INFO.S", "")).GetProperty("state").GetProperty("messages").GetInt32() < 3)
        {
            Assert.True(clock.Elapsed < Eventually.DefaultTimeout, "the source was not read in time");
        }

        await server.StopAsync();

        byte[] file = await File.ReadAllBytesAsync(FileOf(server, "sources.db"));
        Assert.True(SourcesFile.TryDecode(file, out List<StoredSource>? sources, out ulong high));
        Assert.Equal(4UL, high);
        StoredSource source = Assert.Single(sources);
        Assert.StartsWith("A", source.Name, StringComparison.Ordinal);
        Assert.Equal(3UL, source.Sequence);
        var again = new ArrayBufferWriter<byte>();
        SourcesFile.Encode(again, sources, high);
        Assert.Equal(Convert.ToHexString(file), Convert.ToHexString(again.WrittenSpan));
    }

    private static string FileOf(ServerProcess server, string name) => Assert.Single(Directory.GetFiles(server.Folder, name, SearchOption.AllDirectories));
}
