namespace NATS.Server.Core.Storage;

/// <summary>What <c>index.db</c> says of a subject, besides its name.</summary>
/// <param name="Messages">How many messages it has.</param>
/// <param name="FirstBlock">The block of the first; it may be too low, never too high.</param>
/// <param name="LastBlock">The block of the last.</param>
public readonly record struct StoredSubject(ulong Messages, uint FirstBlock, uint LastBlock);
