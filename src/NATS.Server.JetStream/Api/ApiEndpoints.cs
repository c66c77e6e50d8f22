using System.Collections.Frozen;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.JetStream.Api;

/// <summary>Immutable. What is done for each endpoint.</summary>
internal static class ApiEndpoints
{
    private static readonly FrozenDictionary<ApiEndpoint, Action<ApiCall>> Handlers = new Dictionary<ApiEndpoint, Action<ApiCall>>
    {
        [ApiEndpoint.AccountInfo] = AccountEndpoints.Info,
        [ApiEndpoint.StreamCreate] = StreamEndpoints.Create,
        [ApiEndpoint.StreamUpdate] = StreamEndpoints.Update,
        [ApiEndpoint.StreamDelete] = StreamEndpoints.Delete,
        [ApiEndpoint.StreamPurge] = StreamEndpoints.Purge,
        [ApiEndpoint.StreamNames] = StreamEndpoints.Names,
        [ApiEndpoint.StreamList] = StreamEndpoints.List,
        [ApiEndpoint.StreamInfo] = StreamEndpoints.Info,
        [ApiEndpoint.MessageGet] = MessageEndpoints.Get,
        [ApiEndpoint.MessageDelete] = MessageEndpoints.Delete,
        [ApiEndpoint.StreamSnapshot] = BackupEndpoints.Snapshot,
        [ApiEndpoint.StreamRestore] = BackupEndpoints.Restore,
        [ApiEndpoint.ConsumerCreate] = ConsumerEndpoints.Create,
        [ApiEndpoint.ConsumerNames] = ConsumerEndpoints.Names,
        [ApiEndpoint.ConsumerList] = ConsumerEndpoints.List,
        [ApiEndpoint.ConsumerInfo] = ConsumerEndpoints.Info,
        [ApiEndpoint.ConsumerDelete] = ConsumerEndpoints.Delete,
        [ApiEndpoint.ConsumerPause] = ConsumerEndpoints.Pause,
        [ApiEndpoint.ConsumerUnpin] = ConsumerEndpoints.Unpin,
        [ApiEndpoint.ConsumerReset] = ConsumerEndpoints.Reset,
        [ApiEndpoint.StreamPeerRemove] = NeedsCluster,
        [ApiEndpoint.StreamPeerEvacuate] = NeedsCluster,
        [ApiEndpoint.StreamCancelMove] = NeedsCluster,
        [ApiEndpoint.StreamLeaderStepDown] = NeedsCluster,
        [ApiEndpoint.ConsumerLeaderStepDown] = NeedsCluster,
    }.ToFrozenDictionary();

    /// <summary>Whether requests to an endpoint are answered here.</summary>
    public static bool Has(ApiEndpoint endpoint) => Handlers.ContainsKey(endpoint);

    /// <summary>Whether requests to an endpoint only look at what there is: they have a queue limit of their own.</summary>
    public static bool IsInformation(ApiEndpoint endpoint) => endpoint is ApiEndpoint.AccountInfo or ApiEndpoint.StreamNames or ApiEndpoint.StreamList or ApiEndpoint.StreamInfo
        or ApiEndpoint.ConsumerNames or ApiEndpoint.ConsumerList or ApiEndpoint.ConsumerInfo;

    /// <summary>Does what a request asks for, and answers it now or later. Whatever goes wrong, the next request finds everything in order.</summary>
    public static void Run(ApiCall call)
    {
        call.Account?.Api.Begin();
        try
        {
            Handlers[call.Api.Endpoint](call);
        }
#pragma warning disable CA1031 // a defect in one request must not be the end of the account's others
        catch (Exception problem)
#pragma warning restore CA1031
        {
            ApiLog.Failed(call.Services.Log, call.Port.Name, call.Request.Subject, problem);
            call.Refuse(ApiErrors.StreamGeneralError(problem.Message));
        }
        finally
        {
            call.Account?.Api.End();
        }
    }

    private static void NeedsCluster(ApiCall call) => call.Refuse(ApiErrors.ClusterRequired);
}
