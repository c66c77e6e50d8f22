using System.Text.Json;
using NATS.Server.Delivery;

namespace NATS.Server.SystemEvents;

/// <summary>What typed events begin with. Immutable.</summary>
/// <param name="Type">The name of its schema.</param>
/// <param name="Id">Not used twice.</param>
/// <param name="Time">When it happened.</param>
internal sealed record EventHead(string Type, string Id, DateTimeOffset Time)
{
    public const string ClientConnect = "io.nats.server.advisory.v1.client_connect";
    public const string ClientDisconnect = "io.nats.server.advisory.v1.client_disconnect";
    public const string AccountConnections = "io.nats.server.advisory.v1.account_connections";
    public const string OcspPeerReject = "io.nats.server.advisory.v1.ocsp_peer_reject";
    public const string OcspLinkInvalid = "io.nats.server.advisory.v1.ocsp_peer_link_invalid";

    /// <summary>The head of a new event.</summary>
    public static EventHead New(string type, DateTimeOffset time) => new(type, EventId.New(), time);

    /// <summary>Writes its fields into an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("type"u8, Type);
        json.WriteString("id"u8, Id);
        json.WriteTime("timestamp"u8, Time);
    }
}
