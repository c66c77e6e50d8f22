using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <content>What a message expects of the stream, and what it takes the place of.</content>
public sealed partial class IngestRules
{
    private const long Second = 1_000_000_000;

    private bool CheckStreamName(in IngestHeaders headers, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> name = headers[IngestHeader.ExpectedStream];
        if (name.IsEmpty || name.SequenceEqual(_name)) return true;
        plan.Error = ApiErrors.StreamNotMatch;
        return false;
    }

    private static bool AsksForTtl(in IngestHeaders headers) =>
        headers.HasValue(IngestHeader.Ttl) && TimeToLive.TryParse(headers[IngestHeader.Ttl], out long seconds) && seconds != 0;

    private static bool CheckLastOfSubject(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> filter = headers[IngestHeader.ExpectedLastSubjectSequenceSubject];
        if (!headers.HasValue(IngestHeader.ExpectedLastSubjectSequence))
        {
            if (filter.IsEmpty) return true;
            plan.Error = ApiErrors.StreamExpectedLastSeqPerSubjectInvalid;
            return false;
        }

        ulong expected = SequenceOf(headers[IngestHeader.ExpectedLastSubjectSequence]);
        ulong last = host.LastSequenceOf(filter.IsEmpty ? plan.Subject : filter);
        if (last == expected) return true;
        plan.IsRefusedBySubject = true;
        plan.Error = ApiErrors.StreamWrongLastSequence(last);
        return false;
    }

    private static bool CheckLastSequence(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        if (!headers.HasValue(IngestHeader.ExpectedLastSequence)) return true;
        ulong last = host.LastSequence;
        if (SequenceOf(headers[IngestHeader.ExpectedLastSequence]) == last) return true;
        plan.Error = ApiErrors.StreamWrongLastSequence(last);
        return false;
    }

    private static bool CheckLastMessageId(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> expected = headers[IngestHeader.ExpectedLastMessageId];
        if (expected.IsEmpty || expected.SequenceEqual(host.LastMessageId)) return true;
        plan.Error = ApiErrors.StreamWrongLastMsgID(Encoding.UTF8.GetString(host.LastMessageId));
        return false;
    }

    private bool CheckRollup(in IngestHeaders headers, bool isTrusted, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> value = headers[IngestHeader.Rollup];
        bool isAsked = !value.IsEmpty || (plan.ScheduleNs != 0 && !isTrusted);
        if (!isAsked) return true;
        if (!_allowsRollup && !isTrusted) plan.Error = ApiErrors.StreamRollupFailed("rollup not permitted");
        else if (!value.IsEmpty && RollupOf(value) is null) plan.Error = ApiErrors.StreamRollupFailed($"rollup value invalid: {QuotedText.Quote(Encoding.UTF8.GetString(value).ToLowerInvariant())}");
        else return true;
        return false;
    }

    private static IngestRollup? RollupOf(ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(value, "sub"u8)) return IngestRollup.Subject;
        return Ascii.EqualsIgnoreCase(value, "all"u8) ? IngestRollup.All : null;
    }

    // What is no number is a sequence that no message has.
    private static ulong SequenceOf(ReadOnlySpan<byte> digits) => unchecked((ulong)IngestNumber.Parse(digits));
}
