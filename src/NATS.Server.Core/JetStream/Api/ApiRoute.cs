namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. An endpoint of the JetStream API: its subject, who answers it, and what is the same in all of its answers.</summary>
/// <param name="Endpoint">Which it is.</param>
/// <param name="Pattern">The subject without <c>$JS.API.</c>, with <c>*</c> for names and <c>&gt;</c> for a tail.</param>
/// <param name="ResponseName">The name in the type of its answers; empty when these are not JSON.</param>
/// <param name="Audience">Who answers, and whom.</param>
/// <param name="ErrorRest">What follows the error in an answer: properties that say nothing then, but are always written.</param>
public sealed record ApiRoute(ApiEndpoint Endpoint, string Pattern, string ResponseName, ApiAudience Audience = ApiAudience.Account, string ErrorRest = "")
{
    private const string Page = ",\"total\":0,\"offset\":0,\"limit\":0";

    /// <summary>All endpoints.</summary>
    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new(ApiEndpoint.AccountInfo, "INFO", "account_info", ApiAudience.Reader),
        new(ApiEndpoint.StreamNames, "STREAM.NAMES", "stream_names", ApiAudience.Reader, Page + ",\"streams\":null"),
        new(ApiEndpoint.StreamList, "STREAM.LIST", "stream_list", ApiAudience.Reader, Page + ",\"streams\":[]"),
        new(ApiEndpoint.StreamInfo, "STREAM.INFO.*", "stream_info", ApiAudience.Reader, Page),
        new(ApiEndpoint.StreamCreate, "STREAM.CREATE.*", "stream_create"),
        new(ApiEndpoint.StreamUpdate, "STREAM.UPDATE.*", "stream_update"),
        new(ApiEndpoint.StreamDelete, "STREAM.DELETE.*", "stream_delete"),
        new(ApiEndpoint.StreamPurge, "STREAM.PURGE.*", "stream_purge", ErrorRest: ",\"purged\":0"),
        new(ApiEndpoint.StreamSnapshot, "STREAM.SNAPSHOT.*", "stream_snapshot"),
        new(ApiEndpoint.StreamRestore, "STREAM.RESTORE.*", "stream_restore", ErrorRest: ",\"deliver_subject\":\"\""),
        new(ApiEndpoint.StreamPeerRemove, "STREAM.PEER.REMOVE.*", "stream_remove_peer"),
        new(ApiEndpoint.StreamPeerEvacuate, "STREAM.PEER.EVACUATE.*", "stream_evacuate_peer"),
        new(ApiEndpoint.StreamCancelMove, "STREAM.CANCEL_MOVE.*", "stream_cancel_move"),
        new(ApiEndpoint.StreamLeaderStepDown, "STREAM.LEADER.STEPDOWN.*", "stream_leader_stepdown"),
        new(ApiEndpoint.MessageGet, "STREAM.MSG.GET.*", "stream_msg_get"),
        new(ApiEndpoint.MessageDelete, "STREAM.MSG.DELETE.*", "stream_msg_delete"),
        new(ApiEndpoint.ConsumerNames, "CONSUMER.NAMES.*", "consumer_names", ApiAudience.Reader, Page + ",\"consumers\":[]"),
        new(ApiEndpoint.ConsumerList, "CONSUMER.LIST.*", "consumer_list", ApiAudience.Reader, Page + ",\"consumers\":[]"),
        new(ApiEndpoint.ConsumerInfo, "CONSUMER.INFO.*.*", "consumer_info", ApiAudience.Reader),
        new(ApiEndpoint.ConsumerCreate, "CONSUMER.CREATE.*", "consumer_create"),
        new(ApiEndpoint.ConsumerCreate, "CONSUMER.CREATE.*.*", "consumer_create"),
        new(ApiEndpoint.ConsumerCreate, "CONSUMER.CREATE.*.*.>", "consumer_create"),
        new(ApiEndpoint.ConsumerCreate, "CONSUMER.DURABLE.CREATE.*.*", "consumer_create"),
        new(ApiEndpoint.ConsumerDelete, "CONSUMER.DELETE.*.*", "consumer_delete"),
        new(ApiEndpoint.ConsumerPause, "CONSUMER.PAUSE.*.*", "consumer_pause", ErrorRest: ",\"paused\":false,\"pause_until\":\"0001-01-01T00:00:00Z\""),
        new(ApiEndpoint.ConsumerUnpin, "CONSUMER.UNPIN.*.*", "consumer_unpin"),
        new(ApiEndpoint.ConsumerLeaderStepDown, "CONSUMER.LEADER.STEPDOWN.*.*", "consumer_leader_stepdown"),
        new(ApiEndpoint.ConsumerReset, "CONSUMER.RESET.*.*", "consumer_reset", ApiAudience.Asset, ",\"reset_seq\":0"),
        new(ApiEndpoint.ConsumerNext, "CONSUMER.MSG.NEXT.*.*", "", ApiAudience.Asset),
        new(ApiEndpoint.DirectGet, "DIRECT.GET.*", "", ApiAudience.Asset),
        new(ApiEndpoint.DirectGetLast, "DIRECT.GET.*.>", "", ApiAudience.Asset),
        new(ApiEndpoint.MetaLeaderStepDown, "META.LEADER.STEPDOWN", "meta_leader_stepdown", ApiAudience.System),
        new(ApiEndpoint.MetaRescue, "META.RESCUE", "meta_rescue", ApiAudience.System),
        new(ApiEndpoint.ServerRemove, "SERVER.REMOVE", "meta_server_remove", ApiAudience.System),
        new(ApiEndpoint.ServerEvacuate, "SERVER.EVACUATE", "meta_server_evacuate", ApiAudience.System),
        new(ApiEndpoint.AccountPurge, "ACCOUNT.PURGE.*", "account_purge", ApiAudience.System),
        new(ApiEndpoint.AccountStreamMove, "ACCOUNT.STREAM.MOVE.*.*", "stream_update", ApiAudience.System),
        new(ApiEndpoint.AccountStreamCancelMove, "ACCOUNT.STREAM.CANCEL_MOVE.*.*", "stream_update", ApiAudience.System),
    ];

    /// <summary>The first route of an endpoint.</summary>
    public static ApiRoute Of(ApiEndpoint endpoint) => All.First(route => route.Endpoint == endpoint);

    /// <summary>The type of its answers, such as <c>io.nats.jetstream.api.v1.stream_info_response</c>.</summary>
    public string ResponseType { get; } = ResponseName.Length == 0 ? "" : $"io.nats.jetstream.api.v1.{ResponseName}_response";
}
