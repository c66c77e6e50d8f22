namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What a check found in a block.</summary>
public sealed record BlockReport
{
    /// <summary>The number in its file name.</summary>
    public required uint Number { get; init; }

    public required long FileBytes { get; init; }

    /// <summary>False: nothing of what follows is known.</summary>
    public bool IsReadable { get; init; }

    public bool IsCompressed { get; init; }

    public bool IsEncrypted { get; init; }

    /// <summary>All good records, tombstones and deleted messages too.</summary>
    public int Records { get; init; }

    /// <summary>Messages that are not deleted.</summary>
    public long Messages { get; init; }

    /// <summary>Bytes of their records.</summary>
    public long Bytes { get; init; }

    /// <summary>Places that are no records.</summary>
    public int Holes { get; init; }

    /// <summary>Bytes of these places.</summary>
    public long HoleBytes { get; init; }

    /// <summary>Records whose lengths are damaged and can be told.</summary>
    public int WrongLengths { get; init; }

    public GuardState Guard { get; init; }

    internal bool NeedsMending => IsReadable && (Holes > 0 || WrongLengths > 0 || IsSalvaged);

    /// <summary>Whether the compression is damaged.</summary>
    internal bool IsSalvaged { get; init; }
}

/// <summary>How a guard file and its block fit together.</summary>
public enum GuardState
{
    /// <summary>There is none: nats-server has written the block.</summary>
    None,

    /// <summary>It covers every record.</summary>
    Whole,

    /// <summary>It covers the first records: others were written by nats-server, or an end came in between.</summary>
    Behind,

    /// <summary>It does not fit: nats-server has written the block anew, or it is damaged.</summary>
    Wrong,
}
