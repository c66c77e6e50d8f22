using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;

namespace NATS.Server.JetStream.Api;

/// <summary>By the account's executor. Backups of streams, and streams from backups: what is judged before either begins.</summary>
internal static class BackupEndpoints
{
    public static void Snapshot(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.BadRequest);
            return;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return;
        if (!ApiRequestReader.TryReadSnapshot(call.Payload, call.IsStrict, out SnapshotRequest request, out string? problem)) call.Refuse(ApiErrors.InvalidJSON(problem));
        else if (!SubjectText.IsValidPublish(request.DeliverSubject)) call.Refuse(ApiErrors.SnapshotDeliverSubjectInvalid);
        else new SnapshotSender(call, account, stream, request).Start();
    }

    public static void Restore(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.BadRequest);
            return;
        }

        if (!ApiRequestReader.TryReadRestore(call.Payload, call.IsStrict, out RestoreRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        string name = call.Api.Stream;
        StreamConfig config = request.Config.Name.Length == 0 ? request.Config with { Name = name } : request.Config;
        if (StreamRequestRules.Restore(name, ref config, account.View()) is { } refusal) call.Refuse(refusal);
        else if (account.TryGetStream(name, out _) || account.TryGetOffline(name, out _)) call.Refuse(ApiErrors.StreamNameExistRestoreFailed);
        else new RestoreReceiver(call, account, config).Start();
    }
}
