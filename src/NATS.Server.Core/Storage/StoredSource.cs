namespace NATS.Server.Core.Storage;

/// <summary>How far a stream has read one of its sources.</summary>
/// <param name="Name">The reference's name of the source: stream, filters and destinations.</param>
/// <param name="Sequence">The last sequence of the source that was stored; never 0.</param>
/// <param name="Identity">What tells the source from another of the same name that was made later.</param>
public readonly record struct StoredSource(string Name, ulong Sequence, string Identity);
