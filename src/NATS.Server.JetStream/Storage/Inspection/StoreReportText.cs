using System.Globalization;
using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure. Reports for people, line by line.</summary>
public static class StoreReportText
{
    /// <summary>A stream, its consumers and what is wrong with them.</summary>
    /// <param name="stream">What was found.</param>
    /// <param name="isVerbose">With blocks, consumers and notes.</param>
    /// <param name="isQuiet">Only what is wrong.</param>
    public static IEnumerable<string> LinesOf(StreamReport stream, bool isVerbose, bool isQuiet)
    {
        if (isQuiet && !stream.IsDamaged) yield break;
        string state = stream.IsDamaged ? "DAMAGED" : "ok";
        string range = stream.Messages > 0 ? string.Create(CultureInfo.InvariantCulture, $", {stream.FirstSequence} to {stream.LastSequence}") : string.Create(CultureInfo.InvariantCulture, $", last {stream.LastSequence}");
        yield return $"{stream.Account}/{stream.Name}: {state}, {Many(stream.Messages, "message")}, {Many(stream.Bytes, "byte")}{range}, "
            + $"{Many(stream.Blocks.Count, "block")}, {Many(stream.Consumers.Count, "consumer")}{(stream.IsEncrypted ? ", encrypted" : "")}";
        if (isVerbose)
        {
            foreach (BlockReport block in stream.Blocks) yield return "  " + LineOf(block);
            foreach (ConsumerReport consumer in stream.Consumers) yield return "  " + LineOf(consumer);
        }

        foreach (string line in LinesOf(stream.Findings, stream.Directory, isVerbose)) yield return line;
    }

    /// <summary>What was found, a line each.</summary>
    /// <param name="findings">What was found.</param>
    /// <param name="directory">Is left out of paths below it.</param>
    /// <param name="isVerbose">With notes.</param>
    public static IEnumerable<string> LinesOf(IEnumerable<InspectionFinding> findings, string directory, bool isVerbose)
    {
        foreach (InspectionFinding finding in findings)
        {
            if (finding.Kind == StoreFindingKind.Note && !isVerbose) continue;
            string path = finding.Path.StartsWith(directory + "/", StringComparison.Ordinal) ? finding.Path[(directory.Length + 1)..] : finding.Path;
            yield return $"  {StoreReportJson.NameOf(finding.Kind)}: {path}: {finding.Text}";
        }
    }

    /// <summary>What it comes to.</summary>
    public static string SummaryOf(StoreReport report)
    {
        long messages = report.Streams.Sum(stream => stream.Messages);
        int consumers = report.Streams.Sum(stream => stream.Consumers.Count);
        int lost = report.Streams.Sum(stream => stream.Lost.Count);
        string what = $"{Many(report.Streams.Count, "stream")}, {Many(consumers, "consumer")}, {Many(messages, "message")}: ";
        string notes = report.Count(StoreFindingKind.Note) is > 0 and var count ? $" ({Many(count, "note")})" : "";
        if (!report.IsDamaged) return what + "healthy" + notes;
        return what + $"{Many(report.Count(StoreFindingKind.Loss), "loss", "losses")}, {Many(report.Count(StoreFindingKind.Damage), "damage")}, {Many(lost, "message")} lost{notes}";
    }

    internal static string Many(long count, string noun, string? plural = null) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : plural ?? noun + "s")}");

    private static string LineOf(BlockReport block)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"block {block.Number}: {block.FileBytes} bytes in the file");
        if (!block.IsReadable) return name + ", cannot be read";
        string how = (block.IsCompressed ? ", compressed" : "") + (block.IsEncrypted ? ", encrypted" : "");
        string guard = block.Guard switch
        {
            GuardState.None => "no guard",
            GuardState.Whole => "guarded",
            GuardState.Behind => "guarded in part",
            _ => "guard does not fit",
        };
        return $"{name}{how}, {Many(block.Records, "record")}, {Many(block.Messages, "message")}, {guard}";
    }

    private static string LineOf(ConsumerReport consumer) => string.Create(
        CultureInfo.InvariantCulture,
        $"consumer {consumer.Name}: {(consumer.HasState ? "" : "no state, ")}delivered {consumer.Delivered}, acknowledged up to {consumer.AckFloor}, {consumer.Pending} pending, {consumer.Redelivered} redelivered");
}
