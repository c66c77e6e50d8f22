namespace NATS.Server.SystemEvents;

/// <summary>A subject of the system account that the server answers. Immutable.</summary>
/// <param name="Subject">May have wildcards.</param>
/// <param name="Handler">Knows the answer.</param>
/// <param name="NeedsReply">Whether a message without reply subject means nothing.</param>
internal sealed record RequestRoute(string Subject, RequestHandler Handler, bool NeedsReply = true);
