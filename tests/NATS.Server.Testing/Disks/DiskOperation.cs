namespace NATS.Server.Testing.Disks;

/// <summary>Kinds of operations of a <see cref="SimulatedDisk"/>.</summary>
[Flags]
public enum DiskOperations
{
    None = 0,
    Open = 1,
    Create = 1 << 1,
    Read = 1 << 2,
    Write = 1 << 3,
    Truncate = 1 << 4,
    Sync = 1 << 5,
    List = 1 << 6,
    Delete = 1 << 7,
    CreateDirectory = 1 << 8,
    DeleteDirectory = 1 << 9,
    Rename = 1 << 10,
    SyncDirectory = 1 << 11,
    Space = 1 << 12,

    /// <summary>What changes the disk, or what of it is durable.</summary>
    Changes = Create | Write | Truncate | Sync | Delete | CreateDirectory | DeleteDirectory | Rename | SyncDirectory,

    All = (1 << 13) - 1,
}

/// <summary>An operation that is about to happen.</summary>
public readonly ref struct DiskOperation
{
    /// <summary>0 for the first operation of the disk.</summary>
    public required long Number { get; init; }

    public required DiskOperations Kind { get; init; }

    public required string Path { get; init; }

    /// <summary>The new name, when it is a <see cref="DiskOperations.Rename"/>.</summary>
    public string? Target { get; init; }

    /// <summary>Where a read or write begins; the length that a file is truncated to.</summary>
    public long Offset { get; init; }

    /// <summary>What is written.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    public bool IsChange => (Kind & DiskOperations.Changes) != DiskOperations.None;

    public override string ToString() => Target is null ? $"{Kind} {Path} at {Offset}" : $"{Kind} {Path} to {Target}";
}

/// <summary>Called before an operation, without a lock: it may take copies of the disk with <see cref="SimulatedDisk.Crash"/> and <see cref="SimulatedDisk.Kill"/>, or throw.</summary>
public delegate void DiskHook(in DiskOperation operation);
