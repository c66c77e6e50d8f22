using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Api;

/// <summary>Any thread. Takes the requests of an account and brings them to where they are worked on, one after the other.</summary>
/// <param name="engine">The server's JetStream.</param>
/// <param name="port">The account.</param>
/// <param name="account">The same; null when it has no JetStream, which requesters are then told.</param>
internal sealed class ApiTarget(JetStreamEngine engine, IAccountPort port, JetStreamAccount? account) : IServiceTarget
{
    private static ReadOnlySpan<byte> Next => "CONSUMER.MSG.NEXT."u8;

    private static ReadOnlySpan<byte> Direct => "DIRECT.GET."u8;

    /// <summary>What it is subscribed to.</summary>
    public static ReadOnlySpan<byte> Subject => "$JS.API.>"u8;

    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        if (IsOfAssets(message.Subject)) return false;
        string subject = Encoding.UTF8.GetString(message.Subject);

        // Whoever asks what there is not waits in vain, but is not told that nobody is there.
        if (!ApiSubject.TryParse(subject, out ApiSubject api) || !ApiEndpoints.Has(api.Endpoint)) return true;
        var request = new ApiRequest(subject, api, message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), Describe(api.Endpoint, message, sender))
        {
            Span = engine.Services.Spans?.Begin(port.Name, subject, api, message.Headers, message.Payload.Length),
        };
        if (account is null)
        {
            // It is told no more than that.
            ApiEndpoints.Run(new ApiCall(engine, port, null, request, batch));
            return true;
        }

        var call = new ApiCall(engine, port, account, request);
        bool isInformation = ApiEndpoints.IsInformation(api.Endpoint);
        if (account.TryRequest(isInformation, () => ApiEndpoints.Run(call))) return true;
        Drop(batch, isInformation);
        request.Span?.End(ApiErrors.InsufficientResources);
        return true;
    }

    public string? ExporterOf(ReadOnlySpan<byte> subject) => IsOfAssets(subject) ? null : engine.SystemPort?.Name;

    // Consumers and streams answer these themselves: a requester is told when nobody does.
    private static bool IsOfAssets(ReadOnlySpan<byte> subject) => subject[ApiSubject.Prefix.Length..] is var rest && (rest.StartsWith(Next) || rest.StartsWith(Direct));

    private byte[] Describe(ApiEndpoint endpoint, in InboundMessage message, IMessageSender sender) =>
        endpoint is ApiEndpoint.StreamSnapshot or ApiEndpoint.StreamRestore || port.HasInterest("$JS.EVENT.ADVISORY.API"u8) ? sender.Describe(message) : [];

    private void Drop(MessageBatch batch, bool isInformation)
    {
        ApiLog.LimitReached(engine.Services.Log, isInformation ? "JetStream API info queue" : "JetStream API queue", 1);
        engine.TellSystem(new ApiLimitReachedEvent(engine.Services.ServerName, 1), batch);
    }
}
