namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What became of a stream that was to be repaired.</summary>
/// <param name="Before">What was found.</param>
/// <param name="After">What is found now; the same when nothing was to be done.</param>
/// <param name="Actions">What was done, for people.</param>
/// <param name="Kept">Files that were kept, relative to the stream's directory.</param>
public sealed record StreamRepairReport(StreamReport Before, StreamReport After, IReadOnlyList<string> Actions, IReadOnlyList<string> Kept)
{
    /// <summary>Nothing was lost, and nothing is damaged any more.</summary>
    public bool IsWell => !After.IsDamaged && Before.Lost.Count == 0;
}
