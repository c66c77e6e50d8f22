using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What a check found of a stream, its consumers included.</summary>
public sealed record StreamReport
{
    public required string Account { get; init; }

    public required string Name { get; init; }

    public required string Directory { get; init; }

    /// <summary>Whether a configuration could be read.</summary>
    public required bool HasMetadata { get; init; }

    public required bool IsEncrypted { get; init; }

    /// <summary>Whether the next start takes the totals from <c>index.db</c>; else it looks through the blocks.</summary>
    public required bool IsIndexed { get; init; }

    /// <summary>Messages that can be served.</summary>
    public required long Messages { get; init; }

    /// <summary>Bytes of their records.</summary>
    public required long Bytes { get; init; }

    /// <summary>Of the first message that can be served; 0 for none.</summary>
    public required ulong FirstSequence { get; init; }

    /// <summary>The last sequence that was given out, as far as it is known.</summary>
    public required ulong LastSequence { get; init; }

    public required IReadOnlyList<BlockReport> Blocks { get; init; }

    public required IReadOnlyList<ConsumerReport> Consumers { get; init; }

    /// <summary>Sequences of messages that are lost, in order, as far as they can be told and up to 100,000.</summary>
    public required IReadOnlyList<ulong> Lost { get; init; }

    public required IReadOnlyList<InspectionFinding> Findings { get; init; }

    /// <summary>Whether there is anything but notes.</summary>
    public bool IsDamaged => Findings.Any(finding => finding.Kind != StoreFindingKind.Note);
}
