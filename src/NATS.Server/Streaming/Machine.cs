using NATS.Server.Options;

namespace NATS.Server.Streaming;

/// <summary>Asks this machine what it has for JetStream. Thread-safe.</summary>
internal static class Machine
{
    /// <summary>The memory that the process may have, which a container can limit, and the directories that paths are relative to. The disk is not asked.</summary>
    public static MachineResources Read() => new()
    {
        Memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        MemoryLimit = GoMemoryLimit.Parse(Environment.GetEnvironmentVariable(GoMemoryLimit.Variable)),
        TemporaryDirectory = Path.GetTempPath(),
        WorkingDirectory = Environment.CurrentDirectory,
    };
}
