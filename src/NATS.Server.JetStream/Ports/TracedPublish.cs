namespace NATS.Server.JetStream.Ports;

/// <summary>What becomes of a traced message in a stream. Owned by the publisher's thread during the call that passes it.</summary>
/// <param name="isOnly">The message is judged, but not kept.</param>
internal sealed class TracedPublish(bool isOnly)
{
    /// <summary>The message is judged, but not kept.</summary>
    public bool IsOnly => isOnly;

    /// <summary>Under which it is kept, or would be; empty when it is refused before that is asked.</summary>
    public string Subject { get; set; } = "";

    /// <summary>Nobody is interested in it, and only what somebody is interested in is kept.</summary>
    public bool NoInterest { get; set; }

    /// <summary>Why it is not kept; empty when it is.</summary>
    public string Error { get; set; } = "";
}
