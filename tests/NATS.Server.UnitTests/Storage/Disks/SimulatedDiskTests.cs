using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Disks;

/// <summary>What the simulated disk loses, and how it fails: tests of stores rest on it.</summary>
public sealed class SimulatedDiskTests
{
    private const int Seeds = 300;
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void Synced_content_under_a_synced_name_survives_every_power_cut()
    {
        using IDiskFile file = Create("/d/a", 1, 2, 3);
        file.Sync();
        SyncNames("/", "/d");

        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.Equal([1, 2, 3], _disk.Crash(seed).ContentOf("/d/a")));
        Assert.Equal([1, 2, 3], _disk.SyncedContentOf("/d/a"));
    }

    [Fact]
    public void A_name_that_was_not_synced_may_be_gone_with_its_synced_content()
    {
        using IDiskFile file = Create("/d/a", 1, 2, 3);
        file.Sync();
        SyncNames("/");

        Assert.Null(_disk.SyncedContentOf("/d/a"));
        Assert.Null(_disk.Crash(0).ContentOf("/d/a"));
        Assert.Equal([1, 2, 3], _disk.Crash(1).ContentOf("/d/a"));
        Assert.Equal([false, true], Outcomes(disk => disk.FileExists("/d/a")));
    }

    [Fact]
    public void Unsynced_writes_are_lost_kept_cut_and_filled_with_zeros_or_garbage()
    {
        using IDiskFile file = Create("/d/a", 1, 1);
        file.Sync();
        SyncNames("/", "/d");
        file.Write(2, [7, 7, 7, 7]);

        List<string> outcomes = Outcomes(disk => Convert.ToHexString(disk.ContentOf("/d/a")!));
        Assert.Contains("0101", outcomes);
        Assert.Contains("010107070707", outcomes);
        Assert.Contains("01010707", outcomes);
        Assert.Contains("010100000000", outcomes);
        Assert.Contains(outcomes, outcome => outcome is ['0', '1', '0', '1', _, _, _, _, _, _, _, _] && outcome[4..] is not ("07070707" or "00000000"));
        Assert.All(outcomes, outcome => Assert.StartsWith("0101", outcome, StringComparison.Ordinal));
    }

    [Fact]
    public void A_later_write_may_survive_without_an_earlier_one()
    {
        using IDiskFile file = Create("/d/a", 1);
        using IDiskFile other = Create("/d/b", 1);
        SyncNames("/", "/d");
        file.Sync();
        other.Sync();
        file.Write(0, [2]);
        other.Write(0, [2]);

        Assert.Contains((1, 2), Outcomes(disk => ((int)disk.ContentOf("/d/a")![0], (int)disk.ContentOf("/d/b")![0])));
    }

    [Fact]
    public void Writes_are_torn_between_sectors()
    {
        using IDiskFile file = Create("/d/a", new byte[2048]);
        file.Sync();
        SyncNames("/", "/d");
        file.Write(0, [.. Enumerable.Repeat((byte)9, 2048)]);

        Assert.Contains(Outcomes(disk => string.Concat(Enumerable.Range(0, 4).Select(i => disk.ContentOf("/d/a")![i * 512]))), sectors => sectors is "9099" or "0909" or "9009");
    }

    [Fact]
    public void A_lost_truncation_takes_what_was_written_beyond_it_along()
    {
        using IDiskFile file = Create("/d/a", 1, 1, 1);
        file.Sync();
        SyncNames("/", "/d");
        file.Truncate(1);
        file.Write(1, [2, 2]);

        // The old bytes never appear behind new ones, nor new ones at the old place without the truncation: "01" and then two old or two new bytes at most.
        List<string> outcomes = Outcomes(disk => Convert.ToHexString(disk.ContentOf("/d/a")!));
        Assert.Contains("010101", outcomes);
        Assert.Contains("010202", outcomes);
        Assert.Contains("01", outcomes);
        Assert.DoesNotContain("010201", outcomes);
    }

    [Fact]
    public void A_rename_is_whole_or_not_at_all()
    {
        using IDiskFile old = Create("/d/a", 1);
        old.Sync();
        SyncNames("/", "/d");
        using IDiskFile next = Create("/d/a.tmp", 2);
        next.Sync();
        _disk.Rename("/d/a.tmp", "/d/a");

        Assert.Equal([1, 2], Outcomes(disk => (int)Assert.Single(disk.ContentOf("/d/a")!)));
        SyncNames("/d");
        Assert.Equal([2], Outcomes(disk => (int)Assert.Single(disk.ContentOf("/d/a")!)));
        Assert.Equal([false], Outcomes(disk => disk.FileExists("/d/a.tmp")));
    }

    [Fact]
    public void A_renamed_file_whose_content_was_not_synced_may_be_empty()
    {
        using IDiskFile next = Create("/d/a.tmp", 2);
        _disk.Rename("/d/a.tmp", "/d/a");
        SyncNames("/", "/d");

        Assert.Empty(_disk.Crash(0).ContentOf("/d/a")!);
    }

    [Fact]
    public void A_deleted_file_may_come_back()
    {
        Create("/d/a", 1).Dispose();
        using (IDiskFile file = _disk.Open("/d/a", DiskOpen.Existing)) file.Sync();
        SyncNames("/", "/d");
        _disk.DeleteFile("/d/a");

        Assert.False(_disk.FileExists("/d/a"));
        Assert.Equal([1], _disk.Crash(0).ContentOf("/d/a"));
        SyncNames("/d");
        Assert.Equal([false], Outcomes(disk => disk.FileExists("/d/a")));
    }

    [Fact]
    public void Names_are_lost_in_order()
    {
        SyncNames("/");
        _disk.CreateDirectory("/d");
        SyncNames("/");
        for (int i = 0; i < 5; i++) Create($"/d/{i}", 1).Dispose();

        Assert.All(Outcomes(disk => string.Concat(disk.List("/d").Select(entry => entry.Name).Order(StringComparer.Ordinal))), names => Assert.StartsWith(names, "01234", StringComparison.Ordinal));
        Assert.Equal(6, Outcomes(disk => disk.List("/d").Count).Count);
    }

    [Fact]
    public void A_kill_loses_nothing_and_a_power_cut_after_it_what_was_not_synced()
    {
        using IDiskFile file = Create("/d/a", 1);
        file.Sync();
        SyncNames("/", "/d");
        file.Write(1, [2]);
        Create("/d/b", 3).Dispose();
        SimulatedDisk killed = _disk.Kill();
        file.Write(2, [4]);

        Assert.Equal([1, 2], killed.ContentOf("/d/a"));
        Assert.Equal([3], killed.ContentOf("/d/b"));
        Assert.Equal(["/d/a", "/d/b"], killed.Files);
        Assert.Equal([1], killed.Crash(0).ContentOf("/d/a"));
        Assert.Equal(["/d/a"], killed.Crash(0).Files);
        Assert.Equal([1, 2], killed.Crash(1).ContentOf("/d/a"));
    }

    [Fact]
    public void The_same_seed_leaves_the_same()
    {
        for (int i = 0; i < 10; i++) Create($"/{i}", 1, 2, 3).Dispose();

        Assert.All(Enumerable.Range(0, 50), seed => Assert.Equal(ContentsOf(_disk.Crash(seed)), ContentsOf(_disk.Crash(seed))));
        Assert.True(Outcomes(ContentsOf).Count > 50);
    }

    [Fact]
    public void After_a_failed_sync_a_good_one_does_not_save_what_was_written_before()
    {
        SortedSet<int> kept = [];
        for (int i = 0; i < 100; i++)
        {
            using IDiskFile file = Create("/d/" + i, 1);
            SyncNames("/", "/d");
            _disk.Fail(new DiskFault { Kinds = DiskOperations.Sync });
            Assert.Equal(DiskError.Device, Assert.Throws<DiskException>(file.Sync).Error);
            file.Write(1, [2]);
            file.Sync();
            Assert.Equal([1, 2], _disk.ContentOf("/d/" + i));
            kept.Add(_disk.Crash(0).ContentOf("/d/" + i)![0]);
        }

        Assert.Contains(0, kept);
        Assert.Contains(1, kept);
    }

    [Fact]
    public void Any_operation_can_be_made_to_fail()
    {
        using IDiskFile file = Create("/d/a", 1);
        DiskFault fault = _disk.Fail(new DiskFault { Kinds = DiskOperations.Write, PathPart = "/a", Skip = 1, Times = 2, Error = DiskError.Denied });
        file.Write(0, [2]);
        Assert.Equal(DiskError.Denied, Assert.Throws<DiskException>(() => file.Write(0, [3])).Error);
        Assert.Throws<DiskException>(() => file.Write(0, [3]));
        file.Write(0, [4]);
        Assert.Equal(2, fault.Hits);

        foreach (Action operation in Operations(file))
        {
            _disk.Fail(new DiskFault { Kinds = DiskOperations.All, Times = long.MaxValue, Error = DiskError.Full });
            Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(operation).Error);
            _disk.Heal();
        }

        Assert.Equal([4], _disk.ContentOf("/d/a"));
    }

    [Fact]
    public void A_write_can_be_shortened()
    {
        using IDiskFile file = Create("/d/a");
        _disk.Fail(new DiskFault { Kinds = DiskOperations.Write, Written = 2 });

        Assert.Throws<DiskException>(() => file.Write(0, [1, 2, 3]));
        Assert.Equal([1, 2], _disk.ContentOf("/d/a"));
    }

    [Fact]
    public void Of_files_that_are_synced_together_only_the_failed_one_is_told_so()
    {
        DiskSync[] files = [new(Create("/d/a", 1)), new(Create("/d/b", 1)), new(Create("/d/c", 1))];
        SyncNames("/", "/d");
        _disk.Fail(new DiskFault { Kinds = DiskOperations.Sync, PathPart = "/b" });
        _disk.Sync(files);

        Assert.Equal([true, false, true], files.Select(file => file.Failure is null));
        Assert.Equal([1], _disk.Crash(0).ContentOf("/d/c"));
    }

    [Fact]
    public void A_full_disk_takes_what_fits_and_has_room_again_after_a_deletion()
    {
        _disk.CapacityBytes = 10;
        using IDiskFile other = Create("/d/b", 1, 2, 3, 4);
        using IDiskFile file = Create("/d/a", 1, 2, 3, 4);

        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => file.Write(4, [5, 6, 7])).Error);
        Assert.Equal([1, 2, 3, 4, 5, 6], _disk.ContentOf("/d/a"));
        Assert.Equal(new DiskSpace(0, 10), _disk.SpaceOf("/d"));
        file.Write(0, [9, 9]);

        _disk.DeleteFile("/d/b");
        Assert.Equal(0, _disk.SpaceOf("/d").AvailableBytes);
        other.Dispose();
        Assert.Equal(4, _disk.SpaceOf("/d").AvailableBytes);
        file.Write(6, [7, 8]);
        Assert.Equal(8, _disk.Kill().UsedBytes);
        Assert.Equal(8, _disk.Crash(1).UsedBytes);
    }

    [Fact]
    public void Every_operation_is_announced_and_the_disk_can_be_copied_then()
    {
        List<string> seen = [];
        _disk.Before = (in DiskOperation operation) => seen.Add($"{operation.Number} {operation.Kind} {operation.Path} {operation.Target}{operation.Offset}/{operation.Data.Length} {_disk.Crash(0).Files.Count}");
        using IDiskFile file = Create("/d/a", 1, 2);
        file.Sync();
        SyncNames("/", "/d");
        _disk.Rename("/d/a", "/d/b");

        Assert.Equal(
            [
                "0 CreateDirectory /d 0/0 0", "1 Create /d/a 0/0 0", "2 Write /d/a 0/2 0", "3 Sync /d/a 0/0 0",
                "4 SyncDirectory / 0/0 0", "5 SyncDirectory /d 0/0 0", "6 Rename /d/a /d/b0/0 1",
            ],
            seen);
        Assert.Equal((7, 7, 3), (_disk.Operations, _disk.Changes, _disk.Syncs));
    }

    [Fact]
    public void Bits_can_be_flipped_and_files_put_for_good()
    {
        _disk.Put("/d/e/a", [0, 0, 0]);
        _disk.FlipBit("/d/e/a", 9);

        Assert.Equal([0, 2, 0], _disk.ContentOf("/d/e/a"));
        Assert.Equal([0, 2, 0], _disk.Crash(0).ContentOf("/d/e/a"));
        _disk.Put("/d/e/a", [1]);
        Assert.Equal([1], _disk.SyncedContentOf("/d/e/a"));
        Assert.Equal(1, _disk.UsedBytes);
    }

    [Fact]
    public void Operations_cost_virtual_time()
    {
        _disk.Costs = new DiskCosts(OperationNs: 1, SyncNs: 1000, ByteNs: 10);
        DiskSync[] files = [new(Create("/a", 1, 2)), new(Create("/b"))];
        long before = _disk.ElapsedNs;
        Assert.Equal(23, before);
        _disk.Sync(files);
        Assert.Equal(1002, _disk.ElapsedNs - before);
    }

    private IEnumerable<Action> Operations(IDiskFile file) =>
    [
        () => _disk.Open("/d/a", DiskOpen.OrCreate),
        () => _disk.Open("/d/new", DiskOpen.OrCreate),
        () => _disk.List("/d"),
        () => _disk.CreateDirectory("/x"),
        () => _disk.DeleteFile("/d/a"),
        () => _disk.DeleteDirectory("/d"),
        () => _disk.Rename("/d/a", "/d/b"),
        () => _disk.SyncDirectory("/d"),
        () => _disk.SpaceOf("/d"),
        () => file.Read(0, new byte[1]),
        () => file.Write(0, [1]),
        () => file.Truncate(0),
        file.Sync,
    ];

    private IDiskFile Create(string path, params byte[] content)
    {
        int slash = path.LastIndexOf('/');
        if (slash > 0) _disk.CreateDirectory(path[..slash]);
        IDiskFile file = _disk.Open(path, DiskOpen.Empty);
        if (content.Length > 0) file.Write(0, content);
        return file;
    }

    private void SyncNames(params string[] directories)
    {
        foreach (string directory in directories) _disk.SyncDirectory(directory);
    }

    private List<T> Outcomes<T>(Func<SimulatedDisk, T> look) => [.. Enumerable.Range(0, Seeds).Select(seed => look(_disk.Crash(seed))).Distinct().Order()];

    private static string ContentsOf(SimulatedDisk disk) => string.Join(' ', disk.Files.Select(path => path + Convert.ToHexString(disk.ContentOf(path)!)));
}
