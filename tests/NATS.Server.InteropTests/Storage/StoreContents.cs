using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>One message as either server tells it.</summary>
/// <param name="Sequence">In the stream.</param>
/// <param name="Subject">Of the message.</param>
/// <param name="Headers">The header block as it is, or empty.</param>
/// <param name="Payload">One byte a character.</param>
/// <param name="TimeNs">Nanoseconds since 1970.</param>
internal sealed record StoreMessage(ulong Sequence, string Subject, string Headers, string Payload, long TimeNs);

/// <summary>Immutable. Everything that can be asked of a stream's messages, of the reference through its API or of our store.</summary>
internal sealed class StoreContents
{
    private StoreContents(StreamState state, IReadOnlyList<ulong> deleted, IReadOnlyDictionary<string, ulong> subjects, IReadOnlyList<StoreMessage> messages)
    {
        State = state;
        Deleted = deleted;
        Subjects = subjects;
        Messages = messages;
    }

    public StreamState State { get; }

    public IReadOnlyList<ulong> Deleted { get; }

    public IReadOnlyDictionary<string, ulong> Subjects { get; }

    public IReadOnlyList<StoreMessage> Messages { get; }

    /// <summary>Asks the reference.</summary>
    public static async Task<StoreContents> OfAsync(JetStreamScript script)
    {
        JsonElement answer = (await script.RequestAsync("$JS.API.STREAM.INFO.S", """{"deleted_details":true,"subjects_filter":">"}""")).GetProperty("state");
        ulong[] deleted = answer.TryGetProperty("deleted", out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetUInt64())] : [];
        SortedDictionary<string, ulong> subjects = new(StringComparer.Ordinal);
        if (answer.TryGetProperty("subjects", out JsonElement counts))
        {
            foreach (JsonProperty subject in counts.EnumerateObject()) subjects[subject.Name] = subject.Value.GetUInt64();
        }

        var state = new StreamState
        {
            Messages = answer.GetProperty("messages").GetUInt64(),
            Bytes = answer.GetProperty("bytes").GetUInt64(),
            FirstSequence = answer.GetProperty("first_seq").GetUInt64(),
            LastSequence = answer.GetProperty("last_seq").GetUInt64(),
            FirstTimeNs = TimeOf(answer.GetProperty("first_ts").GetString()!),
            LastTimeNs = TimeOf(answer.GetProperty("last_ts").GetString()!),
            Subjects = subjects.Count,
            Deleted = (ulong)deleted.Length,
        };
        List<StoreMessage> messages = [];
        HashSet<ulong> gone = [.. deleted];
        for (ulong sequence = state.FirstSequence; state.Messages > 0 && sequence <= state.LastSequence; sequence++)
        {
            if (!gone.Contains(sequence)) messages.Add(await LoadAsync(script, sequence));
        }

        return new StoreContents(state, deleted, subjects, messages);
    }

    /// <summary>Asks our store.</summary>
    public static StoreContents Of(IMessageStore store)
    {
        StreamState state = store.State;
        List<ulong> deleted = [];
        List<StoreMessage> messages = [];
        SortedDictionary<string, ulong> subjects = new(StringComparer.Ordinal);
        for (ulong sequence = state.FirstSequence; state.Messages > 0 && sequence <= state.LastSequence; sequence++)
        {
            StoreResult result = store.Load(sequence, out StoredMessage message);
            if (result != StoreResult.Ok) Assert.Equal(StoreResult.NotFound, result);
            if (result != StoreResult.Ok) deleted.Add(sequence);
            else messages.Add(new StoreMessage(sequence, Text(message.Subject), Text(message.Headers), Text(message.Payload), message.TimestampNs));
        }

        store.VisitTotals(MessageFilter.All, (subject, count) =>
        {
            subjects[Text(subject)] = count;
            return true;
        });
        return new StoreContents(state, deleted, subjects, messages);
    }

    /// <summary>Fails unless both are the same in everything, times included.</summary>
    public static void AssertEqual(StoreContents expected, StoreContents actual)
    {
        Assert.Equal(expected.Messages, actual.Messages);
        Assert.Equal(expected.Deleted, actual.Deleted);
        Assert.Equal(expected.Subjects, actual.Subjects);
        Assert.Equal(expected.State, actual.State);
    }

    private static async Task<StoreMessage> LoadAsync(JetStreamScript script, ulong sequence)
    {
        JsonElement message = (await script.RequestAsync("$JS.API.STREAM.MSG.GET.S", $$"""{"seq":{{sequence}}}""")).GetProperty("message");
        Assert.Equal(sequence, message.GetProperty("seq").GetUInt64());
        return new StoreMessage(
            sequence,
            message.GetProperty("subject").GetString()!,
            message.TryGetProperty("hdrs", out JsonElement headers) ? Text(headers.GetBytesFromBase64()) : "",
            message.TryGetProperty("data", out JsonElement data) ? Text(data.GetBytesFromBase64()) : "",
            TimeOf(message.GetProperty("time").GetString()!));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    // RFC 3339 with up to nine digits after the second; the year 1 stands for none.
    public static long TimeOf(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? text : text[..point] + "Z";
        DateTimeOffset second = DateTimeOffset.Parse(whole, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (second.Year == 1) return 0;
        long fraction = point < 0 ? 0 : long.Parse(text[(point + 1)..].TrimEnd('Z').PadRight(9, '0'), CultureInfo.InvariantCulture);
        return (second.ToUnixTimeSeconds() * 1_000_000_000) + fraction;
    }
}
