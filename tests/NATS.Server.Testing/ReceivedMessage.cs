namespace NATS.Server.Testing;

/// <summary>A message as a client got it. One byte per <see cref="char"/>. Immutable.</summary>
/// <param name="Subject">On which it came.</param>
/// <param name="Sid">The subscription.</param>
/// <param name="Reply">Empty for none.</param>
/// <param name="Headers">The header block with its version line; empty for a message without.</param>
/// <param name="Payload">What follows.</param>
public sealed record ReceivedMessage(string Subject, string Sid, string Reply, string Headers, string Payload)
{
    /// <summary>Headers and payload.</summary>
    public string Text => Headers + Payload;

    /// <summary>The word it came with: MSG or HMSG.</summary>
    public string Operation => Headers.Length > 0 ? "HMSG" : "MSG";
}
