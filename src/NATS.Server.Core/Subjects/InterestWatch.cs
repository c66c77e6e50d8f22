namespace NATS.Server.Core.Subjects;

/// <summary>
/// Follows whether a literal subject, with or without a queue group, has a subscription to exactly this subject (a wildcard that would match does not count).
/// Made by <see cref="Sublist{T}.Watch"/>; guarded by the lock of the sublist's owner, but <see cref="Changed"/> is to be called outside of it.
/// </summary>
public sealed class InterestWatch
{
    internal InterestWatch(byte[] subject, byte[]? queue, Action<bool> changed, bool hasInterest)
    {
        Subject = subject;
        Queue = queue;
        Changed = changed;
        HasInterest = hasInterest;
        Told = hasInterest;
    }

    public byte[] Subject { get; }

    /// <summary>The queue group that is followed, or null for subscriptions without one.</summary>
    public byte[]? Queue { get; }

    /// <summary>What the watcher wants called when interest appears (true) or is gone (false).</summary>
    public Action<bool> Changed { get; }

    /// <summary>Whether there is interest now.</summary>
    public bool HasInterest { get; internal set; }

    /// <summary>What the watcher knows: the state at <see cref="Sublist{T}.Watch"/> or the last change that was taken.</summary>
    internal bool Told { get; set; }

    /// <summary>Waits in the sublist's list of changes.</summary>
    internal bool IsQueued { get; set; }

    internal bool IsRemoved { get; set; }
}

/// <summary>A change that a watcher has to be told, after the lock around the sublist was left.</summary>
public readonly record struct InterestChange(InterestWatch Watch, bool HasInterest)
{
    /// <summary>Calls the watcher.</summary>
    public void Deliver() => Watch.Changed(HasInterest);
}
