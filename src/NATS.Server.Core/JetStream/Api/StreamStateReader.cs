using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. Reads the state of a stream as the maker of a backup gives it. What stands in it of single messages is only looked at for being well formed.</summary>
internal static class StreamStateReader
{
    private static readonly string[] Names =
    [
        "messages", "bytes", "first_seq", "first_ts", "last_seq", "last_ts", "num_subjects", "subjects", "num_deleted", "deleted", "lost", "consumer_count",
    ];

    public static StreamStateInfo Read(JsonCursor json, StreamStateInfo state)
    {
        if (!json.EnterObject("server.StreamState")) return state;
        while (json.NextProperty(Names, out string name))
        {
            state = name switch
            {
                "messages" => state with { Messages = json.Unsigned(state.Messages) },
                "bytes" => state with { Bytes = json.Unsigned(state.Bytes) },
                "first_seq" => state with { FirstSequence = json.Unsigned(state.FirstSequence) },
                "first_ts" => state with { FirstTimeNs = ReadTime(json, state.FirstTimeNs) },
                "last_seq" => state with { LastSequence = json.Unsigned(state.LastSequence) },
                "last_ts" => state with { LastTimeNs = ReadTime(json, state.LastTimeNs) },
                "num_subjects" => state with { SubjectCount = json.Number(state.SubjectCount, "int") },
                "num_deleted" => state with { DeletedCount = (ulong)Math.Max(0, json.Number((long)state.DeletedCount, "int")) },
                "consumer_count" => state with { Consumers = json.Number(state.Consumers, "int") },
                _ => Pass(json, state, name),
            };
        }

        return state;
    }

    private static StreamStateInfo Pass(JsonCursor json, StreamStateInfo state, string name)
    {
        switch (name)
        {
            case "subjects":
                PassCounts(json);
                break;
            case "deleted":
                PassSequences(json);
                break;
            default:
                PassLost(json);
                break;
        }

        return state;
    }

    private static void PassCounts(JsonCursor json)
    {
        if (!json.EnterObject("map[string]uint64")) return;
        while (json.NextKey(out _)) json.Unsigned(0);
    }

    private static void PassSequences(JsonCursor json)
    {
        if (!json.EnterArray("[]uint64")) return;
        while (json.NextElement()) json.Unsigned(0);
    }

    private static void PassLost(JsonCursor json)
    {
        if (json.SkipNull() || !json.EnterObject("server.LostStreamData")) return;
        while (json.NextProperty(["msgs", "bytes"], out string name))
        {
            if (name == "msgs") PassSequences(json);
            else json.Unsigned(0);
        }
    }

    private static long ReadTime(JsonCursor json, long current) => json.Time() is { } time ? time.IsZero ? 0 : time.ToUnixNanoseconds() : current;
}
