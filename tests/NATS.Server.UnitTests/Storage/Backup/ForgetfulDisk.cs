using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;

namespace NATS.Server.UnitTests.Storage.Backup;

/// <summary>Owned by one test. A disk that keeps of blocks nothing but their length, so that it takes no memory.</summary>
internal sealed class ForgetfulDisk : IDisk
{
    private readonly SimulatedDisk _disk = new();

    /// <summary>Bytes of messages that were written.</summary>
    public long Written { get; private set; }

    /// <summary>How many block files are open.</summary>
    public int OpenFiles { get; private set; }

    public IDiskFile Open(string path, DiskOpen how)
    {
        bool isBlock = path.EndsWith(".blk", StringComparison.Ordinal) || path.EndsWith(".guard", StringComparison.Ordinal);
        IDiskFile file = _disk.Open(path, how);
        return isBlock ? new ForgetfulFile(this, file) : file;
    }

    public bool FileExists(string path) => _disk.FileExists(path);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public IReadOnlyList<DiskEntry> List(string directory) => _disk.List(directory);

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public void DeleteFile(string path) => _disk.DeleteFile(path);

    public void DeleteDirectory(string directory) => _disk.DeleteDirectory(directory);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public void Sync(Span<DiskSync> files)
    {
        // Nothing is kept.
    }

    public DiskSpace SpaceOf(string path) => _disk.SpaceOf(path);

    private sealed class ForgetfulFile : IDiskFile
    {
        private readonly ForgetfulDisk _disk;
        private readonly IDiskFile _file;

        public ForgetfulFile(ForgetfulDisk disk, IDiskFile file)
        {
            _disk = disk;
            _file = file;
            disk.OpenFiles++;
        }

        public string Path => _file.Path;

        public long Length { get; private set; }

        public int Read(long offset, Span<byte> buffer) => throw new NotSupportedException("nothing is there to be read");

        public void Write(long offset, ReadOnlySpan<byte> data)
        {
            Length = Math.Max(Length, offset + data.Length);
            _disk.Written += data.Length;
        }

        public void Truncate(long length) => Length = length;

        public void Sync()
        {
            // Nothing is kept.
        }

        public void Dispose()
        {
            _disk.OpenFiles--;
            _file.Dispose();
        }
    }
}
