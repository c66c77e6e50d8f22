using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. What a stream holds, as answers show it. Times are nanoseconds since 1970, 0 for none.</summary>
public sealed record StreamStateInfo : IAnswerBody
{
    public ulong Messages { get; init; }

    public ulong Bytes { get; init; }

    public ulong FirstSequence { get; init; }

    public long FirstTimeNs { get; init; }

    public ulong LastSequence { get; init; }

    public long LastTimeNs { get; init; }

    public long SubjectCount { get; init; }

    /// <summary>How many messages subjects have, when a request asks.</summary>
    public SubjectTotals? Subjects { get; init; }

    public ulong DeletedCount { get; init; }

    /// <summary>The sequences without a message between the first and the last, when a request asks.</summary>
    public IReadOnlyList<ulong>? Deleted { get; init; }

    public LostMessagesInfo? Lost { get; init; }

    public long Consumers { get; init; }

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteNumber("messages"u8, Messages);
        json.WriteNumber("bytes"u8, Bytes);
        json.WriteNumber("first_seq"u8, FirstSequence);
        json.WriteTime("first_ts"u8, FirstTimeNs);
        json.WriteNumber("last_seq"u8, LastSequence);
        json.WriteTime("last_ts"u8, LastTimeNs);
        json.WriteNumberUnlessZero("num_subjects"u8, SubjectCount);
        Subjects?.WriteUnlessEmpty(json, "subjects"u8);
        if (DeletedCount > 0) json.WriteNumber("num_deleted"u8, DeletedCount);
        json.WriteListUnlessEmpty("deleted"u8, Deleted, static (writer, sequence) => writer.WriteNumberValue(sequence));
        Lost?.Write(json);
        json.WriteNumber("consumer_count"u8, Consumers);
    }
}
