using NATS.Server.Core.JetStream.Api;

namespace NATS.Server.JetStream.Streams;

/// <summary>Pure. What a stream says to who asks it for messages when it has none to give, and which requests contradict themselves.</summary>
internal static class DirectGetStatus
{
    public static ReadOnlySpan<byte> NotFound => "NATS/1.0 404 Message Not Found\r\n\r\n"u8;

    public static ReadOnlySpan<byte> NoResults => "NATS/1.0 404 No Results\r\n\r\n"u8;

    public static ReadOnlySpan<byte> EmptyRequest => "NATS/1.0 408 Empty Request\r\n\r\n"u8;

    public static ReadOnlySpan<byte> MalformedRequest => "NATS/1.0 408 Malformed Request\r\n\r\n"u8;

    public static ReadOnlySpan<byte> BadRequest => "NATS/1.0 408 Bad Request\r\n\r\n"u8;

    public static ReadOnlySpan<byte> RequiredApiLevel => "NATS/1.0 412 Required Api Level\r\n\r\n"u8;

    public static ReadOnlySpan<byte> TooManyResults => "NATS/1.0 413 Too Many Results\r\n\r\n"u8;

    public static ReadOnlySpan<byte> TooManyRequests => "NATS/1.0 429 Too Many Requests\r\n\r\n"u8;

    /// <summary>Why a request can not be answered; empty when it can.</summary>
    public static ReadOnlySpan<byte> Judge(MessageGetRequest request)
    {
        bool bySequence = request.Sequence > 0;
        bool byTime = request.StartTime is not null;
        bool isLast = request.LastBySubject.Length > 0;
        bool isNext = request.NextBySubject.Length > 0;
        bool isMulti = request.MultiLast is { Count: > 0 };
        if (!bySequence && !byTime && !isLast && !isNext && !isMulti) return EmptyRequest;
        bool contradicts = (isLast && (bySequence || byTime || isNext || isMulti || request.Batch > 0))
            || (bySequence && byTime)
            || (isNext && isMulti)
            || (request.UpToSequence > 0 && request.UpToTime is not null);
        return contradicts ? BadRequest : default;
    }

    /// <summary>Whether a request says nothing of which message is meant: its subject did.</summary>
    public static bool SaysOnlyHowToAnswer(MessageGetRequest request) =>
        request is { Sequence: 0, LastBySubject: "", NextBySubject: "", Batch: 0, StartTime: null, MultiLast: null or { Count: 0 }, UpToSequence: 0, UpToTime: null };
}
