namespace NATS.Server.Core.Runtime;

/// <summary>Something that is due at a time, in a <see cref="DeadlineQueue"/>. Belongs to one queue.</summary>
/// <param name="work">Told with <see cref="Mailbox{T}.Signal"/> or likewise; must be short.</param>
public sealed class Deadline(Action work)
{
    /// <summary>Nanoseconds since 1970; <see cref="long.MaxValue"/> while it is not set. The queue's.</summary>
    internal long DueNs { get; set; } = long.MaxValue;

    /// <summary>Its place in the queue's heap; -1 while it is not in it. The queue's.</summary>
    internal int Place { get; set; } = -1;

    internal Action Work => work;
}
