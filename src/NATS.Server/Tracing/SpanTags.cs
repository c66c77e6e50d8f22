namespace NATS.Server.Tracing;

/// <summary>Names of what spans say: those of OpenTelemetry's conventions for messaging where it has some, else such as begin with <c>nats</c>.</summary>
internal static class SpanTags
{
    public const string System = "messaging.system";
    public const string SystemName = "nats";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Destination = "messaging.destination.name";
    public const string DestinationTemplate = "messaging.destination.template";
    public const string BodySize = "messaging.message.body.size";
    public const string EnvelopeSize = "messaging.message.envelope.size";
    public const string MessageId = "messaging.message.id";
    public const string Conversation = "messaging.message.conversation_id";
    public const string ClientId = "messaging.client.id";
    public const string PeerAddress = "network.peer.address";
    public const string PeerPort = "network.peer.port";
    public const string ErrorType = "error.type";

    public const string Server = "nats.server.name";
    public const string Account = "nats.account";
    public const string Connection = "nats.connection.id";
    public const string Deliveries = "nats.deliveries";
    public const string Undelivered = "nats.undelivered";
    public const string Subject = "nats.subject";
    public const string From = "nats.subject.from";
    public const string Stream = "nats.stream";
    public const string Consumer = "nats.consumer";
    public const string NoInterest = "nats.no_interest";
    public const string Error = "nats.error";
}
