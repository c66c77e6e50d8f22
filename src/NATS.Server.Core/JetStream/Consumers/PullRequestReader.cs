using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. Reads the payload of a pull request: nothing, a number of messages, or an object. Anything else is a request for one message.</summary>
/// <remarks>Reference: nats-server consumer.go nextReqFromMsg.</remarks>
public static class PullRequestReader
{
    private const string HeartbeatTooLarge = "heartbeat value too large";

    private static readonly string[] Names = ["expires", "batch", "max_bytes", "no_wait", "idle_heartbeat", "group", "min_pending", "min_ack_pending", "id", "priority"];

    /// <summary>Reads a request.</summary>
    /// <param name="payload">From a client: anything.</param>
    /// <param name="request">The request.</param>
    /// <param name="problem">What is said of it behind <c>Bad Request - </c>.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out PullRequest request, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        payload = WhiteSpace.Trim(payload);
        request = new PullRequest();
        if (payload.IsEmpty) return true;
        if (payload[0] != '{')
        {
            request = new PullRequest { Batch = ReadCount(payload) };
            return true;
        }

        // What clients really send is read without allocating anything but names; all else as the reference reads it.
        if (!TryReadPlain(payload, out request)) problem = ReadAny(payload.ToArray(), out request);
        if (problem is null && request.HeartbeatNs > 0 && (Int128)request.HeartbeatNs * 2 > request.ExpiresNs) problem = HeartbeatTooLarge;
        return problem is null;
    }

    // False for anything unusual, be it right or wrong.
    internal static bool TryReadPlain(ReadOnlySpan<byte> json, out PullRequest request)
    {
        request = new PullRequest { Batch = 0, HasOptions = true };
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!TryReadField(ref reader, ref request)) return false;
            }

            return reader.TokenType == JsonTokenType.EndObject && !reader.Read();
        }
        catch (Exception unusual) when (unusual is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    // In all its ways; the problem, or null.
    internal static string? ReadAny(ReadOnlyMemory<byte> json, out PullRequest request)
    {
        request = new PullRequest { Batch = 0, HasOptions = true };
        int end = JsonSyntax.Scan(json.Span, 0, out JsonProblem? problem);
        int next = problem is null ? JsonSyntax.SkipBlanks(json.Span, end) : json.Length;
        if (next < json.Length) problem = JsonSyntax.Invalid(json.Span, next, "after top-level value");
        if (problem is not null) return problem == JsonProblem.End ? "unexpected end of JSON input" : problem.Text;
        var cursor = new JsonCursor(json[..end], "", isStrict: false);
        if (!cursor.EnterObject("")) return cursor.Problem;
        while (cursor.NextProperty(Names, out string name))
        {
            request = name switch
            {
                "expires" => request with { ExpiresNs = cursor.Duration(request.ExpiresNs) },
                "batch" => request with { Batch = cursor.Number(request.Batch, "int") },
                "max_bytes" => request with { MaxBytes = cursor.Number(request.MaxBytes, "int") },
                "no_wait" => request with { NoWait = cursor.Flag(request.NoWait) },
                "idle_heartbeat" => request with { HeartbeatNs = cursor.Duration(request.HeartbeatNs) },
                "group" => request with { Group = cursor.Text(request.Group ?? "") },
                "min_pending" => request with { MinPending = cursor.Number(request.MinPending) },
                "min_ack_pending" => request with { MinAckPending = cursor.Number(request.MinAckPending) },
                "id" => request with { PinId = cursor.Text(request.PinId ?? "") },
                _ => request with { Priority = cursor.Number(request.Priority, "int") },
            };
        }

        return cursor.Problem;
    }

    private static long ReadCount(ReadOnlySpan<byte> text)
    {
        if (text.Length > 1 && text[0] == '+' && text[1] is >= (byte)'0' and <= (byte)'9') text = text[1..];
        return Utf8Parser.TryParse(text, out long count, out int read) && read == text.Length ? count : 1;
    }

    private static bool TryReadField(ref Utf8JsonReader reader, ref PullRequest request)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out long number): return TrySet(name, number, ref request);
            case JsonTokenType.String: return TrySet(name, reader.GetString()!, ref request);
            case JsonTokenType.True or JsonTokenType.False when name.SequenceEqual("no_wait"u8):
                request = request with { NoWait = reader.TokenType == JsonTokenType.True };
                return true;
            default: return false;
        }
    }

    private static bool TrySet(ReadOnlySpan<byte> name, long number, ref PullRequest request)
    {
        if (name.SequenceEqual("expires"u8)) request = request with { ExpiresNs = number };
        else if (name.SequenceEqual("batch"u8)) request = request with { Batch = number };
        else if (name.SequenceEqual("max_bytes"u8)) request = request with { MaxBytes = number };
        else if (name.SequenceEqual("idle_heartbeat"u8)) request = request with { HeartbeatNs = number };
        else if (name.SequenceEqual("min_pending"u8)) request = request with { MinPending = number };
        else if (name.SequenceEqual("min_ack_pending"u8)) request = request with { MinAckPending = number };
        else if (name.SequenceEqual("priority"u8)) request = request with { Priority = number };
        else return false;
        return true;
    }

    private static bool TrySet(ReadOnlySpan<byte> name, string text, ref PullRequest request)
    {
        if (name.SequenceEqual("group"u8)) request = request with { Group = text };
        else if (name.SequenceEqual("id"u8)) request = request with { PinId = text };
        else return false;
        return true;
    }
}
