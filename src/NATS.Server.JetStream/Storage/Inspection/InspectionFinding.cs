using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What a check of a store found.</summary>
/// <param name="Kind">How bad it is. A store with nothing but notes is healthy.</param>
/// <param name="Code">What kind of thing it is, for programs: one of <see cref="FindingCodes"/>.</param>
/// <param name="Path">Of the file or directory.</param>
/// <param name="Text">For people.</param>
public sealed record InspectionFinding(StoreFindingKind Kind, string Code, string Path, string Text);
