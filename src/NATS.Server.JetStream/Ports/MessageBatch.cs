namespace NATS.Server.JetStream.Ports;

/// <summary>
/// Owned by one thread: what it publishes together. Of all that is published in a batch nothing is sent before it ends, so that work which is done once for many messages (a flush of a store, a run of
/// deliveries) belongs to the end of the batch.
/// </summary>
internal abstract class MessageBatch
{
    /// <summary>Grows with each end of a batch of this thread: together with the object it tells batches apart.</summary>
    public long Number { get; protected set; }

    /// <summary>The time at which the batch began, nanoseconds since 1970.</summary>
    public abstract long NowNs { get; }

    /// <summary>Calls somebody once when the batch ends, before anything is sent; also if the batch is about to end.</summary>
    public abstract void AtEnd(IBatchEnd end);
}
