using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>What was found in the directory of a store, and becomes the store's own.</summary>
internal sealed class RecoveredStore
{
    /// <summary>Blocks, subjects and totals, which agree with each other. Blocks with only tombstones end where the one before ends, or higher.</summary>
    public required StoreContents Contents { get; init; }

    /// <summary>The number of the next block: higher than that of any file there is.</summary>
    public required uint NextIndex { get; init; }

    /// <summary>When messages below <see cref="ExtrasFrom"/> end; null when that is not known of any.</summary>
    public HashWheel? Expiries { get; init; }

    /// <summary>The schedules below <see cref="ExtrasFrom"/>.</summary>
    public IReadOnlyList<StoredSchedule> Schedules { get; init; } = [];

    /// <summary>How far sources were read by the messages below <see cref="ExtrasFrom"/>.</summary>
    public IReadOnlyList<StoredSource> Sources { get; init; } = [];

    /// <summary>The first sequence whose headers have to be looked at for times to live, schedules and sources.</summary>
    public ulong ExtrasFrom { get; init; }

    public LostMessages? Lost { get; init; }

    /// <summary>The index on disk says what the store is.</summary>
    public bool IsIndexCurrent { get; init; }
}
