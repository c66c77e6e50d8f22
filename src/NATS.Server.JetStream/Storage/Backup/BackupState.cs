using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Pure. The first entry of a backup, <c>state.json</c>: what the stream had when the backup was begun.</summary>
/// <param name="FirstSequence">0 or 1 for a stream that began with 1.</param>
/// <param name="LastSequence">All up to it are used up.</param>
/// <param name="LastTimeNs">The time of the last message that there ever was, nanoseconds since 1970; 0 for none.</param>
/// <param name="Bytes">As the store counted them that was backed up.</param>
/// <param name="Consumers">How many follow.</param>
internal readonly record struct BackupState(ulong FirstSequence, ulong LastSequence, long LastTimeNs, ulong Bytes, int Consumers)
{
    /// <summary>The name of the entry.</summary>
    public const string EntryName = "state.json";

    /// <summary>The sequences of messages are below.</summary>
    public const ulong SequenceLimit = 1UL << 62;

    /// <summary>Writes the state of a stream.</summary>
    public static byte[] Encode(in StreamState state, int consumers)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"messages\":{state.Messages},\"bytes\":{state.Bytes},\"first_seq\":{state.FirstSequence},\"first_ts\":\"{TextOf(state.FirstTimeNs)}\"");
        text.Append(CultureInfo.InvariantCulture, $",\"last_seq\":{state.LastSequence},\"last_ts\":\"{TextOf(state.LastTimeNs)}\"");
        if (state.Subjects > 0) text.Append(CultureInfo.InvariantCulture, $",\"num_subjects\":{state.Subjects}");
        if (state.Deleted > 0) text.Append(CultureInfo.InvariantCulture, $",\"num_deleted\":{state.Deleted}");
        text.Append(CultureInfo.InvariantCulture, $",\"consumer_count\":{consumers}}}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads it.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Decode(ReadOnlyMemory<byte> json, out BackupState state)
    {
        state = default;
        if (!JsonProperties.TryRead(json, out List<JsonPart> parts)) return "it is not a JSON object";
        ulong first = 0, last = 0, bytes = 0, consumers = 0;
        long lastTimeNs = 0;
        foreach (JsonPart part in parts)
        {
            bool isGood = part.Name switch
            {
                "first_seq" => part.TryGetNumber(out first),
                "last_seq" => part.TryGetNumber(out last),
                "bytes" => part.TryGetNumber(out bytes),
                "last_ts" => TryReadTime(part.Text, out lastTimeNs),
                "consumer_count" => part.TryGetNumber(out consumers),
                _ => true,
            };
            if (!isGood) return $"{part.Name} is not one";
        }

        if (last >= SequenceLimit || first > last + 1 || consumers > int.MaxValue) return "the numbers are not possible";
        state = new BackupState(first, last, lastTimeNs, bytes, (int)consumers);
        return null;
    }

    // No message has a time of 0: the first second of year 1 stands for it.
    private static string TextOf(long timeNs) => timeNs == 0 ? "0001-01-01T00:00:00Z" : ZonedTime.FromUnixNanoseconds(timeNs).ToString();

    private static bool TryReadTime(string? text, out long timeNs)
    {
        timeNs = 0;
        if (text is null || !ZonedTime.TryParse(text, out ZonedTime time, out _)) return false;
        if (time.IsZero) return true;
        timeNs = time.ToUnixNanoseconds();
        return timeNs is not (long.MinValue or long.MaxValue);
    }
}
