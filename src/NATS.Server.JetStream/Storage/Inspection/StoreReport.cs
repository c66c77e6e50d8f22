using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What a check found in a store directory.</summary>
public sealed record StoreReport
{
    public required string Directory { get; init; }

    public required IReadOnlyList<StreamReport> Streams { get; init; }

    /// <summary>What belongs to no stream.</summary>
    public required IReadOnlyList<InspectionFinding> Findings { get; init; }

    /// <summary>Everything that was found.</summary>
    public IEnumerable<InspectionFinding> AllFindings => Findings.Concat(Streams.SelectMany(stream => stream.Findings));

    /// <summary>Whether there is anything but notes.</summary>
    public bool IsDamaged => AllFindings.Any(finding => finding.Kind != StoreFindingKind.Note);

    public int Count(StoreFindingKind kind) => AllFindings.Count(finding => finding.Kind == kind);
}
