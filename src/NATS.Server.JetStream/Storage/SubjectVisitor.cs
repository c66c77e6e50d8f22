namespace NATS.Server.JetStream.Storage;

/// <summary>Gets a subject (valid during the call only) and its state. False to stop.</summary>
public delegate bool SubjectVisitor(ReadOnlySpan<byte> subject, SubjectState state);

/// <summary>Gets a subject (valid during the call only) and how many messages it has. False to stop.</summary>
public delegate bool SubjectTotalVisitor(ReadOnlySpan<byte> subject, ulong messages);
