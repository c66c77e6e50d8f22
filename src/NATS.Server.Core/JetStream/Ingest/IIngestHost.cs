using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What <see cref="IngestRules"/> asks of the stream. Called under the stream's lock, only for messages that need the answer.</summary>
public interface IIngestHost
{
    /// <summary>Nanoseconds since 1970.</summary>
    long NowNs { get; }

    /// <summary>Where subject transforms get their chance.</summary>
    Random Random { get; }

    /// <summary>The last sequence of the stream; 0 when there never was one.</summary>
    ulong LastSequence { get; }

    /// <summary>The message id of the last message; empty when it had none.</summary>
    ReadOnlySpan<byte> LastMessageId { get; }

    /// <summary>The store has no room within the server's limits.</summary>
    bool IsServerFull { get; }

    /// <summary>The sequence of the last message that a filter matches, which may have wildcards; 0 when there is none.</summary>
    ulong LastSequenceOf(ReadOnlySpan<byte> filter);

    /// <summary>Reads the last message of a subject.</summary>
    /// <param name="subject">A literal subject.</param>
    /// <param name="headers">Valid until the host is asked again.</param>
    /// <param name="payload">As long.</param>
    bool TryLoadLast(ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> payload);

    /// <summary>Looks into the dedupe window.</summary>
    bool TryFindMessageId(ReadOnlySpan<byte> messageId, out ulong sequence);

    /// <summary>Whether some consumer wants messages of a subject; asked only where retention goes by interest.</summary>
    bool HasInterest(ReadOnlySpan<byte> subject);

    /// <summary>Whether the account has no room for a message.</summary>
    /// <param name="subject">Of the message.</param>
    /// <param name="headersLength">Bytes.</param>
    /// <param name="payloadLength">Bytes.</param>
    /// <param name="error">What the publisher is told.</param>
    bool ExceedsAccount(ReadOnlySpan<byte> subject, int headersLength, int payloadLength, out ApiError error);

    /// <summary>How much is stored: for batches of streams that discard new messages.</summary>
    void Totals(out ulong messages, out ulong bytes);

    /// <summary>How many messages a subject has.</summary>
    ulong MessagesOf(ReadOnlySpan<byte> subject);
}
