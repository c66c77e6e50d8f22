using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Disks;

/// <summary>Which operations of a <see cref="SimulatedDisk"/> fail, and how. Counts on the disk that it was given to.</summary>
public sealed class DiskFault
{
    private long _seen;

    public DiskOperations Kinds { get; init; } = DiskOperations.Changes;

    /// <summary>Only operations whose path contains this text; null for all.</summary>
    public string? PathPart { get; init; }

    /// <summary>How many such operations still work.</summary>
    public long Skip { get; init; }

    /// <summary>How many fail then.</summary>
    public long Times { get; init; } = 1;

    public DiskError Error { get; init; } = DiskError.Device;

    /// <summary>How many bytes a write leaves on the disk before it fails.</summary>
    public int Written { get; init; }

    /// <summary>How many operations have failed by it.</summary>
    public long Hits { get; private set; }

    internal bool Strikes(in DiskOperation operation)
    {
        if ((operation.Kind & Kinds) == DiskOperations.None || Hits >= Times) return false;
        if (PathPart is not null && !operation.Path.Contains(PathPart, StringComparison.Ordinal)) return false;
        if (_seen++ < Skip) return false;
        Hits++;
        return true;
    }
}
