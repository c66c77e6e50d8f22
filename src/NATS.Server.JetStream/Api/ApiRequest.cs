using NATS.Server.Core.JetStream.Api;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Api;

/// <summary>Immutable. A request as it came.</summary>
/// <param name="Subject">Where, without the prefix of a domain.</param>
/// <param name="Api">What the subject says.</param>
/// <param name="Reply">Where the answer goes; empty: nowhere.</param>
/// <param name="Headers">The header block, or empty.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Requester">Who asks, as events tell it; empty where nobody wants to know.</param>
internal sealed record ApiRequest(string Subject, ApiSubject Api, byte[] Reply, byte[] Headers, byte[] Payload, byte[] Requester)
{
    /// <summary>Ends with the answer; null when nobody wants to know how long that takes.</summary>
    public IApiSpan? Span { get; init; }
}
