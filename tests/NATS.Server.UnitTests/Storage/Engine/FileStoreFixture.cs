using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>Owned by one test. A new store in files on a simulated disk, with small blocks.</summary>
internal sealed class FileStoreFixture : IDisposable
{
    public const int BlockSize = 4000;
    private const string Directory = "/s";

    public FileStoreFixture(StoreLimits? limits = null, IStoreListener? listener = null, long syncIntervalNs = 0, BlockCacheBudget? readCache = null)
    {
        readCache ??= BlockCacheBudget.OfThisMachine();
        var options = new FileStoreOptions
        {
            Disk = Disk, Directory = Directory, Name = "S", BlockSize = BlockSize, Random = new Random(1), SyncIntervalNs = syncIntervalNs, ReadCache = readCache,
        };
        Disk.CreateDirectory($"{Directory}/msgs");
        Disk.SyncDirectory("/");
        Disk.SyncDirectory(Directory);
        Store = MessageStore.Opened(
            options,
            BlockSettings.ForFiles(options),
            new RecoveredStore { Contents = new StoreContents { IsInMemory = false, Read = new ReadBlocks(readCache) }, NextIndex = 1 },
            limits ?? new StoreLimits(),
            listener ?? Listener);
    }

    public SimulatedDisk Disk { get; } = new();

    public RecordingStoreListener Listener { get; } = new();

    public MessageStore Store { get; }

    /// <summary>How often it was maintained by a test that counts.</summary>
    public long Rounds { get; set; }

    /// <summary>The numbers of the block files, in order.</summary>
    public uint[] Blocks =>
    [
        .. Disk.List($"{Directory}/msgs")
            .Where(entry => entry.Name.EndsWith(".blk", StringComparison.Ordinal))
            .Select(entry => uint.Parse(entry.Name.AsSpan(0, entry.Name.Length - 4), CultureInfo.InvariantCulture))
            .Order(),
    ];

    public static string PathOf(uint block) => string.Create(CultureInfo.InvariantCulture, $"{Directory}/msgs/{block}.blk");

    public StoreResult Append(string subject, int size = 100) => Append(subject, size, out _);

    public StoreResult Append(string subject, int size, out ulong sequence) =>
        Store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes(subject), Payload = new byte[size], TimestampNs = 1_000_000 }, out sequence);

    /// <summary>Everything as the commit queue makes it durable.</summary>
    public StoreResult Commit()
    {
        List<DiskSync> files = [];
        StoreResult result = Store.BeginCommit(files, out long position);
        Span<DiskSync> synced = CollectionsMarshal.AsSpan(files);
        if (synced.Length > 0) Disk.Sync(synced);
        StoreResult ended = Store.EndCommit(position, synced);
        return result == StoreResult.Ok ? ended : result;
    }

    /// <summary>What the disk is asked for when a message is read: nothing while it is in memory.</summary>
    public long OperationsToLoad(ulong sequence)
    {
        long before = Disk.Operations;
        Store.Load(sequence, out _);
        return Disk.Operations - before;
    }

    /// <summary>The sequences of all tombstones that the operating system has.</summary>
    public List<ulong> Tombstones() => [.. Records().Where(record => record.IsTombstone).Select(record => record.Sequence)];

    /// <summary>The sequences of all messages that the operating system has, dead or alive.</summary>
    public List<ulong> Messages() => [.. Records().Where(record => !record.IsTombstone).Select(record => record.Sequence)];

    public void Dispose() => Store.Dispose();

    private List<(ulong Sequence, bool IsTombstone)> Records()
    {
        List<(ulong Sequence, bool IsTombstone)> records = [];
        foreach (uint block in Blocks)
        {
            ReadOnlySpan<byte> left = Disk.ContentOf(PathOf(block));
            while (MessageRecord.Read(left, StoreHashKey.OfBlock("S", block), out StoredRecord record) == RecordStatus.Good)
            {
                records.Add((record.Sequence, record.IsTombstone));
                left = left[record.Length..];
            }
        }

        return records;
    }
}
