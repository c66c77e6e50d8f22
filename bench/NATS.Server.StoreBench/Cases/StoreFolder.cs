using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.StoreBench.Cases;

/// <summary>A directory for the stores of a case, removed with this object.</summary>
internal sealed class StoreFolder : IDisposable
{
    private const int BlockSize = 8 << 20;
    private readonly SystemDisk _disk = new();

    public StoreFolder(string below)
    {
        Path = System.IO.Path.Combine(below, "store-bench-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public SystemDisk Disk => _disk;

    /// <summary>Where a server with this store directory keeps the stream of that name.</summary>
    public static string StreamIn(string storeDirectory, string name) => System.IO.Path.Combine(storeDirectory, "jetstream", "$G", "streams", name);

    /// <summary>Opens a store in a directory, or begins one.</summary>
    public MessageStore Open(string directory, string name = "S")
    {
        var options = new FileStoreOptions
        {
            Disk = _disk,
            Directory = directory,
            Name = name,
            BlockSize = BlockSize,
            Random = new Random(1),
            InParallel = (count, action) => Parallel.For(0, count, action),
        };
        return FileStore.Open(options, new StoreLimits(), null, NowNs);
    }

    public static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>A directory that is not there yet.</summary>
    public string New() => System.IO.Path.Combine(Path, System.IO.Path.GetRandomFileName());

    public void Dispose()
    {
        _disk.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
