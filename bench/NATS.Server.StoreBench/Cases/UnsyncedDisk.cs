using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Any thread. A disk that never syncs: for writing what a measurement begins with.</summary>
internal sealed class UnsyncedDisk(IDisk disk) : IDisk
{
    public IDiskFile Open(string path, DiskOpen how) => new UnsyncedFile(disk.Open(path, how));

    public bool FileExists(string path) => disk.FileExists(path);

    public bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public IReadOnlyList<DiskEntry> List(string directory) => disk.List(directory);

    public void CreateDirectory(string directory) => disk.CreateDirectory(directory);

    public void DeleteFile(string path) => disk.DeleteFile(path);

    public void DeleteDirectory(string directory) => disk.DeleteDirectory(directory);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void SyncDirectory(string directory)
    {
    }

    public void Sync(Span<DiskSync> files)
    {
        foreach (ref DiskSync file in files) file.Failure = null;
    }

    public DiskSpace SpaceOf(string path) => disk.SpaceOf(path);

    private sealed class UnsyncedFile(IDiskFile file) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> data) => file.Write(offset, data);

        public void Truncate(long length) => file.Truncate(length);

        public void Sync()
        {
        }

        public void Dispose() => file.Dispose();
    }
}
