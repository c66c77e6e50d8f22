using System.Text.Json;
using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure. Reports for programs. Fields are only ever added; <c>version</c> changes when one means something else.</summary>
public static class StoreReportJson
{
    private const int Version = 1;

    /// <summary>The word for how bad something is.</summary>
    public static string NameOf(StoreFindingKind kind) => kind switch
    {
        StoreFindingKind.Note => "note",
        StoreFindingKind.Damage => "damage",
        _ => "loss",
    };

    /// <summary>Writes what a check found.</summary>
    public static void Write(Utf8JsonWriter json, StoreReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("directory", report.Directory);
        json.WriteBoolean("healthy", !report.IsDamaged);
        WriteTotals(json, report);
        json.WriteStartArray("streams");
        foreach (StreamReport stream in report.Streams) Write(json, stream);
        json.WriteEndArray();
        Write(json, report.Findings);
        json.WriteEndObject();
    }

    /// <summary>Writes findings as the field <c>findings</c>.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<InspectionFinding> findings)
    {
        json.WriteStartArray("findings");
        foreach (InspectionFinding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("kind", NameOf(finding.Kind));
            json.WriteString("code", finding.Code);
            json.WriteString("path", finding.Path);
            json.WriteString("text", finding.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes sequences as a field.</summary>
    public static void Write(Utf8JsonWriter json, string name, IEnumerable<ulong> sequences)
    {
        json.WriteStartArray(name);
        foreach (ulong sequence in sequences) json.WriteNumberValue(sequence);
        json.WriteEndArray();
    }

    private static void WriteTotals(Utf8JsonWriter json, StoreReport report)
    {
        json.WriteStartObject("totals");
        json.WriteNumber("streams", report.Streams.Count);
        json.WriteNumber("consumers", report.Streams.Sum(stream => stream.Consumers.Count));
        json.WriteNumber("blocks", report.Streams.Sum(stream => stream.Blocks.Count));
        json.WriteNumber("messages", report.Streams.Sum(stream => stream.Messages));
        json.WriteNumber("bytes", report.Streams.Sum(stream => stream.Bytes));
        json.WriteNumber("lost", report.Streams.Sum(stream => stream.Lost.Count));
        json.WriteNumber("losses", report.Count(StoreFindingKind.Loss));
        json.WriteNumber("damages", report.Count(StoreFindingKind.Damage));
        json.WriteNumber("notes", report.Count(StoreFindingKind.Note));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StreamReport stream)
    {
        json.WriteStartObject();
        json.WriteString("account", stream.Account);
        json.WriteString("name", stream.Name);
        json.WriteString("directory", stream.Directory);
        json.WriteBoolean("healthy", !stream.IsDamaged);
        json.WriteBoolean("metadata", stream.HasMetadata);
        json.WriteBoolean("encrypted", stream.IsEncrypted);
        json.WriteBoolean("indexed", stream.IsIndexed);
        json.WriteNumber("messages", stream.Messages);
        json.WriteNumber("bytes", stream.Bytes);
        json.WriteNumber("first_seq", stream.FirstSequence);
        json.WriteNumber("last_seq", stream.LastSequence);
        Write(json, "lost", stream.Lost);
        json.WriteStartArray("blocks");
        foreach (BlockReport block in stream.Blocks) Write(json, block);
        json.WriteEndArray();
        json.WriteStartArray("consumers");
        foreach (ConsumerReport consumer in stream.Consumers) Write(json, consumer);
        json.WriteEndArray();
        Write(json, stream.Findings);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BlockReport block)
    {
        json.WriteStartObject();
        json.WriteNumber("number", block.Number);
        json.WriteNumber("file_bytes", block.FileBytes);
        json.WriteBoolean("readable", block.IsReadable);
        json.WriteBoolean("compressed", block.IsCompressed);
        json.WriteBoolean("encrypted", block.IsEncrypted);
        json.WriteNumber("records", block.Records);
        json.WriteNumber("messages", block.Messages);
        json.WriteNumber("bytes", block.Bytes);
        json.WriteNumber("holes", block.Holes);
        json.WriteNumber("hole_bytes", block.HoleBytes);
        json.WriteNumber("wrong_lengths", block.WrongLengths);
        json.WriteString("guard", block.Guard switch
        {
            GuardState.None => "none",
            GuardState.Whole => "whole",
            GuardState.Behind => "behind",
            _ => "wrong",
        });
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ConsumerReport consumer)
    {
        json.WriteStartObject();
        json.WriteString("name", consumer.Name);
        json.WriteBoolean("metadata", consumer.HasMetadata);
        json.WriteBoolean("state", consumer.HasState);
        json.WriteNumber("delivered", consumer.Delivered);
        json.WriteNumber("ack_floor", consumer.AckFloor);
        json.WriteNumber("pending", consumer.Pending);
        json.WriteNumber("redelivered", consumer.Redelivered);
        json.WriteEndObject();
    }
}
