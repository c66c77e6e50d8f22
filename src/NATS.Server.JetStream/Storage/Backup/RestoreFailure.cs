namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Why a restore failed: decides which error the client is told.</summary>
public enum RestoreFailureKind
{
    /// <summary>The backup is damaged, cut off, or is none. "restore failed: TEXT"</summary>
    Archive,

    /// <summary>There is a stream of that name, or at least its directory. "stream name already in use, cannot restore"</summary>
    NameInUse,

    /// <summary>It has more bytes than there may be. "insufficient storage resources available", or memory.</summary>
    TooLarge,

    /// <summary>The disk failed, or is full. "restore failed: TEXT"</summary>
    Disk,
}

/// <summary>Why a restore failed.</summary>
/// <param name="Kind">What kind of failure it is.</param>
/// <param name="Text">For the client and the log; where nats-server says something too, what it says.</param>
public sealed record RestoreFailure(RestoreFailureKind Kind, string Text)
{
    internal static RestoreFailure OfArchive(string text) => new(RestoreFailureKind.Archive, text);

    internal static RestoreFailure CutOff { get; } = OfArchive("backup was truncated");

    public override string ToString() => Text;
}
