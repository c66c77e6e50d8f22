using System.Diagnostics;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

/// <summary>Measurements of opening large stores, by command (<c>--explicit only</c>), with optimisation.</summary>
public sealed class OpeningSpeedTests
{
    [Theory(Explicit = true)]
    [InlineData(3_000_000, 1)]
    [InlineData(3_000_000, 5)]
    [InlineData(1_000_000, 1_000_000)]
    public void A_large_store_is_open_soon(int messages, int subjects)
    {
        var disk = new SimulatedDisk();
        FileStoreOptions options = new()
        {
            Disk = disk,
            Directory = "/s",
            Name = "S",
            BlockSize = 8 << 20,
            Random = new Random(1),
            InParallel = static (count, action) => Parallel.For(0, count, action),
        };
        using (MessageStore store = FileStore.Open(options, new StoreLimits(), null, 1))
        {
            byte[] payload = new byte[128];
            byte[][] names = [.. Enumerable.Range(0, subjects).Select(i => Encoding.ASCII.GetBytes($"device.{i}.temperature"))];
            for (int i = 0; i < messages; i++) store.Append(new NewMessage { Subject = names[i % subjects], Payload = payload, TimestampNs = i + 1 }, out _);
            store.Stop(1);
        }

        SimulatedDisk unclean = disk.Kill();
        unclean.DeleteFile("/s/msgs/index.db");
        for (int round = 0; round < 3; round++)
        {
            Measure("clean", options);
            Measure("unclean", options with { Disk = unclean });
        }

        void Measure(string what, FileStoreOptions of)
        {
            long start = Stopwatch.GetTimestamp();
            using MessageStore store = FileStore.Open(of, new StoreLimits(), null, 1);
            TestContext.Current.TestOutputHelper?.WriteLine($"{messages} messages of {subjects} subjects, {what}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
            Assert.Equal((ulong)messages, store.State.Messages);
            Assert.Equal(subjects, store.State.Subjects);
        }
    }
}
