using System.Buffers.Text;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>As its base says. One of the streams that a stream has as sources: messages get new sequences, and a header that says where they come from.</summary>
internal sealed class SourceOrigin : StreamOrigin
{
    private const int LongestNumber = 20;
    private readonly string _domain;
    private readonly byte[] _headerName;
    private readonly byte[] _headerSubjects;
    private byte[] _value = new byte[256];
    private byte[] _identityBytes = [];
    private string _identity = "";
    private bool _isRecreated;

    public SourceOrigin(JetStreamServices services, Stream stream, Core.JetStream.Streams.StreamSource source, string domain)
        : base(services, stream, source, level: 5)
    {
        _domain = domain;
        Index = SourceNames.IndexOf(source);
        string[] fields = Index.Split(' ');
        _headerName = Encoding.UTF8.GetBytes(fields[0] + " ");
        _headerSubjects = Encoding.UTF8.GetBytes($" {fields[1]} {fields[2]} ");
    }

    /// <summary>What tells it from the other sources of its stream.</summary>
    public string Index { get; }

    protected override bool ShowsSequence => true;

    protected override char Kind => 'S';

    protected override string Identity => _identity;

    protected override ApiError WrongAcknowledgements => ApiErrors.SourceConsumerRequiresAckFC;

    /// <summary>Goes on after a message that was copied before. Before it starts.</summary>
    public void Resume(ulong sequence, string identity)
    {
        StreamSequence = sequence;
        SetIdentity(identity);
    }

    protected override ApiError SetupFailed(string reason) => ApiErrors.SourceConsumerSetupFailed(reason);

    protected override SourceRequest MakeRequest(string deliverSubject)
    {
        ConfigMetadata metadata = ConfigMetadata.Empty.With("_nats.src.stream", Stream.Name).With("_nats.src.acc", Stream.Port.Name);
        if (_domain.Length > 0) metadata = metadata.With("_nats.src.domain", _domain);
        var request = new SourceRequest
        {
            Source = Source,
            ConsumerName = SourceNames.OfSourceConsumer(Source, Stream.Config.Sources ?? [], Stream.Name, Stream.Port.Name, _domain),
            DeliverSubject = deliverSubject,
            Metadata = metadata,
        };
        if (StreamSequence > 0) return request with { DeliverPolicy = DeliverPolicy.ByStartSequence, StartSequence = StreamSequence + 1 };
        if (Source.StartSequence > 0) return request with { DeliverPolicy = DeliverPolicy.ByStartSequence, StartSequence = Source.StartSequence };
        StreamState state = Stream.Store.State;
        if (Source.StartTime is { } time)
        {
            bool hasYounger = state.LastTimeNs != 0 && time.ToUnixNanoseconds() < state.LastTimeNs;
            return request with { DeliverPolicy = DeliverPolicy.ByStartTime, StartTime = hasYounger ? ZonedTime.FromUnixNanoseconds(state.LastTimeNs) : time };
        }

        // Nothing is left that would tell how far it was, but there was something: what is older than the last message was copied.
        bool wasUsed = state.FirstSequence > 1 && state.LastTimeNs != 0 && !_isRecreated;
        return wasUsed ? request with { DeliverPolicy = DeliverPolicy.ByStartTime, StartTime = ZonedTime.FromUnixNanoseconds(state.LastTimeNs) } : request;
    }

    protected override ApiError? Begin(SourceAnswer answer, string identity)
    {
        if (_isRecreated || (identity.Length > 0 && _identity.Length > 0 && _identity != identity))
        {
            OriginLog.Recreated(Services.Log, Source.Name, Stream.Port.Name, Stream.Name);
            StreamSequence = 0;
        }

        SetIdentity(identity);
        _isRecreated = false;
        StreamSequence = Math.Max(StreamSequence, answer.Delivered);
        return null;
    }

    protected override bool OnRefused(ApiError error)
    {
        if (error.ErrorCode == ApiErrorCode.ConsumerStreamIdentityMismatch)
        {
            SetIdentity("");
            _isRecreated = true;
            StreamSequence = 0;
            return true;
        }

        OriginLog.SourceRefused(Services.Log, Stream.Name, Source.Name, error.ToString());
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

        if (delivery != DeliverySequence + 1)
        {
            if (delivery > DeliverySequence) Retry();
            return;
        }

        ReadOnlySpan<byte> stored = WithHeader(Cleaned(headers), SourceHeader.Key, HeaderOf(sequence, subject));
        CopyResult result = Stream.Copy(batch, Transformed(subject), stored, payload, 0, 0);
        if (result is CopyResult.Stored or CopyResult.Duplicate)
        {
            (StreamSequence, DeliverySequence) = (sequence, delivery);
            SetLag(reply.Pending);
            return;
        }

        if (result == CopyResult.Closed) return;
        if (result != CopyResult.Full) OriginLog.NotStored(Services.Log, Source.Name, Stream.Port.Name, Stream.Name, result);
        Retry();
    }

    // <stream> <sequence> <filters> <destinations> <subject> [<identity>]
    private ReadOnlySpan<byte> HeaderOf(ulong sequence, ReadOnlySpan<byte> subject)
    {
        int length = _headerName.Length + LongestNumber + _headerSubjects.Length + subject.Length + 1 + _identityBytes.Length;
        if (_value.Length < length) _value = new byte[length];
        Span<byte> output = _value;
        _headerName.CopyTo(output);
        int at = _headerName.Length;
        Utf8Formatter.TryFormat(sequence, output[at..], out int digits);
        at += digits;
        _headerSubjects.CopyTo(output[at..]);
        at += _headerSubjects.Length;
        subject.CopyTo(output[at..]);
        at += subject.Length;
        if (_identityBytes.Length == 0) return output[..at];
        output[at++] = (byte)' ';
        _identityBytes.CopyTo(output[at..]);
        return output[..(at + _identityBytes.Length)];
    }

    private void SetIdentity(string identity)
    {
        _identity = identity;
        _identityBytes = Encoding.UTF8.GetBytes(identity);
    }
}
