using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Something of the store to measure.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Measure">Measures it.</param>
internal sealed record StoreCase(string Name, Func<StoreBenchOptions, IEnumerable<StoreFigure>> Measure)
{
    public static IReadOnlyList<StoreCase> All { get; } =
    [
        new("hash", HashCase.Measure),
        new("memory", MemoryCase.Measure),
        new("subjects", SubjectCase.Measure),
        new("files", FileCase.Measure),
        new("durable", DurableCase.Measure),
        new("restart", RestartCase.Measure),
        new("backup", BackupCase.Measure),
        new("streams", StreamCase.Measure),
    ];
}
