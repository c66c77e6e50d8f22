namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What became of a store that was to be repaired.</summary>
public sealed record StoreRepairReport
{
    public required string Directory { get; init; }

    /// <summary>Nothing was written: it is what would become of it.</summary>
    public required bool IsDryRun { get; init; }

    public required IReadOnlyList<StreamRepairReport> Streams { get; init; }

    /// <summary>What belongs to no stream, or could not be done.</summary>
    public required IReadOnlyList<InspectionFinding> Findings { get; init; }

    /// <summary>Nothing was lost, and nothing is damaged any more.</summary>
    public bool IsWell => Streams.All(stream => stream.IsWell) && Findings.All(finding => finding.Kind == Assets.StoreFindingKind.Note);
}
