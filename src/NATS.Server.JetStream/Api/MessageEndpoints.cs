using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Api;

/// <summary>By the account's executor. Single messages of streams.</summary>
internal static class MessageEndpoints
{
    public static void Get(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.BadRequest);
            return;
        }

        if (!ApiRequestReader.TryReadMessageGet(call.Payload, call.IsStrict, out MessageGetRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (request.Batch > 0 || request.MaxBytes > 0 || Contradicts(request))
        {
            call.Refuse(ApiErrors.BadRequest);
            return;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        if (Load(stream.Store, request, out StoredMessage message) != StoreResult.Ok)
        {
            call.Refuse(ApiErrors.NoMessageFound);
            return;
        }

        var output = new ArrayBufferWriter<byte>(256 + ((message.Payload.Length + message.Headers.Length) * 2));
        ApiAnswer.Write(output, call.Api.Route, new MessageAnswer(message.Subject, message.Sequence, request.NoHeaders ? [] : message.Headers, message.Payload, message.TimestampNs));
        call.AnswerQuietly(output.WrittenSpan);
    }

    public static void Delete(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.BadRequest);
            return;
        }

        if (!ApiRequestReader.TryReadMessageDelete(call.Payload, call.IsStrict, out MessageDeleteRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        if (stream.Config.Sealed)
        {
            call.Refuse(ApiErrors.StreamSealed);
            return;
        }

        if (stream.Config.DenyDelete)
        {
            call.Refuse(ApiErrors.StreamMsgDeleteFailed("message delete not permitted"));
            return;
        }

        switch (stream.Delete(request.Sequence, request.NoErase))
        {
            case StoreResult.Ok:
                call.AnswerWhenStored(stream, SuccessAnswer.Instance);
                break;
            case StoreResult.NotFound:
                call.Refuse(ApiErrors.SequenceNotFound(request.Sequence), isCounted: false);
                break;
            case StoreResult.Invalid:
                call.Refuse(ApiErrors.StreamMsgDeleteFailed(StoreTexts.Of(StoreResult.NotFound)), isCounted: false);
                break;
            case var failure:
                call.Refuse(ApiErrors.StreamMsgDeleteFailed(StoreTexts.Of(failure)), isCounted: false);
                break;
        }
    }

    /// <summary>Finds the message that a request means.</summary>
    public static StoreResult Load(MessageStore store, MessageGetRequest request, out StoredMessage message)
    {
        ulong sequence = request.StartTime is { } time ? store.SequenceAt(time.ToUnixNanoseconds()) : request.Sequence;
        if (request.NextBySubject.Length > 0) return store.LoadNext(FilterOf(request.NextBySubject), sequence, out message, out _);
        return sequence > 0 ? store.Load(sequence, out message) : store.LoadLast(FilterOf(request.LastBySubject), out message);
    }

    private static MessageFilter FilterOf(string subject) => MessageFilter.Of(Encoding.UTF8.GetBytes(subject));

    // A sequence, the last of a subject and a time exclude each other; the next of a subject may begin at a sequence or a time.
    private static bool Contradicts(MessageGetRequest request)
    {
        bool hasSequence = request.Sequence > 0;
        bool hasLast = request.LastBySubject.Length > 0;
        bool hasNext = request.NextBySubject.Length > 0;
        bool hasTime = request.StartTime is not null;
        return (hasSequence && hasLast) || (hasSequence && hasTime) || (hasTime && hasLast) || (hasLast && hasNext) || !(hasSequence || hasLast || hasNext || hasTime);
    }
}
