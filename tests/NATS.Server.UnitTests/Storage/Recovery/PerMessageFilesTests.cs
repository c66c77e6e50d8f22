using System.Buffers;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Recovery;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

public sealed class PerMessageFilesTests
{
    private static readonly HighwayHashKey Key = StoreHashKey.OfStream("S");
    private static readonly List<StoredSource> Sources = [new("A > >", 12, "x"), new("B > >", 7, "")];
    private static readonly List<StoredSchedule> Schedules = [new("s.a"u8.ToArray(), 5_000_000_000, 3)];

    private readonly SimulatedDisk _disk = new();
    private readonly PerMessageFiles _files;

    public PerMessageFilesTests()
    {
        _disk.CreateDirectory("/store/msgs");
        _disk.SyncDirectory("/");
        _disk.SyncDirectory("/store");
        _files = new PerMessageFiles(_disk, "/store", Key);
    }

    [Fact]
    public void What_was_written_comes_back_and_is_durable()
    {
        WriteAll();
        Assert.Equal(2, _files.ReadExpiries(out ulong from, out string? problem)!.Count);
        Assert.Equal((9UL, null), (from, problem));
        Assert.Equal(3UL, Assert.Single(_files.ReadSchedules(out from, out problem)!).Sequence);
        Assert.Equal((10UL, null), (from, problem));
        Assert.Equal(Sources, _files.ReadSources(out from, out problem));
        Assert.Equal((11UL, null), (from, problem));
        Assert.Equal(["/store/msgs/sched.db", "/store/msgs/thw.db", "/store/sources.db"], _disk.Crash(0).Files);
    }

    [Fact]
    public void Files_of_the_reference_have_no_checksum_and_are_believed()
    {
        var output = new ArrayBufferWriter<byte>();
        SourcesFile.Encode(output, Sources, 11);
        _disk.Put("/store/sources.db", output.WrittenSpan);
        Assert.Equal(Sources, _files.ReadSources(out ulong from, out _));
        Assert.Equal(11UL, from);
    }

    [Theory]
    [InlineData("/store/msgs/thw.db")]
    [InlineData("/store/msgs/sched.db")]
    [InlineData("/store/sources.db")]
    public void A_file_with_any_bit_turned_or_cut_off_anywhere_does_not_count(string name)
    {
        WriteAll();
        byte[] file = _disk.ContentOf(name)!;
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            _disk.FlipBit(name, bit);
            AssertDamaged(name);
            _disk.FlipBit(name, bit);
        }

        // Cut off where the content ends it is a file as the reference writes it.
        for (int length = 0; length < file.Length; length++)
        {
            if (length == file.Length - SealedFile.TrailerLength) continue;
            _disk.Put(name, file.AsSpan(0, length));
            AssertDamaged(name);
        }
    }

    [Fact]
    public void No_file_is_nothing_to_report()
    {
        Assert.Null(_files.ReadExpiries(out ulong from, out string? problem));
        Assert.Equal((0UL, null), (from, problem));
    }

    [Fact]
    public void Without_sources_the_file_goes()
    {
        WriteAll();
        _files.WriteSources(null);
        Assert.False(_disk.FileExists("/store/sources.db"));
    }

    private void AssertDamaged(string name)
    {
        string? problem;
        object? read = name switch
        {
            "/store/msgs/thw.db" => _files.ReadExpiries(out _, out problem),
            "/store/msgs/sched.db" => _files.ReadSchedules(out _, out problem),
            _ => _files.ReadSources(out _, out problem),
        };
        Assert.Null(read);
        Assert.NotNull(problem);
    }

    private void WriteAll()
    {
        var wheel = new HashWheel();
        wheel.Add(1, 1_000_000_000);
        wheel.Add(8, 9_000_000_000);
        var output = new ArrayBufferWriter<byte>();
        wheel.Encode(9, output);
        _files.WriteExpiries(output);
        output = new ArrayBufferWriter<byte>();
        SchedulesFile.Encode(output, Schedules, 10);
        _files.WriteSchedules(output);
        output = new ArrayBufferWriter<byte>();
        SourcesFile.Encode(output, Sources, 11);
        _files.WriteSources(output);
    }
}
