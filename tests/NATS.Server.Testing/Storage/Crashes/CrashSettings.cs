using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Storage.Crashes;

/// <summary>Immutable. What a <see cref="CrashRun"/> does.</summary>
public sealed record CrashSettings
{
    /// <summary>Opens the store that a disk holds, or a new one.</summary>
    public required Func<IDisk, StoreLimits, long, IMessageStore> Open { get; init; }

    public StoreLimits Limits { get; init; } = new();

    /// <summary>Of the workload, and of what is left at each power cut.</summary>
    public int Seed { get; init; }

    /// <summary>Of the workload.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>How many power cuts at each operation that changes the disk.</summary>
    public int CutsPerOperation { get; init; } = 3;

    /// <summary>Out of 1000 steps, how often the run itself goes on after a power cut or kill.</summary>
    public int CrashesPerMille { get; init; } = 10;

    /// <summary>What is between the store and the simulated disk, to test the test.</summary>
    public Func<IDisk, IDisk>? Wrap { get; init; }
}
