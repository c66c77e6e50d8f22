using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A request to the API was answered.</summary>
/// <param name="Server">The name of the server.</param>
/// <param name="Client">Who asked: the header <c>Nats-Request-Info</c>.</param>
/// <param name="RequestSubject">What was asked.</param>
/// <param name="Request">The payload.</param>
/// <param name="Response">The answer.</param>
public sealed record ApiAuditEvent(string Server, ReadOnlyMemory<byte> Client, string RequestSubject, ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte> Response) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AuditSubject;

    public string Name => "advisory.v1.api_audit";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("server"u8, Server);
        JetStreamEvents.WriteClient(json, Client);
        json.WriteString("subject"u8, RequestSubject);
        json.WriteTextUnlessEmpty("request"u8, JsonText.FromWire(Request.Span));
        json.WriteString("response"u8, JsonText.FromWire(Response.Span));
    }
}

/// <summary>Immutable. Requests to the API were dropped because too many waited. For the system account.</summary>
/// <param name="Server">The name of the server.</param>
/// <param name="Dropped">How many.</param>
public sealed record ApiLimitReachedEvent(string Server, long Dropped) : IJetStreamEvent, IDomainInside
{
    public string Subject => "$JS.EVENT.ADVISORY.API.LIMIT_REACHED";

    public string Name => "advisory.v1.api_limit_reached";

    public void WriteProperties(Utf8JsonWriter json) => json.WriteString("server"u8, Server);

    void IDomainInside.WriteRest(Utf8JsonWriter json, string domain)
    {
        json.WriteTextUnlessEmpty("domain"u8, domain);
        json.WriteNumber("dropped"u8, Dropped);
    }
}

/// <summary>Immutable. The disk is full. For the system account.</summary>
/// <param name="Server">The name of the server.</param>
/// <param name="ServerId">Its id.</param>
/// <param name="Stream">The stream that found it; may be empty.</param>
/// <param name="Cluster">The name of its cluster; empty when there is none.</param>
public sealed record OutOfStorageEvent(string Server, string ServerId, string Stream, string Cluster) : IJetStreamEvent
{
    public string Subject => "$JS.EVENT.ADVISORY.SERVER.OUT_OF_STORAGE";

    public string Name => "advisory.v1.server_out_of_space";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("server"u8, Server);
        json.WriteString("server_id"u8, ServerId);
        json.WriteTextUnlessEmpty("stream"u8, Stream);
        json.WriteString("cluster"u8, Cluster);
    }
}
