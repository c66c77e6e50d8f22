namespace NATS.Server.JetStream.Storage;

/// <summary>Reads from the headers of a stored message when it is due.</summary>
/// <param name="headers">The header block.</param>
/// <param name="timestampNs">Of the message, nanoseconds since 1970.</param>
/// <returns>Nanoseconds since 1970; 0 when it is no schedule.</returns>
public delegate long ScheduleReader(ReadOnlySpan<byte> headers, long timestampNs);
