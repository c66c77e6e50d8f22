using System.Text.Json;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure. What repairs report, for people and for programs.</summary>
public static class StoreRepairText
{
    private const int Version = 1;

    /// <summary>A stream and what was done, line by line.</summary>
    /// <param name="stream">What became of it.</param>
    /// <param name="isVerbose">With the files that were kept.</param>
    /// <param name="isQuiet">Nothing of streams that were well.</param>
    public static IEnumerable<string> LinesOf(StreamRepairReport stream, bool isVerbose, bool isQuiet)
    {
        if (isQuiet && !stream.Before.IsDamaged) yield break;
        string state = !stream.Before.IsDamaged ? "ok" : stream.After.IsDamaged ? "STILL DAMAGED" : "repaired";
        string lost = stream.Before.Lost.Count == 0 ? "" : $", {StoreReportText.Many(stream.Before.Lost.Count, "message")} lost: {LostSequences.Describe(stream.Before.Lost)}";
        yield return $"{stream.After.Account}/{stream.After.Name}: {state}, {StoreReportText.Many(stream.After.Messages, "message")}{lost}";
        foreach (string action in stream.Actions) yield return "  " + action;
        if (stream.Kept.Count > 0) yield return $"  {StoreReportText.Many(stream.Kept.Count, "original")} kept in {string.Join('/', stream.Kept[0].Split('/').Take(2))}";
        if (isVerbose)
        {
            foreach (string kept in stream.Kept) yield return "    " + kept;
        }

        foreach (string line in StoreReportText.LinesOf(stream.After.Findings, stream.After.Directory, isVerbose)) yield return line;
    }

    /// <summary>What it comes to.</summary>
    public static string SummaryOf(StoreRepairReport report)
    {
        int damaged = report.Streams.Count(stream => stream.Before.IsDamaged);
        int left = report.Streams.Count(stream => stream.After.IsDamaged);
        int lost = report.Streams.Sum(stream => stream.Before.Lost.Count);
        string what = damaged == 0 ? "nothing to repair" : $"{damaged - left} of {StoreReportText.Many(damaged, "damaged stream")} repaired, {StoreReportText.Many(lost, "message")} lost";
        return StoreReportText.Many(report.Streams.Count, "stream") + ": " + what + (report.IsDryRun ? " (nothing was written)" : "");
    }

    /// <summary>Everything.</summary>
    public static void Write(Utf8JsonWriter json, StoreRepairReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("directory", report.Directory);
        json.WriteBoolean("dry_run", report.IsDryRun);
        json.WriteBoolean("well", report.IsWell);
        json.WriteStartArray("streams");
        foreach (StreamRepairReport stream in report.Streams) Write(json, stream);
        json.WriteEndArray();
        StoreReportJson.Write(json, report.Findings);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StreamRepairReport stream)
    {
        json.WriteStartObject();
        json.WriteString("account", stream.After.Account);
        json.WriteString("name", stream.After.Name);
        json.WriteString("directory", stream.After.Directory);
        json.WriteBoolean("was_healthy", !stream.Before.IsDamaged);
        json.WriteBoolean("healthy", !stream.After.IsDamaged);
        json.WriteNumber("messages", stream.After.Messages);
        StoreReportJson.Write(json, "lost", stream.Before.Lost);
        WriteTexts(json, "actions", stream.Actions);
        WriteTexts(json, "kept", stream.Kept);
        StoreReportJson.Write(json, stream.After.Findings);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
