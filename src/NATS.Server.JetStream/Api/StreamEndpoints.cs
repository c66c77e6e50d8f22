using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Api;

/// <summary>By the account's executor. Streams come, change, go, and are looked at.</summary>
internal static class StreamEndpoints
{
    public static void Create(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (!StreamConfigJson.TryReadRequest(call.Payload, call.IsStrict, out StreamRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (StreamRequestRules.Create(call.Api.Stream, request, account.View(), out StreamConfig config) is { } refusal)
        {
            call.Refuse(refusal);
            return;
        }

        if (call.IsOffline(account, config.Name)) return;
        bool isNew = !account.TryGetStream(config.Name, out Stream? stream);
        if (isNew && account.CreateStream(config, out stream) is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        // As it was before anything came: it may be about these events.
        StreamInfo info = StreamReport.Of(stream!, call.Services, StreamReport.StateOf(stream!));
        if (isNew) call.Events.Publish(new StreamActionEvent(config.Name, AssetAction.Create));
        call.Answer(new StreamCreatedAnswer(info, DidCreate: true));
    }

    public static void Update(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (!StreamConfigJson.TryReadRequest(call.Payload, call.IsStrict, out StreamRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        string name = call.Api.Stream;
        if (call.IsOffline(account, name)) return;
        account.TryGetStream(name, out Stream? stream);
        if (StreamRequestRules.Update(name, request, account.View(), ConsumersOf(stream), out StreamConfig config) is { } refusal)
        {
            call.Refuse(refusal);
            return;
        }

        if (JetStreamAccount.UpdateStream(stream!, config) is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        call.Events.Publish(new StreamActionEvent(name, AssetAction.Modify));
        call.Answer(StreamReport.Of(stream!, call.Services, StreamReport.StateOf(stream!), call.Engine.Options.Domain));
    }

    public static void Delete(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (!ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.NotEmptyRequest);
            return;
        }

        if (account.TryGetOffline(call.Api.Stream, out OfflineStream? offline))
        {
            if (Delete(call, account, offline) is { } problem) call.Refuse(problem);
            else call.Answer(SuccessAnswer.Instance);
            return;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        if (Delete(call, account, stream) is { } failure) call.Refuse(failure);
        else call.Answer(SuccessAnswer.Instance);
    }

    /// <summary>Deletes a stream with its consumers, and tells of it.</summary>
    public static ApiError? Delete(ApiCall call, JetStreamAccount account, Stream stream)
    {
        if (account.DeleteStream(stream) is { } failure) return failure;
        new Ports.EventPublisher(account.Port, call.Services, account.Domain).Publish(new StreamActionEvent(stream.Name, AssetAction.Delete));
        return null;
    }

    /// <summary>Deletes a stream that is not served, and tells of it.</summary>
    public static ApiError? Delete(ApiCall call, JetStreamAccount account, OfflineStream stream)
    {
        if (account.DeleteStream(stream) is { } failure) return failure;
        new Ports.EventPublisher(account.Port, call.Services, account.Domain).Publish(new StreamActionEvent(stream.Name, AssetAction.Delete));
        return null;
    }

    public static void Purge(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        PurgeRequest request = new();
        if (ApiRequestReader.IsObjectOrArray(call.Payload))
        {
            if (!ApiRequestReader.TryReadPurge(call.Payload, call.IsStrict, out request, out string? problem))
            {
                call.Refuse(ApiErrors.InvalidJSON(problem));
                return;
            }

            if (request is { Sequence: > 0, Keep: > 0 })
            {
                call.Refuse(ApiErrors.BadRequest);
                return;
            }
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        if (stream.Config.Sealed)
        {
            call.Refuse(ApiErrors.StreamSealed);
        }
        else if (stream.Config.DenyPurge)
        {
            call.Refuse(ApiErrors.StreamPurgeFailed("stream purge not permitted"));
        }
        else
        {
            StoreResult result = stream.Purge(MessageFilter.Of(Encoding.UTF8.GetBytes(request.Filter)), request.Sequence, request.Keep, out ulong purged);
            if (result == StoreResult.Ok) call.AnswerWhenStored(stream, new PurgedAnswer(purged));
            else call.Refuse(ApiErrors.StreamGeneralError(StoreTexts.Of(result)), isCounted: false);
        }
    }

    public static void Names(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account) || !TryReadPage(call, areNames: true, out PageRequest request)) return;
        List<Listed> streams = Filtered(account, request.Subject);
        int offset = (int)Math.Min(request.Offset, streams.Count);
        string[] names = [.. streams.Skip(offset).Take(Page.NamesLimit).Select(static stream => stream.Config.Name)];
        call.Answer(new NamesAnswer(new Page(streams.Count, offset, Page.NamesLimit), names, AreConsumers: false));
    }

    public static void List(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account) || !TryReadPage(call, areNames: false, out PageRequest request)) return;
        List<Listed> streams = Filtered(account, request.Subject);
        int offset = (int)Math.Min(request.Offset, streams.Count);
        List<StreamInfo> infos = [];
        List<KeyValuePair<string, string>> offline = [];
        foreach ((StreamConfig config, Stream? stream, string reason) in streams.Skip(offset))
        {
            if (infos.Count == Page.ListLimit) break;
            if (stream is null) offline.Add(KeyValuePair.Create(config.Name, reason));
            else infos.Add(StreamReport.Of(stream, call.Services, StreamReport.StateOf(stream), call.Engine.Options.Domain, showsServer: false));
        }

        call.Answer(new ListAnswer<StreamInfo>(new Page(streams.Count, offset, Page.ListLimit), "streams", infos, offline));
    }

    public static void Info(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        StreamInfoRequest request = new();
        if (ApiRequestReader.IsObjectOrArray(call.Payload) && !ApiRequestReader.TryReadStreamInfo(call.Payload, call.IsStrict, out request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        SubjectTotals? subjects = null;
        Page page = default;
        if (request.SubjectsFilter.Length > 0)
        {
            subjects = new SubjectTotals(request.Offset);
            stream.Store.VisitTotals(MessageFilter.Of(Encoding.UTF8.GetBytes(request.SubjectsFilter)), (subject, messages) =>
            {
                subjects.Add(subject, messages);
                return true;
            });
            if (subjects.Total > 0) page = new Page(subjects.Total, request.Offset, SubjectTotals.PageSize);
        }

        StreamStateInfo state = StreamReport.StateOf(stream, request.DeletedDetails, subjects);
        call.Answer(new StreamInfoAnswer(page, StreamReport.Of(stream, call.Services, state, call.Engine.Options.Domain, cluster: new ClusterInfo(call.Services.ServerName))));
    }

    private static bool TryReadPage(ApiCall call, bool areNames, out PageRequest request)
    {
        request = new PageRequest();
        if (!ApiRequestReader.IsObjectOrArray(call.Payload) || ApiRequestReader.TryReadStreamPage(call.Payload, call.IsStrict, areNames, out request, out string? problem)) return true;
        call.Refuse(ApiErrors.InvalidJSON(problem));
        return false;
    }

    // In the order of their names, as bytes sort them.
    private static List<Listed> Filtered(JetStreamAccount account, string subject)
    {
        IEnumerable<Listed> streams = account.Streams.Select(static stream => new Listed(stream.Config, stream, ""));
        IReadOnlyList<OfflineStream> offline = account.OfflineStreams;
        if (offline.Count > 0)
        {
            streams = streams.Concat(offline.Select(static stream => new Listed(stream.Config with { Name = stream.Name }, null, stream.Reason)))
                .OrderBy(static stream => stream.Config.Name, StringComparer.Ordinal);
        }

        return [.. subject.Length == 0 ? streams : streams.Where(stream => stream.Config.Subjects is { } subjects && subjects.Any(own => SubjectText.Collide(subject, own)))];
    }

    // One that is not served has no stream, but a reason.
    private readonly record struct Listed(StreamConfig Config, Stream? Stream, string Reason);

    private static Dictionary<string, ConsumerConfig> ConsumersOf(Stream? stream) =>
        stream?.Consumers.ToDictionary(static consumer => consumer.Name, static consumer => consumer.Config, StringComparer.Ordinal) ?? [];
}
