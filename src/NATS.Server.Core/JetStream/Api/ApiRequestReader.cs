using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>
/// Pure. Reads the payloads of requests as the reference reads them. Each method returns false for what is no such request; its problem is what follows <c>invalid JSON:</c>.
/// </summary>
public static class ApiRequestReader
{
    /// <summary>Whether a payload is an object or an array, at least at its start: several endpoints take anything else for no request at all.</summary>
    public static bool IsObjectOrArray(ReadOnlySpan<byte> payload)
    {
        int start = JsonSyntax.SkipBlanks(payload, 0);
        return start < payload.Length && payload[start] is (byte)'{' or (byte)'[';
    }

    /// <summary>Whether a payload says nothing: no bytes, or an object without properties.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return true;
        int start = JsonSyntax.SkipBlanks(payload, 0);
        if (start == payload.Length || payload[start] != '{') return false;
        int end = JsonSyntax.SkipBlanks(payload, start + 1);
        return end < payload.Length && payload[end] == '}' && JsonSyntax.SkipBlanks(payload, end + 1) == payload.Length;
    }

    /// <summary>Reads the request for a list of streams or their names.</summary>
    public static bool TryReadStreamPage(ReadOnlyMemory<byte> payload, bool isStrict, bool areNames, out PageRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new PageRequest();
        return JsonRequest.TryRead(payload, areNames ? "JSApiStreamNamesRequest" : "JSApiStreamListRequest", isStrict, ref request, areNames ? ReadNamesPage : ReadListPage, out problem);
    }

    /// <summary>Reads the request for a list of consumers or their names.</summary>
    public static bool TryReadConsumerPage(ReadOnlyMemory<byte> payload, bool isStrict, out PageRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new PageRequest();
        return JsonRequest.TryRead(payload, "JSApiConsumersRequest", isStrict, ref request, ReadConsumerPage, out problem);
    }

    public static bool TryReadStreamInfo(ReadOnlyMemory<byte> payload, bool isStrict, out StreamInfoRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new StreamInfoRequest();
        return JsonRequest.TryRead(payload, "JSApiStreamInfoRequest", isStrict, ref request, ReadStreamInfo, out problem);
    }

    public static bool TryReadPurge(ReadOnlyMemory<byte> payload, bool isStrict, out PurgeRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new PurgeRequest();
        return JsonRequest.TryRead(payload, "JSApiStreamPurgeRequest", isStrict, ref request, ReadPurge, out problem);
    }

    /// <summary>Reads the request for a message by the API.</summary>
    public static bool TryReadMessageGet(ReadOnlyMemory<byte> payload, bool isStrict, out MessageGetRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new MessageGetRequest();
        return JsonRequest.TryRead(payload, "JSApiMsgGetRequest", isStrict, ref request, ReadMessageGet, out problem);
    }

    /// <summary>Reads the request for messages of a stream that answers itself: unknown properties never matter there.</summary>
    public static bool TryReadDirectGet(ReadOnlyMemory<byte> payload, out MessageGetRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new MessageGetRequest();
        return JsonRequest.TryReadOnly(payload, "JSApiMsgGetRequest", ref request, ReadMessageGet, out problem);
    }

    public static bool TryReadMessageDelete(ReadOnlyMemory<byte> payload, bool isStrict, out MessageDeleteRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new MessageDeleteRequest();
        return JsonRequest.TryRead(payload, "JSApiMsgDeleteRequest", isStrict, ref request, ReadMessageDelete, out problem);
    }

    public static bool TryReadSnapshot(ReadOnlyMemory<byte> payload, bool isStrict, out SnapshotRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new SnapshotRequest();
        return JsonRequest.TryRead(payload, "JSApiStreamSnapshotRequest", isStrict, ref request, ReadSnapshot, out problem);
    }

    public static bool TryReadRestore(ReadOnlyMemory<byte> payload, bool isStrict, out RestoreRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new RestoreRequest();
        return JsonRequest.TryRead(payload, "JSApiStreamRestoreRequest", isStrict, ref request, ReadRestore, out problem);
    }

    /// <summary>Reads until when a consumer should pause; null: it should go on.</summary>
    public static bool TryReadPause(ReadOnlyMemory<byte> payload, bool isStrict, out ZonedTime? until, [NotNullWhen(false)] out string? problem)
    {
        until = null;
        return JsonRequest.TryRead(payload, "JSApiConsumerPauseRequest", isStrict, ref until, ReadPause, out problem);
    }

    /// <summary>Reads whose pinned client should go: the name of a priority group.</summary>
    public static bool TryReadUnpin(ReadOnlyMemory<byte> payload, out string group, [NotNullWhen(false)] out string? problem)
    {
        group = "";
        if (!JsonRequest.TryReadOnly(payload, "JSApiConsumerUnpinRequest", ref group, ReadUnpin, out problem)) return false;
        if (group.Length == 0) problem = "consumer group not specified";
        return problem is null;
    }

    /// <summary>Reads with which message a consumer should begin again; 0: with the first that is not acknowledged.</summary>
    public static bool TryReadReset(ReadOnlyMemory<byte> payload, out ulong sequence, [NotNullWhen(false)] out string? problem)
    {
        sequence = 0;
        problem = null;
        return payload.IsEmpty || JsonRequest.TryReadOnly(payload, "JSApiConsumerResetRequest", ref sequence, ReadReset, out problem);
    }

    private static PageRequest ReadNamesPage(JsonCursor json, PageRequest request) => ReadPage(json, request, "JSApiStreamNamesRequest");

    private static PageRequest ReadListPage(JsonCursor json, PageRequest request) => ReadPage(json, request, "JSApiStreamListRequest");

    private static PageRequest ReadPage(JsonCursor json, PageRequest request, string type)
    {
        if (!json.EnterObject("server." + type)) return request;
        while (json.NextProperty(["offset", "subject"], out string name))
            request = name == "offset" ? request with { Offset = ReadOffset(json, request.Offset) } : request with { Subject = json.Text(request.Subject) };
        return request;
    }

    private static PageRequest ReadConsumerPage(JsonCursor json, PageRequest request)
    {
        if (!json.EnterObject("server.JSApiConsumersRequest")) return request;
        while (json.NextProperty(["offset"], out _)) request = request with { Offset = ReadOffset(json, request.Offset) };
        return request;
    }

    private static StreamInfoRequest ReadStreamInfo(JsonCursor json, StreamInfoRequest request)
    {
        if (!json.EnterObject("server.JSApiStreamInfoRequest")) return request;
        while (json.NextProperty(["offset", "deleted_details", "subjects_filter"], out string name))
        {
            request = name switch
            {
                "offset" => request with { Offset = ReadOffset(json, request.Offset) },
                "deleted_details" => request with { DeletedDetails = json.Flag(request.DeletedDetails) },
                _ => request with { SubjectsFilter = json.Text(request.SubjectsFilter) },
            };
        }

        return request;
    }

    private static PurgeRequest ReadPurge(JsonCursor json, PurgeRequest request)
    {
        if (!json.EnterObject("server.JSApiStreamPurgeRequest")) return request;
        while (json.NextProperty(["seq", "filter", "keep"], out string name))
        {
            request = name switch
            {
                "seq" => request with { Sequence = json.Unsigned(request.Sequence) },
                "filter" => request with { Filter = json.Text(request.Filter) },
                _ => request with { Keep = json.Unsigned(request.Keep) },
            };
        }

        return request;
    }

    private static MessageGetRequest ReadMessageGet(JsonCursor json, MessageGetRequest request)
    {
        if (!json.EnterObject("server.JSApiMsgGetRequest")) return request;
        while (json.NextProperty(["seq", "last_by_subj", "next_by_subj", "batch", "max_bytes", "start_time", "multi_last", "up_to_seq", "up_to_time", "no_hdr"], out string name))
        {
            request = name switch
            {
                "seq" => request with { Sequence = json.Unsigned(request.Sequence) },
                "last_by_subj" => request with { LastBySubject = json.Text(request.LastBySubject) },
                "next_by_subj" => request with { NextBySubject = json.Text(request.NextBySubject) },
                "batch" => request with { Batch = json.Number(request.Batch, "int") },
                "max_bytes" => request with { MaxBytes = json.Number(request.MaxBytes, "int") },
                "start_time" => request with { StartTime = json.Time() },
                "multi_last" => request with { MultiLast = json.Texts() },
                "up_to_seq" => request with { UpToSequence = json.Unsigned(request.UpToSequence) },
                "up_to_time" => request with { UpToTime = json.Time() },
                _ => request with { NoHeaders = json.Flag(request.NoHeaders) },
            };
        }

        return request;
    }

    private static MessageDeleteRequest ReadMessageDelete(JsonCursor json, MessageDeleteRequest request)
    {
        if (!json.EnterObject("server.JSApiMsgDeleteRequest")) return request;
        while (json.NextProperty(["seq", "no_erase"], out string name))
            request = name == "seq" ? request with { Sequence = json.Unsigned(request.Sequence) } : request with { NoErase = json.Flag(request.NoErase) };
        return request;
    }

    private static SnapshotRequest ReadSnapshot(JsonCursor json, SnapshotRequest request)
    {
        if (!json.EnterObject("server.JSApiStreamSnapshotRequest")) return request;
        while (json.NextProperty(["deliver_subject", "no_consumers", "chunk_size", "window_size", "jsck"], out string name))
        {
            request = name switch
            {
                "deliver_subject" => request with { DeliverSubject = json.Text(request.DeliverSubject) },
                "no_consumers" => request with { NoConsumers = json.Flag(request.NoConsumers) },
                "chunk_size" => request with { ChunkSize = json.Number(request.ChunkSize, "int") },
                "window_size" => request with { WindowSize = json.Number(request.WindowSize, "int") },
                _ => request with { ChecksMessages = json.Flag(request.ChecksMessages) },
            };
        }

        return request;
    }

    private static RestoreRequest ReadRestore(JsonCursor json, RestoreRequest request)
    {
        if (!json.EnterObject("server.JSApiStreamRestoreRequest")) return request;
        while (json.NextProperty(["config", "state"], out string name))
        {
            request = name == "config"
                ? request with { Config = StreamConfigJson.ReadConfig(json, request.Config) }
                : request with { State = StreamStateReader.Read(json, request.State) };
        }

        return request;
    }

    private static ZonedTime? ReadPause(JsonCursor json, ZonedTime? until)
    {
        if (!json.EnterObject("server.JSApiConsumerPauseRequest")) return until;
        while (json.NextProperty(["pause_until"], out _)) until = json.Time() ?? until;
        return until is { IsZero: false } ? until : null;
    }

    private static string ReadUnpin(JsonCursor json, string group)
    {
        if (!json.EnterObject("server.JSApiConsumerUnpinRequest")) return group;
        while (json.NextProperty(["group"], out _)) group = json.Text(group);
        return group;
    }

    private static ulong ReadReset(JsonCursor json, ulong sequence)
    {
        if (!json.EnterObject("server.JSApiConsumerResetRequest")) return sequence;
        while (json.NextProperty(["seq"], out _)) sequence = json.Unsigned(sequence);
        return sequence;
    }

    private static long ReadOffset(JsonCursor json, long current) => Math.Max(0, json.Number(current, "int"));
}
