using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Owned by one test. A stream of a running server, asked through its API what a store is asked here.</summary>
internal sealed class ServerStream(JetStreamScript script, string name, string subjects, bool isFile)
{
    private string _extra = "";

    /// <summary>Creates the stream, or changes its limits.</summary>
    public async Task ConfigureAsync(StoreLimits limits, ulong firstSequence, bool isNew)
    {
        _extra = firstSequence > 0 ? $",\"first_seq\":{firstSequence}" : "";
        string config = string.Create(CultureInfo.InvariantCulture, $$"""
            {"name":"{{name}}","subjects":{{subjects}},"storage":"{{(isFile ? "file" : "memory")}}","allow_direct":true,"allow_rollup_hdrs":true,"max_msgs":{{limits.MaxMessages}},
            "max_bytes":{{limits.MaxBytes}},"max_age":{{limits.MaxAgeNs}},"max_msgs_per_subject":{{limits.MaxMessagesPerSubject}},"discard":"{{(limits.Discard == DiscardPolicy.New ? "new" : "old")}}",
            "discard_new_per_subject":{{(limits.DiscardNewPerSubject ? "true" : "false")}},"allow_msg_ttl":{{(limits.AllowTtl ? "true" : "false")}},"subject_delete_marker_ttl":{{limits.DeleteMarkerTtlNs}}{{_extra}}}
            """).ReplaceLineEndings("");
        await script.RequestAsync($"$JS.API.STREAM.{(isNew ? "CREATE" : "UPDATE")}.{name}", config);
    }

    /// <summary>Publishes a message.</summary>
    /// <returns>What became of it, and its sequence.</returns>
    public async Task<(StoreResult Result, ulong Sequence)> PublishAsync(string subject, string headers, string payload)
    {
        JsonElement answer = await script.AskAsync(subject, payload, headers);
        if (!answer.TryGetProperty("error", out JsonElement error)) return (StoreResult.Ok, answer.GetProperty("seq").GetUInt64());
        StoreResult refused = error.GetProperty("description").GetString() switch
        {
            "maximum messages exceeded" => StoreResult.MaximumMessages,
            "maximum bytes exceeded" => StoreResult.MaximumBytes,
            "maximum messages per subject exceeded" => StoreResult.MaximumMessagesPerSubject,
            _ => throw new InvalidOperationException(error.ToString()),
        };
        return (refused, 0);
    }

    public async Task<bool> RemoveAsync(ulong sequence, bool erase) =>
        !(await script.AskAsync($"$JS.API.STREAM.MSG.DELETE.{name}", $$"""{"seq":{{sequence}},"no_erase":{{(erase ? "false" : "true")}}}""")).TryGetProperty("error", out _);

    /// <summary>How many were purged.</summary>
    public async Task<ulong> PurgeAsync(string filter, ulong before, ulong keep)
    {
        JsonElement answer = await script.RequestAsync($"$JS.API.STREAM.PURGE.{name}", $$"""{"filter":"{{filter}}","seq":{{before}},"keep":{{keep}}}""");
        return answer.GetProperty("purged").GetUInt64();
    }

    /// <summary>The state, the sequences that are deleted, and the messages of each subject.</summary>
    public async Task<(StreamState State, string Deleted, string Subjects)> StateAsync(string filter)
    {
        JsonElement info = await script.RequestAsync($"$JS.API.STREAM.INFO.{name}", $$"""{"deleted_details":true,"subjects_filter":"{{filter}}"}""");
        JsonElement state = info.GetProperty("state");
        ulong[] deleted = state.TryGetProperty("deleted", out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetUInt64())] : [];
        IEnumerable<string> totals = state.TryGetProperty("subjects", out JsonElement map) ? map.EnumerateObject().Select(item => $"{item.Name} {item.Value}") : [];
        return (
            new StreamState
            {
                Messages = state.GetProperty("messages").GetUInt64(),
                Bytes = state.GetProperty("bytes").GetUInt64(),
                FirstSequence = state.GetProperty("first_seq").GetUInt64(),
                FirstTimeNs = ParseTime(state.GetProperty("first_ts").GetString()!),
                LastSequence = state.GetProperty("last_seq").GetUInt64(),
                LastTimeNs = ParseTime(state.GetProperty("last_ts").GetString()!),
                Subjects = state.TryGetProperty("num_subjects", out JsonElement count) ? count.GetInt32() : 0,
                Deleted = (ulong)deleted.Length,
            },
            string.Join(' ', deleted),
            string.Join(", ", totals.Order(StringComparer.Ordinal)));
    }

    /// <summary>A message by a request for one, such as <c>"seq":3</c>: sequence, subject, headers, payload and time; null when there is none.</summary>
    public async Task<(string Text, long TimeNs)?> GetAsync(string what)
    {
        JsonElement answer = await script.AskAsync($"$JS.API.STREAM.MSG.GET.{name}", "{" + what + "}");
        if (!answer.TryGetProperty("message", out JsonElement message)) return null;
        string headers = message.TryGetProperty("hdrs", out JsonElement block) ? Latin1(block) : "";
        string payload = message.TryGetProperty("data", out JsonElement data) ? Latin1(data) : "";
        return ($"{message.GetProperty("seq")} {message.GetProperty("subject").GetString()} {headers}|{payload}", ParseTime(message.GetProperty("time").GetString()!));
    }

    /// <summary>The sequences of a direct request with many answers, and its status.</summary>
    public async Task<string> GetManyAsync(string what)
    {
        List<string> answers = await script.AskForManyAsync($"$JS.API.DIRECT.GET.{name}", "{" + what + "}");
        string status = answers[^1]["NATS/1.0 ".Length..].Split("\r\n")[0];
        return $"{string.Join(' ', answers.SkipLast(1).Select(SequenceOf))} {status}".Trim();
    }

    /// <summary>How many messages a new consumer has before it, and where it begins.</summary>
    public async Task<(ulong Pending, ulong Start)> ConsumerAsync(string filter, string policy)
    {
        string subjectFilter = filter.Length == 0 ? "" : $"\"filter_subject\":\"{filter}\",";
        JsonElement made = await script.RequestAsync(
            $"$JS.API.CONSUMER.CREATE.{name}", $$$"""{"stream_name":"{{{name}}}","config":{{{{subjectFilter}}}"ack_policy":"none","mem_storage":true,{{{policy}}}}}""");
        await script.RequestAsync($"$JS.API.CONSUMER.DELETE.{name}.{made.GetProperty("name").GetString()}", "");
        return (made.GetProperty("num_pending").GetUInt64(), made.GetProperty("delivered").GetProperty("stream_seq").GetUInt64() + 1);
    }

    /// <summary>Nanoseconds since 1970 of a time as Go writes it; 0 for its zero time.</summary>
    public static long ParseTime(string text)
    {
        if (text.StartsWith("0001-", StringComparison.Ordinal)) return 0;
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string fraction = point < 0 ? "" : text[(point + 1)..].TrimEnd('Z');
        string whole = point < 0 ? text : text[..point] + "Z";
        long seconds = DateTimeOffset.Parse(whole, CultureInfo.InvariantCulture).ToUnixTimeSeconds();
        return (seconds * 1_000_000_000) + (fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(9, '0'), CultureInfo.InvariantCulture));
    }

    /// <summary>A time as Go reads it.</summary>
    public static string FormatTime(long timeNs) => string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeSeconds(timeNs / 1_000_000_000).UtcDateTime:yyyy-MM-ddTHH:mm:ss}.{timeNs % 1_000_000_000:d9}Z");

    private static string SequenceOf(string headers)
    {
        byte[] block = System.Text.Encoding.Latin1.GetBytes(headers);
        return MessageHeaders.TryGet(block, "Nats-Sequence"u8, out ReadOnlySpan<byte> value) ? System.Text.Encoding.Latin1.GetString(value) : "?";
    }

    private static string Latin1(JsonElement base64) => System.Text.Encoding.Latin1.GetString(base64.GetBytesFromBase64());
}
