namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>What the store has to know of a stream's configuration. Immutable but for the listener.</summary>
public sealed record StreamSettings
{
    /// <summary>As <see cref="FileStoreOptions.BlockSize"/>.</summary>
    public required int BlockSize { get; init; }

    /// <summary>As <see cref="FileStoreOptions.FirstSequence"/>.</summary>
    public ulong FirstSequence { get; init; }

    public required StoreLimits Limits { get; init; }

    public IStoreListener? Listener { get; init; }

    public ScheduleReader? ScheduleReader { get; init; }
}
