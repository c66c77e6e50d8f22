using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <content>Durability: what is in memory goes to the operating system, and from there to the device.</content>
public sealed partial class MessageStore
{
    public LostMessages? Lost => null;

    public string? WriteFailure => null;

    public StoreResult Flush()
    {
        lock (_lock) return _isClosed ? StoreResult.Closed : StoreResult.Ok;
    }

    public StoreResult BeginCommit(List<DiskSync> files, out long position)
    {
        position = 0;
        return Flush();
    }

    public void EndCommit(long position, ReadOnlySpan<DiskSync> files)
    {
    }

    public StoreResult VerifyAfterFailure() => Flush();

    public long Maintain(long nowNs) => long.MaxValue;

    public void Stop(long nowNs) => Dispose();

    public void Delete() => Dispose();

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _contents.Forget();
            _contents.Blocks.Clear();
        }
    }

    // Whatever was read may have turned out to be damaged.
    private T Read<T>(T result)
    {
        if (_isDamaged) Recount();
        return result;
    }

    private void Recount()
    {
        _isDamaged = false;
        _contents.Recount();
    }
}
