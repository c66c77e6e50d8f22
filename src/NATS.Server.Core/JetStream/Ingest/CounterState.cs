using System.Buffers;
using System.Numerics;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Not synchronised. A counter: its value, and what it has of each stream that it is summed up from. For those that are not simple.</summary>
internal sealed class CounterState
{
    private const string ValueName = "val";
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _sources = new(StringComparer.Ordinal);

    public BigInteger Value { get; set; }

    public bool HasSources => _sources.Count > 0;

    private static ReadOnlySpan<byte> Opening => "{\"val\":\""u8;

    private static ReadOnlySpan<byte> Closing => "\"}"u8;

    /// <summary>Reads the payload of a counter's message: <c>{"val":"12"}</c>.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="digits">What it says; not checked to be a number.</param>
    /// <returns>False when it cannot be one.</returns>
    public static bool TryReadPayload(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> digits)
    {
        if (payload.StartsWith(Opening) && payload.EndsWith(Closing) && payload.Length >= Opening.Length + Closing.Length)
        {
            digits = payload[Opening.Length..^Closing.Length];
            if (CounterNumber.IsNumber(digits)) return true;
        }

        string value = "";
        bool isRead = TryReadJson(payload, "CounterValue", cursor =>
        {
            if (!cursor.EnterObject("server.CounterValue")) return;
            while (cursor.NextProperty([ValueName], out _)) value = cursor.Text(value);
        });
        digits = Encoding.UTF8.GetBytes(value);
        return isRead;
    }

    /// <summary>Writes the payload of a counter's message.</summary>
    /// <returns>The part of it with the digits.</returns>
    public static Range WritePayload(ReadOnlySpan<byte> digits, IBufferWriter<byte> output)
    {
        output.Write(Opening);
        output.Write(digits);
        output.Write(Closing);
        return Opening.Length..(Opening.Length + digits.Length);
    }

    /// <summary>Reads the header <c>Nats-Counter-Sources</c>: <c>{"stream":{"subject":"12"}}</c>.</summary>
    /// <returns>False when it cannot be read.</returns>
    public bool TryReadSources(ReadOnlySpan<byte> json) => TryReadJson(json, "", cursor =>
    {
        if (!cursor.EnterObject("server.CounterSources")) return;
        while (cursor.NextKey(out string stream))
        {
            SortedDictionary<string, string> subjects = _sources[stream] = new(StringComparer.Ordinal);
            if (!cursor.EnterObject("map[string]string")) continue;
            while (cursor.NextKey(out string subject)) subjects[subject] = cursor.Text("");
        }
    });

    public void WriteSources(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance });
        json.WriteStartObject();
        foreach ((string stream, SortedDictionary<string, string> subjects) in _sources)
        {
            json.WriteStartObject(stream);
            foreach ((string subject, string value) in subjects) json.WriteString(subject, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Takes over what another stream counts.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="subject">The subject of its counter.</param>
    /// <param name="value">What that says now.</param>
    /// <returns>How much that is more than it said before.</returns>
    public BigInteger Take(string stream, string subject, BigInteger value)
    {
        if (!_sources.TryGetValue(stream, out SortedDictionary<string, string>? subjects)) _sources[stream] = subjects = new(StringComparer.Ordinal);
        BigInteger before = subjects.TryGetValue(subject, out string? text) ? CounterNumber.Parse(Encoding.UTF8.GetBytes(text)) : BigInteger.Zero;
        subjects[subject] = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return value - before;
    }

    private static bool TryReadJson(ReadOnlySpan<byte> text, string root, Action<JsonCursor> read)
    {
        int end = JsonSyntax.Scan(text, 0, out JsonProblem? problem);
        if (problem is not null || JsonSyntax.SkipBlanks(text, end) < text.Length) return false;
        var cursor = new JsonCursor(text[..end].ToArray(), root, isStrict: false);
        read(cursor);
        return cursor.Problem is null;
    }
}
