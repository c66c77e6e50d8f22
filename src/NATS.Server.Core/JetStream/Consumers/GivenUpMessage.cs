namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>A message that was delivered as often as it may be, and was not acknowledged: worth an advisory.</summary>
/// <param name="StreamSequence">Of the message.</param>
/// <param name="Deliveries">How often it was delivered.</param>
public readonly record struct GivenUpMessage(ulong StreamSequence, ulong Deliveries);
