namespace NATS.Server.JetStream.Storage;

/// <summary>Who waits for a commit, often many times at once: it tells its waits apart by a ticket of its own choice.</summary>
public interface ICommitWaiter
{
    /// <summary>What the store had when the wait was enqueued is on the device, or never will be. Called by the thread that commits: quick, without blocking, without exceptions.</summary>
    /// <param name="ticket">As it was given to <see cref="CommitQueue.Enqueue"/>.</param>
    /// <param name="result"><see cref="StoreResult.Ok"/>; else nothing may be acknowledged.</param>
    void Committed(long ticket, StoreResult result);
}
