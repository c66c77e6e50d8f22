namespace NATS.Server.Testing.JetStream;

/// <summary>A message that a stream sent on account of a publish: an answer, or the message published again.</summary>
/// <param name="Subject">Where it went.</param>
/// <param name="Text">Headers, if there are any, and payload, one byte per character.</param>
public sealed record PublishedAnswer(string Subject, string Text);
