using NATS.Server.JetStream.Storage.Disks;
using Xunit;

namespace NATS.Server.Testing.Disks;

/// <summary>What every <see cref="IDisk"/> does. A derived class names the disk and an empty directory on it.</summary>
public abstract class DiskConformance
{
    /// <summary>The disk under test.</summary>
    protected abstract IDisk Disk { get; }

    /// <summary>A directory that is there and empty, for this test only.</summary>
    protected abstract string Root { get; }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using IDiskFile file = Disk.Open(PathOf("a"), DiskOpen.OrCreate);
        byte[] data = [.. Enumerable.Range(0, 10_000).Select(i => (byte)(i * 7))];
        file.Write(0, data);
        var read = new byte[data.Length];

        Assert.Equal(data.Length, file.Read(0, read));
        Assert.Equal(data, read);
        Assert.Equal(data.Length, file.Length);
        Assert.Equal(PathOf("a"), file.Path);
    }

    [Fact]
    public void A_read_ends_with_the_file()
    {
        using IDiskFile file = Filled("a", 1, 2, 3, 4, 5);
        var buffer = new byte[10];

        Assert.Equal(2, file.Read(3, buffer));
        Assert.Equal([4, 5], buffer[..2]);
        Assert.Equal(0, file.Read(5, buffer));
        Assert.Equal(0, file.Read(1L << 40, buffer));
        Assert.Equal(0, file.Read(0, []));
    }

    [Fact]
    public void A_gap_before_a_write_is_zeros()
    {
        using IDiskFile file = Filled("a", 1);
        file.Write(4, [9]);

        Assert.Equal([1, 0, 0, 0, 9], Content("a"));
    }

    [Fact]
    public void Writing_overwrites_in_place()
    {
        using IDiskFile file = Filled("a", 1, 2, 3, 4);
        file.Write(1, [8, 9]);
        file.Write(3, []);

        Assert.Equal([1, 8, 9, 4], Content("a"));
    }

    [Fact]
    public void Truncate_makes_a_file_shorter_or_longer_with_zeros()
    {
        using IDiskFile file = Filled("a", 1, 2, 3, 4);
        file.Truncate(2);
        Assert.Equal([1, 2], Content("a"));
        file.Truncate(4);
        Assert.Equal([1, 2, 0, 0], Content("a"));
        Assert.Equal(4, file.Length);
    }

    [Fact]
    public void A_file_that_has_to_be_there_is_missed()
    {
        DiskException problem = Assert.Throws<DiskException>(() => Disk.Open(PathOf("a"), DiskOpen.Existing));

        Assert.Equal(DiskError.NotFound, problem.Error);
        Assert.Equal(PathOf("a"), problem.Path);
        Assert.Contains(PathOf("a"), problem.Message, StringComparison.Ordinal);
        Assert.False(Disk.FileExists(PathOf("a")));
    }

    [Fact]
    public void A_file_is_not_created_in_a_directory_that_is_not_there()
    {
        DiskException problem = Assert.Throws<DiskException>(() => Disk.Open(PathOf("no/a"), DiskOpen.OrCreate));

        Assert.Equal(DiskError.NotFound, problem.Error);
    }

    [Fact]
    public void A_directory_is_not_opened_as_a_file()
    {
        Disk.CreateDirectory(PathOf("d"));

        Assert.Throws<DiskException>(() => Disk.Open(PathOf("d"), DiskOpen.OrCreate));
        Assert.False(Disk.FileExists(PathOf("d")));
    }

    [Fact]
    public void Opening_keeps_what_is_there_or_begins_empty()
    {
        Filled("a", 1, 2, 3).Dispose();
        Disk.Open(PathOf("a"), DiskOpen.OrCreate).Dispose();
        Assert.Equal([1, 2, 3], Content("a"));
        Disk.Open(PathOf("a"), DiskOpen.Existing).Dispose();
        Assert.Equal([1, 2, 3], Content("a"));
        Disk.Open(PathOf("a"), DiskOpen.Empty).Dispose();
        Assert.Empty(Content("a"));
    }

    [Fact]
    public void Directories_are_created_with_those_above_them()
    {
        Disk.CreateDirectory(PathOf("x/y/z"));
        Disk.CreateDirectory(PathOf("x/y/z"));

        Assert.True(Disk.DirectoryExists(PathOf("x")));
        Assert.True(Disk.DirectoryExists(PathOf("x/y/z")));
        Assert.False(Disk.DirectoryExists(PathOf("x/z")));
        Assert.False(Disk.FileExists(PathOf("x/y")));
    }

    [Fact]
    public void A_directory_is_not_created_where_a_file_is()
    {
        Filled("a").Dispose();

        Assert.Throws<DiskException>(() => Disk.CreateDirectory(PathOf("a")));
        Assert.Throws<DiskException>(() => Disk.CreateDirectory(PathOf("a/b")));
    }

    [Fact]
    public void A_list_names_files_with_their_lengths_and_directories()
    {
        Filled("a", 1, 2, 3).Dispose();
        Disk.CreateDirectory(PathOf("d/e"));

        Assert.Equal([new DiskEntry("a", false, 3), new DiskEntry("d", true, 0)], Disk.List(Root).OrderBy(entry => entry.Name, StringComparer.Ordinal));
        Assert.Empty(Disk.List(PathOf("d/e")));
        Assert.Empty(Disk.List(PathOf("none")));
    }

    [Fact]
    public void Deleting_a_file_that_is_not_there_does_nothing()
    {
        Filled("a").Dispose();
        Disk.DeleteFile(PathOf("a"));
        Disk.DeleteFile(PathOf("a"));
        Disk.DeleteFile(PathOf("no/a"));

        Assert.False(Disk.FileExists(PathOf("a")));
    }

    [Fact]
    public void A_directory_is_deleted_with_all_in_it()
    {
        Disk.CreateDirectory(PathOf("d/e/f"));
        Filled("d/a", 1).Dispose();
        Filled("d/e/b", 1).Dispose();
        Filled("c", 1).Dispose();
        Disk.DeleteDirectory(PathOf("d"));
        Disk.DeleteDirectory(PathOf("d"));

        Assert.Equal(["c"], Disk.List(Root).Select(entry => entry.Name));
    }

    [Fact]
    public void A_file_is_renamed_in_place_of_another()
    {
        Filled("a", 1).Dispose();
        Filled("b", 2, 2).Dispose();
        Disk.Rename(PathOf("a"), PathOf("b"));

        Assert.False(Disk.FileExists(PathOf("a")));
        Assert.Equal([1], Content("b"));
    }

    [Fact]
    public void A_directory_is_renamed_with_all_in_it()
    {
        Disk.CreateDirectory(PathOf("d/e"));
        Filled("d/e/a", 1).Dispose();
        Disk.Rename(PathOf("d"), PathOf("n"));

        Assert.Equal([1], Content("n/e/a"));
        Assert.False(Disk.DirectoryExists(PathOf("d")));
    }

    [Fact]
    public void Renaming_what_is_not_there_fails()
    {
        DiskException problem = Assert.Throws<DiskException>(() => Disk.Rename(PathOf("a"), PathOf("b")));

        Assert.Equal(DiskError.NotFound, problem.Error);
        Assert.Contains(PathOf("a"), problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_file_outlives_its_name()
    {
        using IDiskFile renamed = Filled("a", 1);
        Disk.Rename(PathOf("a"), PathOf("b"));
        renamed.Write(1, [2]);
        Assert.Equal([1, 2], Content("b"));

        Disk.DeleteFile(PathOf("b"));
        renamed.Write(2, [3]);
        renamed.Sync();
        var read = new byte[3];
        Assert.Equal(3, renamed.Read(0, read));
        Assert.Equal([1, 2, 3], read);
    }

    [Fact]
    public void A_file_may_be_open_twice()
    {
        using IDiskFile one = Filled("a", 1);
        using IDiskFile two = Disk.Open(PathOf("a"), DiskOpen.Existing);
        one.Write(1, [2]);

        Assert.Equal(2, two.Length);
    }

    [Fact]
    public void A_closed_file_is_not_used()
    {
        IDiskFile file = Filled("a", 1);
        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Write(0, [1]));
        Assert.Throws<ObjectDisposedException>(() => file.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(file.Sync);
        Assert.Throws<ObjectDisposedException>(() => file.Length);
    }

    [Fact]
    public void Syncing_changes_nothing_that_is_read()
    {
        using IDiskFile file = Filled("a", 1, 2);
        file.Sync();
        file.Sync();
        Disk.SyncDirectory(Root);

        Assert.Equal([1, 2], Content("a"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Many_files_are_synced_at_once(int count)
    {
        DiskSync[] files = [.. Enumerable.Range(0, count).Select(i => new DiskSync(Filled("f" + i, (byte)i)) { Failure = new DiskException(DiskError.Device, "", "old") })];
        Disk.Sync(files);

        Assert.All(files, file => Assert.Null(file.Failure));
        foreach (DiskSync file in files) file.File.Dispose();
    }

    [Fact]
    public void Syncing_a_directory_that_is_not_there_fails()
    {
        DiskException problem = Assert.Throws<DiskException>(() => Disk.SyncDirectory(PathOf("no")));

        Assert.Equal(DiskError.NotFound, problem.Error);
    }

    [Fact]
    public void Space_is_told()
    {
        DiskSpace space = Disk.SpaceOf(Root);

        Assert.InRange(space.AvailableBytes, 1, space.TotalBytes);
    }

    [Fact]
    public void Names_may_be_of_any_letters()
    {
        Filled("größe ☃.blk", 1).Dispose();

        Assert.Equal("größe ☃.blk", Assert.Single(Disk.List(Root)).Name);
        Assert.Equal([1], Content("größe ☃.blk"));
    }

    /// <summary>The absolute path of something below the root.</summary>
    protected string PathOf(string name) => Root + "/" + name;

    private IDiskFile Filled(string name, params byte[] content)
    {
        IDiskFile file = Disk.Open(PathOf(name), DiskOpen.Empty);
        file.Write(0, content);
        return file;
    }

    private byte[] Content(string name)
    {
        using IDiskFile file = Disk.Open(PathOf(name), DiskOpen.Existing);
        var content = new byte[file.Length];
        Assert.Equal(content.Length, file.Read(0, content));
        return content;
    }
}
