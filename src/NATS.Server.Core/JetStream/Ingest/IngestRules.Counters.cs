using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Ingest;

/// <content>Messages that add to a counter: the stream stores the sum.</content>
public sealed partial class IngestRules
{
    private const int SubjectField = 4;

    private bool CheckIncrement(in IngestHeaders headers, bool isTrusted, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> increment = headers[IngestHeader.Increment];
        if (increment.IsEmpty) return true;
        if (!CounterNumber.IsNumber(increment)) plan.Error = ApiErrors.MessageIncrInvalid;
        else if (isTrusted) return true;
        else if (!_config.AllowMessageCounter) plan.Error = ApiErrors.MessageIncrDisabled;
        else if (!plan.Payload.IsEmpty) plan.Error = ApiErrors.MessageIncrPayload;
        else if (Expects(headers)) plan.Error = ApiErrors.MessageIncrInvalid;
        else return true;
        return false;
    }

    private static bool Expects(in IngestHeaders headers) =>
        headers.HasValue(IngestHeader.Rollup) || headers.HasValue(IngestHeader.ExpectedStream) || headers.HasValue(IngestHeader.ExpectedLastMessageId) ||
        headers.HasValue(IngestHeader.ExpectedLastSubjectSequenceSubject) || headers.HasValue(IngestHeader.ExpectedLastSequence) || headers.HasValue(IngestHeader.ExpectedLastSubjectSequence);

    private bool Count(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        if (!headers.HasValue(IngestHeader.Increment))
        {
            plan.Error = ApiErrors.MessageIncrMissing;
            return false;
        }

        bool isCounted = TryCountSmall(headers, host, stage, ref plan, out bool isBroken) || (!isBroken && TryCountAny(headers, host, stage, ref plan));
        if (!isCounted)
        {
            plan.Error = ApiErrors.MessageCounterBroken;
            return false;
        }

        if (plan.Headers.Length + (long)plan.Payload.Length <= LongestCounter) return true;
        plan.Error = ApiErrors.StreamMessageExceedsMaximum;
        return false;
    }

    private int LongestCounter => _config.MaxMessageSize > 0 ? Math.Min(_settings.MaxPayload, _config.MaxMessageSize) : _settings.MaxPayload;

    // The usual: numbers that fit, from no other stream, in no batch. Allocates nothing.
    private static bool TryCountSmall(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan, out bool isBroken)
    {
        isBroken = false;
        if (stage is not null || headers.HasValue(IngestHeader.StreamSource) || !CounterNumber.TryParse(headers[IngestHeader.Increment], out long increment)) return false;
        long before = 0;
        if (host.TryLoadLast(plan.Subject, out ReadOnlySpan<byte> lastHeaders, out ReadOnlySpan<byte> lastPayload))
        {
            if (!CounterState.TryReadPayload(lastPayload, out ReadOnlySpan<byte> digits)) isBroken = true;
            if (isBroken || !CounterNumber.TryParse(digits, out before) || new IngestHeaders(lastHeaders).HasValue(IngestHeader.CounterSources)) return false;
        }

        long sum = unchecked(before + increment);
        if (((before ^ sum) & (increment ^ sum)) < 0) return false;
        Span<byte> text = stackalloc byte[20];
        sum.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        SetCounter(text[..length], ref plan);
        return true;
    }

    private static bool TryCountAny(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        CounterState? state = stage?.CounterOf(plan.Subject);
        if (state is null)
        {
            state = new CounterState();
            if (host.TryLoadLast(plan.Subject, out ReadOnlySpan<byte> lastHeaders, out ReadOnlySpan<byte> lastPayload))
            {
                if (!CounterState.TryReadPayload(lastPayload, out ReadOnlySpan<byte> digits)) return false;
                var last = new IngestHeaders(lastHeaders);
                if (last.HasValue(IngestHeader.CounterSources) && !state.TryReadSources(last[IngestHeader.CounterSources])) return false;
                state.Value = CounterNumber.Parse(digits);
            }
        }

        BigInteger increment = CounterNumber.Parse(headers[IngestHeader.Increment]);
        if (headers.HasValue(IngestHeader.StreamSource))
        {
            // What the other stream has counted since the last message of it, which may be more than this message added there.
            if (!CounterState.TryReadPayload(plan.Payload, out ReadOnlySpan<byte> digits)) return false;
            string[] fields = Encoding.UTF8.GetString(headers[IngestHeader.StreamSource]).Split(' ');
            string subject = fields.Length > SubjectField ? fields[SubjectField] : Encoding.UTF8.GetString(plan.Subject);
            increment = state.Take(fields[0], subject, CounterNumber.Parse(digits));
            plan.SetHeader(IngestHeader.Increment, Encoding.ASCII.GetBytes(increment.ToString(CultureInfo.InvariantCulture)));
        }

        state.Value += increment;
        SetCounter(Encoding.ASCII.GetBytes(state.Value.ToString(CultureInfo.InvariantCulture)), ref plan);
        stage?.SetCounter(plan.Subject, state);
        if (!state.HasSources) return true;
        ArrayBufferWriter<byte> sources = IngestScratch.Cleared(plan.Scratch.Value);
        state.WriteSources(sources);
        plan.SetHeader(IngestHeader.CounterSources, sources.WrittenSpan);
        return true;
    }

    private static void SetCounter(scoped ReadOnlySpan<byte> digits, ref IngestPlan plan)
    {
        ArrayBufferWriter<byte> payload = IngestScratch.Cleared(plan.Scratch.Payload);
        Range value = CounterState.WritePayload(digits, payload);
        plan.Payload = payload.WrittenSpan;
        plan.CounterValue = plan.Payload[value];
    }
}
