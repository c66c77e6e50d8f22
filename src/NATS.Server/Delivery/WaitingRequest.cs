using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>A request to a service that waits for its answer, as seen at one moment. Immutable.</summary>
/// <param name="Subject">Where the answer goes, in the exporting account.</param>
/// <param name="Reply">Where the requester waits, in its own account.</param>
/// <param name="Requester">The requester's account.</param>
/// <param name="IsShared">Whether the responder may know who asks.</param>
/// <param name="IsMeasured">Whether the time until the answer is measured.</param>
/// <param name="Latency">How the service is measured; null: it is not.</param>
/// <param name="HeaderJson">The headers that asked for the measurement, as JSON; null without.</param>
internal sealed record WaitingRequest(
    string Subject, string Reply, string Requester, bool IsShared, bool IsMeasured, ServiceLatencyOptions? Latency, byte[]? HeaderJson);

/// <summary>An entry of <see cref="PendingReplies"/>, copied.</summary>
/// <param name="Ticket">What the answer names the request by.</param>
/// <param name="Reply">Where the requester waits.</param>
/// <param name="Queue">The service.</param>
/// <param name="Measurement">Null when it is not measured.</param>
internal readonly record struct PendingCopy(ulong Ticket, byte[] Reply, ReplyQueue Queue, ServiceMeasurement? Measurement);
