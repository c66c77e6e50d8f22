using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>As its base says. The stream that a stream mirrors: messages keep their sequences and times, what is missing there is missing here.</summary>
internal sealed class MirrorOrigin : StreamOrigin
{
    // With fewer messages to come the mirror is good enough to answer direct gets.
    private const ulong CaughtUpThreshold = 10;
    private readonly string _domain;

    public MirrorOrigin(JetStreamServices services, Stream stream, string domain)
        : base(services, stream, stream.Config.Mirror!, level: 4) => _domain = domain;

    protected override bool ShowsSequence => false;

    protected override char Kind => 'M';

    protected override ApiError WrongAcknowledgements => ApiErrors.MirrorConsumerRequiresAckFC;

    protected override ApiError SetupFailed(string reason) => ApiErrors.MirrorConsumerSetupFailed(reason);

    protected override SourceRequest MakeRequest(string deliverSubject)
    {
        ConfigMetadata metadata = ConfigMetadata.Empty.With("_nats.mirror.stream", Stream.Name).With("_nats.mirror.acc", Stream.Port.Name);
        if (_domain.Length > 0) metadata = metadata.With("_nats.mirror.domain", _domain);
        var request = new SourceRequest
        {
            Source = Source,
            ConsumerName = SourceNames.OfMirrorConsumer(Stream.Name, Stream.Port.Name, _domain),
            DeliverSubject = deliverSubject,
            Metadata = metadata,
        };

        // Where to begin is only asked the first time.
        StreamState state = Stream.Store.State;
        if (state.Messages > 0 || state.FirstSequence > 0) return request with { DeliverPolicy = DeliverPolicy.ByStartSequence, StartSequence = state.LastSequence + 1 };
        if (Source.StartSequence > 0) return request with { DeliverPolicy = DeliverPolicy.ByStartSequence, StartSequence = Source.StartSequence };
        return Source.StartTime is { } time ? request with { DeliverPolicy = DeliverPolicy.ByStartTime, StartTime = time } : request with { DeliverPolicy = DeliverPolicy.All };
    }

    protected override ApiError? Begin(SourceAnswer answer, string identity)
    {
        if (!Stream.TrySkipTo(answer.Delivered)) return SetupFailed("messages could not be skipped");
        StreamSequence = Math.Max(answer.Delivered, Stream.Store.State.LastSequence);
        AnswerDirectly(answer.Pending);
        return null;
    }

    protected override bool OnRefused(ApiError error)
    {
        OriginLog.MirrorRefused(Services.Log, error.ToString());
        return false;
    }

    protected override void TakeMessage(MessageBatch batch, in AckReply reply, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        (ulong sequence, ulong delivery) = (reply.StreamSequence, reply.ConsumerSequence);
        if (sequence <= StreamSequence)
        {
            if (delivery == DeliverySequence + 1) DeliverySequence++;
            return;
        }

        // Between two deliveries that follow one another the other stream has no messages.
        bool isNext = sequence == StreamSequence + 1;
        if (!isNext && (delivery != DeliverySequence + 1 || !Stream.TrySkipTo(sequence - 1)))
        {
            Retry();
            return;
        }

        CopyResult result = Stream.Copy(batch, Transformed(subject), Cleaned(headers), payload, sequence, reply.TimeNs);
        if (result == CopyResult.Stored)
        {
            (StreamSequence, DeliverySequence) = (sequence, delivery);
            SetLag(reply.Pending);
            AnswerDirectly(reply.Pending);
            return;
        }

        if (result == CopyResult.Closed) return;
        if (result != CopyResult.WrongSequence) OriginLog.NotStored(Services.Log, Source.Name, Stream.Port.Name, Stream.Name, result);
        StreamSequence = Math.Max(StreamSequence, Stream.Store.State.LastSequence);
        Retry();
    }

    private void AnswerDirectly(ulong pending)
    {
        if (pending < CaughtUpThreshold && Stream.Config.MirrorDirect && !Stream.AnswersForMirrored) Stream.AnswerForMirrored(Source.Name);
    }
}
