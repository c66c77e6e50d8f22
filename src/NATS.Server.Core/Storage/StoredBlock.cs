using NATS.Server.Core.Collections;

namespace NATS.Server.Core.Storage;

/// <summary>What <c>index.db</c> says of a message block.</summary>
/// <param name="Index">The number in its file name.</param>
/// <param name="Bytes">Bytes of the records of messages that are not deleted.</param>
/// <param name="FirstSequence">Of the first message; one above the last when there is none.</param>
/// <param name="FirstTimeNs">Nanoseconds since 1970; 0 when there is no message.</param>
/// <param name="LastSequence">Of the last message there ever was.</param>
/// <param name="LastTimeNs">Nanoseconds since 1970.</param>
/// <param name="Deleted">Sequences between first and last that are deleted; null for none.</param>
/// <param name="Expiring">How many messages have a time to live.</param>
/// <param name="Scheduled">How many messages are schedules.</param>
public sealed record StoredBlock(
    uint Index,
    ulong Bytes,
    ulong FirstSequence,
    long FirstTimeNs,
    ulong LastSequence,
    long LastTimeNs,
    SequenceSet? Deleted,
    ulong Expiring,
    ulong Scheduled);
