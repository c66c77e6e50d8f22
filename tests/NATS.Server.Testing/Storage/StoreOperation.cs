using System.Globalization;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>What is done to a store and its model.</summary>
public enum StoreOperationKind
{
    Append,
    Skip,
    Remove,
    Erase,
    PurgeAll,
    Purge,
    Compact,
    Truncate,
    SyncDeleted,
    Update,
    Expire,
    Maintain,
    Flush,
    Commit,

    /// <summary>Stopped and opened again.</summary>
    Restart,

    /// <summary>Flushed, gone without a stop, and opened again.</summary>
    Kill,

    /// <summary>Committed, gone with the power, and opened again.</summary>
    PowerCut,

    /// <summary>Everything that can be asked is compared.</summary>
    CompareAll,

    Load,
    SubjectOf,
    LoadNext,
    LoadPrevious,
    LoadLast,
    SequenceAt,
    StateOf,
    Pending,
    LastSequences,
}

/// <summary>Immutable. One step, complete: it can be done again without what came before.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="NowNs">The time.</param>
public sealed record StoreOperation(StoreOperationKind Kind, long NowNs)
{
    public ulong Sequence { get; init; }

    public ulong Count { get; init; }

    /// <summary>The payload's bytes.</summary>
    public int Size { get; init; }

    /// <summary>A literal subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Filters; none for all.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    public string Headers { get; init; } = "";

    public long TtlSeconds { get; init; }

    /// <summary>Last per subject; advances the time; skips the discard policy.</summary>
    public bool Flag { get; init; }

    public StoreLimits? Limits { get; init; }

    public override string ToString()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Kind} at {NowNs}");
        if (Subject.Length > 0) text += $" '{Subject}'";
        if (Filters.Count > 0) text += $" [{string.Join(' ', Filters)}]";
        if (Sequence > 0) text += string.Create(CultureInfo.InvariantCulture, $" sequence {Sequence}");
        if (Count > 0) text += string.Create(CultureInfo.InvariantCulture, $" count {Count}");
        if (Size > 0) text += string.Create(CultureInfo.InvariantCulture, $" size {Size}");
        if (Headers.Length > 0) text += $" headers {Headers.Replace("\r\n", "|", StringComparison.Ordinal)}";
        if (TtlSeconds != 0) text += string.Create(CultureInfo.InvariantCulture, $" ttl {TtlSeconds}");
        if (Flag) text += " flag";
        if (Limits is { } limits) text += " " + Show(limits);
        return text;
    }

    internal static string Show(StoreLimits limits) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{messages {limits.MaxMessages}, bytes {limits.MaxBytes}, age {limits.MaxAgeNs}, per subject {limits.MaxMessagesPerSubject}, discard {limits.Discard}{(limits.DiscardNewPerSubject ? " per subject" : "")}, ttl {limits.AllowTtl}, marker {limits.DeleteMarkerTtlNs}, {limits.Compression}}}");
}
