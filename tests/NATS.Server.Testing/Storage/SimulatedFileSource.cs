using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.Storage;

/// <summary>Owned by one test. Stores in files of a simulated disk, with blocks so small that there are many of them.</summary>
/// <param name="cipher">Null: not encrypted.</param>
/// <param name="blockSize">Bytes of a block.</param>
/// <param name="canReopen">Random steps may stop, kill and open it again.</param>
public sealed class SimulatedFileSource(StoreCipher? cipher = null, int blockSize = 1500, bool canReopen = false) : StoreSource
{
    private const string Directory = "/store/S";

    private int _seed;

    public SimulatedDisk Disk { get; private set; } = new();

    public override bool IsFile => true;

    public override bool CanReopen => canReopen;

    public override IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener)
    {
        // Whoever creates the stream makes its directory durable.
        Disk.CreateDirectory(Directory);
        Disk.SyncDirectory("/store");
        Disk.SyncDirectory("/");
        return Reopen(limits, firstSequence, listener, 1);
    }

    public override IMessageStore Reopen(StoreLimits limits, ulong firstSequence, IStoreListener listener, long nowNs) =>
        FileStore.Open(OptionsFor(firstSequence), limits, listener, nowNs);

    public override StoreResult Commit(IMessageStore store)
    {
        var queue = new CommitQueue(Disk);
        var result = new Result();
        queue.Enqueue((ICommitParticipant)store, result);
        queue.RunRound();
        return result.Value;
    }

    public override void CutPower(int seed) => Disk = Disk.Crash(seed);

    private FileStoreOptions OptionsFor(ulong firstSequence) => new()
    {
        Disk = Disk,
        Directory = Directory,
        Name = "S",
        BlockSize = blockSize,
        FirstSequence = firstSequence,
        Keys = cipher is null ? null : new StoreKeys("secret of the store", "$G"),
        Cipher = cipher ?? StoreCipher.ChaCha,
        Random = new Random(++_seed),
    };

    private sealed class Result : ICommitWaiter
    {
        public StoreResult Value { get; private set; } = StoreResult.Closed;

        public void Committed(long ticket, StoreResult result) => Value = result;
    }
}
