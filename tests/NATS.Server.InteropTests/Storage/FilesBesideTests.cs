using System.Buffers;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Recovery;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>What this server leaves beside the files of the reference, and behind their content.</summary>
public sealed class FilesBesideTests
{
    [Fact]
    public async Task The_reference_does_not_mind_checksums_behind_small_files_nor_guards_beside_blocks()
    {
        StoreVariant variant = StoreVariant.Of("plain");
        using var folder = new TemporaryFolder();
        StoreContents expected;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await reference.Script.RequestAsync(
                "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"file","allow_msg_ttl":true,"allow_msg_schedules":true}""");
            await reference.PublishAsync(
            [
                ("s.1", "NATS/1.0\r\nNats-TTL: 3600\r\n\r\n", "one"),
                ("s.2", "NATS/1.0\r\nNats-Schedule: @at 2099-01-02T03:04:05Z\r\nNats-Schedule-Target: s.target\r\n\r\n", "two"),
                ("s.3", "", "three"),
            ]);
            expected = await reference.ReadAsync();
            await reference.StopAsync();
        }

        string directory = Path.Combine(folder.Path, "jetstream", "$G", "streams", "S");
        var files = new PerMessageFiles(new SystemDisk(), directory, StoreHashKey.OfStream("S"));
        HashWheel? wheel = files.ReadExpiries(out ulong stamp, out string? problem);
        Assert.Equal((1L, 4UL, null), (wheel!.Count, stamp, problem));
        List<StoredSchedule>? schedules = files.ReadSchedules(out stamp, out problem);
        Assert.Equal((1, 4UL, null), (schedules!.Count, stamp, problem));

        var output = new ArrayBufferWriter<byte>();
        wheel.Encode(4, output);
        files.WriteExpiries(output);
        output = new ArrayBufferWriter<byte>();
        SchedulesFile.Encode(output, schedules, 4);
        files.WriteSchedules(output);
        await File.WriteAllBytesAsync(Path.Combine(directory, "msgs", "1.guard"), new byte[48], TestContext.Current.CancellationToken);
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(directory, "msgs", "thw.db"), TestContext.Current.CancellationToken);

        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            StoreContents.AssertEqual(expected, await reference.ReadAsync());
            Assert.Empty(reference.Warnings);
            await reference.StopAsync();
        }

        // It wrote its own, without the checksum: that is how it is known that its content is newer than ours.
        byte[] after = await File.ReadAllBytesAsync(Path.Combine(directory, "msgs", "thw.db"), TestContext.Current.CancellationToken);
        Assert.Contains(after.Length, (int[])[before.Length, before.Length - SealedFile.TrailerLength]);
        Assert.Equal(1, files.ReadExpiries(out _, out problem)!.Count);
        Assert.Null(problem);
    }
}
