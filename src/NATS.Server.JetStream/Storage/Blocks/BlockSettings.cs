using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Under the store's lock. What all blocks of a store have in common.</summary>
internal sealed class BlockSettings
{
    private readonly List<IDiskFile> _retired = [];
    private readonly string _name;
    private readonly HighwayHashKey? _memoryKey;

    private BlockSettings(string name, int blockSize, bool isMemory)
    {
        _name = name;
        BlockSize = blockSize;
        IsMemory = isMemory;
        if (isMemory) _memoryKey = StoreHashKey.OfStream(name);
    }

    /// <summary>Blocks without files.</summary>
    public static BlockSettings ForMemory(string name, int blockSize) => new(name, blockSize, isMemory: true);

    /// <summary>Blocks in files.</summary>
    public static BlockSettings ForFiles(FileStoreOptions options) => new(options.Name, options.BlockSize, isMemory: false) { Options = options };

    /// <summary>Null for memory.</summary>
    public FileStoreOptions? Options { get; private init; }

    /// <summary>How blocks are kept that are no longer written to.</summary>
    public MessageCompression Compression { get; set; }

    /// <summary>Told which messages turned out to be lost. As <see cref="Damaged"/>.</summary>
    public Action<IReadOnlyList<ulong>>? LostFound { get; set; }

    /// <summary>Files are being synced without the lock: none that is open may be closed.</summary>
    public bool IsSyncing { get; private set; }

    /// <summary>Bytes of records after which the owner begins a new block.</summary>
    public int BlockSize { get; }

    public bool IsMemory { get; }

    /// <summary>Told what was found damaged, or was repaired, while a block was read. Called within the block's call: it must not call a block.</summary>
    public Action<MessageBlock, string>? Damaged { get; set; }

    /// <summary>The key of a block's checksums.</summary>
    public HighwayHashKey KeyOf(uint index) => _memoryKey ?? StoreHashKey.OfBlock(_name, index);

    public void BeginSync() => IsSyncing = true;

    public void EndSync()
    {
        IsSyncing = false;
        foreach (IDiskFile file in _retired)
        {
            file.Dispose();
        }

        _retired.Clear();
    }

    /// <summary>Closes a file, now or when no sync can use it any more.</summary>
    public void Retire(IDiskFile file)
    {
        if (IsSyncing) _retired.Add(file);
        else file.Dispose();
    }
}
