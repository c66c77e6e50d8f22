namespace NATS.Server.Host.Explain;

/// <summary>Something a server says. Immutable.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The JSON of an INFO, or why there is an error.</param>
/// <param name="Headers">Of a message; empty without.</param>
/// <param name="Payload">Of a message.</param>
internal sealed record NatsFrame(NatsFrameKind Kind, string Text, byte[] Headers, byte[] Payload)
{
    /// <summary>One that is a line and nothing more.</summary>
    public static NatsFrame Line(NatsFrameKind kind, string text = "") => new(kind, text, [], []);
}

internal enum NatsFrameKind
{
    Info,
    Message,
    Error,
    Ping,
    Pong,
    Ok,
}
