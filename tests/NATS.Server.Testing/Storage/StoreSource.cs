using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>Owned by one test. Makes the stores that are held against the model; one store lives at a time.</summary>
public abstract class StoreSource : IDisposable
{
    /// <summary>Bytes count as in files.</summary>
    public abstract bool IsFile { get; }

    /// <summary>What was stored is still there when the store is opened again.</summary>
    public virtual bool CanReopen => false;

    /// <summary>A new, empty store.</summary>
    public abstract IMessageStore Create(StoreLimits limits, ulong firstSequence, IStoreListener listener);

    /// <summary>Opens what the last store left behind.</summary>
    public virtual IMessageStore Reopen(StoreLimits limits, ulong firstSequence, IStoreListener listener, long nowNs) => throw new NotSupportedException();

    /// <summary>Brings all that a store has to the device.</summary>
    public virtual StoreResult Commit(IMessageStore store) => store.Flush();

    /// <summary>The power goes; what was not brought to the device may be lost.</summary>
    /// <param name="seed">Says what is lost.</param>
    public virtual void CutPower(int seed)
    {
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
