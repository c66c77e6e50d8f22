using System.Globalization;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Whether a stream keeps a message without headers, asked in the order in which the stream asks. Pure.</summary>
internal static class StreamJudge
{
    /// <summary>Why it does not; null when it does.</summary>
    /// <param name="stream">The stream as it is.</param>
    /// <param name="account">How people call its account.</param>
    public static StreamRefusal? Refuse(StreamTarget stream, string account)
    {
        StreamConfig config = stream.Config;
        string owner = $"stream {config.Name} of account {account}";
        if (stream.Offline.Length > 0) return new StreamRefusal($"the stream is not served: {stream.Offline}", new ExplainRule("stream", config.Name, owner), $"Start a server that understands stream {config.Name}, or delete the stream.") { IsTaken = false };
        if (stream.IsClosing) return new StreamRefusal("the stream is being closed", new ExplainRule("stream", config.Name, owner), null) { IsTaken = false };
        if (config.Sealed) return Refused("the stream is sealed", "sealed", "true", $"Stream {config.Name} takes nothing any more; publish to another one.");
        if (config.AllowMessageCounter) return Refused("the stream is a counter, and takes only messages with the header Nats-Incr", "allow_msg_counter", "true", "Publish with the header Nats-Incr.");
        if (stream.IsServerFull)
        {
            string limit = config.Storage == StorageType.Memory ? "max_memory_store" : "max_file_store";
            return Refused("the server has no room left for JetStream", limit, "", $"Remove messages or streams, or raise {limit} of jetstream.") with { Rule = new ExplainRule(limit, "", "the server") };
        }

        if (config.Retention == RetentionPolicy.Interest && stream.Interested == 0)
        {
            return Refused("no consumer wants the subject, and messages are kept only while one does", "retention", "interest", $"Create a consumer of stream {config.Name} whose filter matches the subject.") with { IsAcknowledged = true };
        }

        if (stream.Room < 0) return Account($"account {account} may keep nothing in {Word(config.Storage)}");
        if (stream.Room < stream.SmallestMessage) return Account($"account {account} may keep {stream.Room} more bytes in {Word(config.Storage)}, and the message needs {stream.SmallestMessage} without its payload") with { Value = stream.SmallestMessage, Limit = stream.Room };
        if (config.Discard == DiscardPolicy.New && RefuseFull(stream) is { } full) return full;
        return stream.Failure.Length > 0 ? Refused($"the store has failed: {stream.Failure}", "storage", Word(config.Storage), "Look at the disk and at the server's log; the stream goes on after a restart.") : null;

        StreamRefusal Account(string reason)
        {
            string limit = config.Storage == StorageType.Memory ? "max_mem" : "max_file";
            return new StreamRefusal(reason, new ExplainRule($"jetstream.{limit}", "", $"account {account}"), $"Remove messages, or raise {limit} of account {account}.");
        }

        StreamRefusal? RefuseFull(StreamTarget full)
        {
            bool takesAPlace = config.MaxMessagesPerSubject > 0 && full.MessagesOfSubject >= (ulong)config.MaxMessagesPerSubject;
            if (takesAPlace && config.DiscardNewPerSubject) return Full("messages of the subject", "max_msgs_per_subject", full.MessagesOfSubject, config.MaxMessagesPerSubject);
            if (takesAPlace) return null;
            if (config.MaxMessages > 0 && full.Messages >= (ulong)config.MaxMessages) return Full("messages", "max_msgs", full.Messages, config.MaxMessages);
            return config.MaxBytes > 0 && full.Bytes + (ulong)full.SmallestMessage > (ulong)config.MaxBytes ? Full("bytes", "max_bytes", full.Bytes, config.MaxBytes) : null;
        }

        StreamRefusal Full(string what, string rule, ulong value, long limit) =>
            Refused($"it has {value} of {limit} {what}, and new messages are refused (discard: new)", rule, Number(limit), $"Purge stream {config.Name}, raise its {rule}, or let old messages go (discard: old).") with
            {
                Value = (long)value,
                Limit = limit,
            };

        StreamRefusal Refused(string reason, string rule, string value, string hint) => new(reason, new ExplainRule(rule, value, owner), hint);
    }

    /// <summary>What has to go for the message; null for nothing.</summary>
    public static string? Displaces(StreamTarget stream)
    {
        StreamConfig config = stream.Config;
        if (config.MaxMessagesPerSubject > 0 && stream.MessagesOfSubject >= (ulong)config.MaxMessagesPerSubject)
        {
            return $"the oldest message of the subject goes for it: max_msgs_per_subject {config.MaxMessagesPerSubject} is reached";
        }

        if (config.Discard == DiscardPolicy.New) return null;
        if (config.MaxMessages > 0 && stream.Messages >= (ulong)config.MaxMessages) return $"the oldest message goes for it: max_msgs {config.MaxMessages} is reached";
        return config.MaxBytes > 0 && stream.Bytes + (ulong)stream.SmallestMessage > (ulong)config.MaxBytes ? $"the oldest messages go for it: max_bytes {config.MaxBytes} is reached" : null;
    }

    private static string Word(StorageType storage) => storage == StorageType.Memory ? "memory" : "files";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Why a stream does not keep a message. Immutable.</summary>
/// <param name="Reason">As a part of a sentence.</param>
/// <param name="Rule">What decides.</param>
/// <param name="Hint">What could be done; null for nothing.</param>
internal sealed record StreamRefusal(string Reason, ExplainRule Rule, string? Hint)
{
    /// <summary>The stream gets the message all the same, and tells its publisher.</summary>
    public bool IsTaken { get; init; } = true;

    /// <summary>The publisher is told that all is well.</summary>
    public bool IsAcknowledged { get; init; }

    public long? Value { get; init; }

    public long? Limit { get; init; }
}
