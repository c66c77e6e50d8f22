using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Api;

/// <summary>Any thread. Takes the requests of the system account: it has no JetStream, but may do away with that of others.</summary>
/// <param name="engine">The server's JetStream.</param>
/// <param name="port">The system account.</param>
internal sealed class SystemApiTarget(JetStreamEngine engine, IAccountPort port) : IMessageTarget
{
    private static readonly ApiRoute NoRoute = new(ApiEndpoint.None, "", "system");
    private static readonly string[] Silent = ["META.", "SERVER.", "ACCOUNT."];

    /// <summary>What it is subscribed to.</summary>
    public static ReadOnlySpan<byte> Subject => "$JS.API.>"u8;

    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        string subject = Encoding.UTF8.GetString(message.Subject);
        if (ApiSubject.TryParse(subject, out ApiSubject api) && api.Endpoint == ApiEndpoint.AccountPurge)
        {
            var request = new ApiRequest(subject, api, message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), sender.Describe(message))
            {
                Span = engine.Services.Spans?.Begin(port.Name, subject, api, message.Headers, message.Payload.Length),
            };
            Purge(batch, request);
            return true;
        }

        // What only the leader of a cluster answers.
        if (message.Reply.IsEmpty || Array.Exists(Silent, start => subject.AsSpan(ApiSubject.Prefix.Length).StartsWith(start, StringComparison.Ordinal))) return true;
        var output = new ArrayBufferWriter<byte>(256);
        ApiAnswer.WriteError(output, api.Endpoint == ApiEndpoint.AccountInfo ? api.Route : NoRoute, ApiErrors.NotEnabledForAccount);
        port.Publish(batch, message.Reply, default, default, output.WrittenSpan);
        return true;
    }

    private void Purge(MessageBatch batch, ApiRequest request)
    {
        string name = request.Api.Account;
        var call = new ApiCall(engine, port, null, request, batch);
        if (name.AsSpan().ContainsAny('\\', '/'))
        {
            call.Refuse(ApiErrors.StreamGeneralError("account name can not contain path separators"));
        }
        else if (!engine.TryGetAccount(name, out JetStreamAccount? account))
        {
            ApiLog.AccountPurge(engine.Services.Log, name, 0, hasAccount: false);
            call.Answer(AccountPurgeAnswer.Instance);
        }
        else if (!account.TryPost(owner => Purge(new ApiCall(engine, port, null, request), owner)))
        {
            call.Refuse(ApiErrors.InsufficientResources);
        }
    }

    private static void Purge(ApiCall call, JetStreamAccount account)
    {
        IReadOnlyList<Stream> streams = account.Streams;
        IReadOnlyList<OfflineStream> offline = account.OfflineStreams;
        ApiLog.AccountPurge(call.Services.Log, account.Name, streams.Count + offline.Count, hasAccount: true);
        foreach (Stream stream in streams)
        {
            if (StreamEndpoints.Delete(call, account, stream) is not { } failure) continue;
            call.Refuse(ApiErrors.StreamDelete(failure.Description));
            return;
        }

        foreach (OfflineStream stream in offline)
        {
            if (StreamEndpoints.Delete(call, account, stream) is not { } failure) continue;
            call.Refuse(ApiErrors.StreamDelete(failure.Description));
            return;
        }

        call.Answer(AccountPurgeAnswer.Instance);
    }
}
