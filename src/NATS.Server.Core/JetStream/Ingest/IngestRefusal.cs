using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. What traces say of messages that a stream refuses: not always what their publishers are told.</summary>
public static class IngestRefusal
{
    /// <summary>A message with its id was stored before.</summary>
    public const string Duplicate = "msgid is duplicate";

    private const string TooLarge = "maximum payload exceeded";

    /// <summary>Whether it is known of a refused message under which subject it would have been stored: nothing is wrong with it but that there is no room, or its lifetime.</summary>
    public static bool IsLate(in ApiError error) => error.ErrorCode is ApiErrorCode.AccountResourcesExceeded or ApiErrorCode.NoLimits or ApiErrorCode.MessageTTLInvalid;

    /// <summary>The text of a refusal.</summary>
    /// <param name="error">What the publisher is told.</param>
    /// <param name="headers">Of the message.</param>
    /// <param name="isBySubject">Of a wrong sequence: it is that of a subject.</param>
    public static string TextOf(in ApiError error, ReadOnlySpan<byte> headers, bool isBySubject) => error.ErrorCode switch
    {
        ApiErrorCode.StreamNotMatch or ApiErrorCode.StreamStoreFailed or ApiErrorCode.StreamRollupFailed => error.Description,
        ApiErrorCode.StreamMessageExceedsMaximum or ApiErrorCode.StreamHeaderExceedsMaximum => TooLarge,
        ApiErrorCode.MessageTTLDisabled => "message TTL disabled",
        ApiErrorCode.StreamWrongLastSequence => WrongSequence(error, headers, isBySubject),
        ApiErrorCode.StreamWrongLastMsgID => WrongId(error, headers),
        _ => error.ToString(),
    };

    private static string WrongSequence(in ApiError error, ReadOnlySpan<byte> headers, bool isBySubject)
    {
        IngestHeader header = isBySubject ? IngestHeader.ExpectedLastSubjectSequence : IngestHeader.ExpectedLastSequence;
        ulong expected = unchecked((ulong)IngestNumber.Parse(new IngestHeaders(headers)[header]));
        string last = error.Description[ApiErrors.StreamWrongLastSequence(0).Description.TrimEnd('0').Length..];
        return string.Create(CultureInfo.InvariantCulture, $"last sequence {(isBySubject ? "by subject " : "")}mismatch: {expected} vs {last}");
    }

    private static string WrongId(in ApiError error, ReadOnlySpan<byte> headers)
    {
        string expected = Encoding.UTF8.GetString(new IngestHeaders(headers)[IngestHeader.ExpectedLastMessageId]);
        string last = error.Description[ApiErrors.StreamWrongLastMsgID("").Description.Length..];
        return $"last msgid mismatch: {QuotedText.Quote(expected)} vs {QuotedText.Quote(last)}";
    }
}
