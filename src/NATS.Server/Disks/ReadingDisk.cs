using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>Any thread. The files of the operating system, opened for nothing but reading: also those of a device that is mounted read-only.</summary>
internal sealed class ReadingDisk : IDisk
{
    private readonly DiskGate _gate = new();
    private readonly SystemDisk _disk = new();

    public IDiskFile Open(string path, DiskOpen how)
    {
        if (how != DiskOpen.Existing) throw Refused("write", path);
        try
        {
            return new SystemFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), path, _gate);
        }
        catch (Exception problem) when (DiskFailure.IsOfSystem(problem))
        {
            throw DiskFailure.Of(problem, "open", path);
        }
    }

    public bool FileExists(string path) => _disk.FileExists(path);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public IReadOnlyList<DiskEntry> List(string directory) => _disk.List(directory);

    public void CreateDirectory(string directory) => throw Refused("create directory", directory);

    public void DeleteFile(string path) => throw Refused("delete", path);

    public void DeleteDirectory(string directory) => throw Refused("delete directory", directory);

    public void Rename(string from, string to) => throw Refused("rename", from);

    public void SyncDirectory(string directory) => throw Refused("sync directory", directory);

    public void Sync(Span<DiskSync> files)
    {
        foreach (ref DiskSync file in files) file.Failure = Refused("sync", file.File.Path);
    }

    public DiskSpace SpaceOf(string path) => _disk.SpaceOf(path);

    private static DiskException Refused(string operation, string path) => new(DiskError.Denied, path, $"{operation} {path}: only reading is allowed");
}
