namespace NATS.Server.Core.Subjects;

/// <summary>A stored subscription: what was given to <see cref="Sublist{T}.Insert"/>.</summary>
public readonly record struct SublistEntry<T>(byte[] Subject, byte[]? Queue, T Item) where T : class;

/// <summary>Counters of a <see cref="Sublist{T}"/> since it was made; the figures of a match cache before it are added by the cache's owner.</summary>
/// <param name="Count">Subscriptions stored now (<c>num_subscriptions</c>).</param>
/// <param name="Inserts">Subscriptions ever inserted (<c>num_inserts</c>).</param>
/// <param name="Removes">Subscriptions ever removed (<c>num_removes</c>).</param>
/// <param name="Matches">Calls of <see cref="Sublist{T}.Match"/> (those that a cache answered are not among them).</param>
public readonly record struct SublistStats(int Count, long Inserts, long Removes, long Matches);
