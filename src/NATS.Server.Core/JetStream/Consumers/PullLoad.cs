namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>What a consumer has to do while a pull request is looked at.</summary>
/// <param name="NowNs">The time, nanoseconds since 1970.</param>
/// <param name="Pending">Messages that were never delivered; a message that is about to be is not one of them.</param>
/// <param name="Queued">Messages that wait to be delivered again.</param>
/// <param name="AckPending">Messages that are delivered and not acknowledged.</param>
public readonly record struct PullLoad(long NowNs, ulong Pending, int Queued, int AckPending);
