namespace NATS.Server.Core.Storage;

/// <summary>What <c>index.db</c> says of a stream as a whole.</summary>
/// <param name="Messages">How many messages there are.</param>
/// <param name="Bytes">Bytes of their records.</param>
/// <param name="FirstSequence">Of the first message; one above the last when there is none.</param>
/// <param name="FirstTimeNs">Nanoseconds since 1970 of the first message, 0 for none.</param>
/// <param name="LastSequence">Of the last message there ever was.</param>
/// <param name="LastTimeNs">Its time, 0 for none.</param>
public readonly record struct StreamTotals(ulong Messages, ulong Bytes, ulong FirstSequence, long FirstTimeNs, ulong LastSequence, long LastTimeNs);
