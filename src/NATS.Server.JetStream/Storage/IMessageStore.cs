using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage;

/// <summary>
/// Any thread: one lock inside, held for no callback and no sync. The messages of a stream by sequence and by subject, in files or
/// in memory.
/// </summary>
/// <remarks>
/// Sequences begin with 1 (or the first sequence that the store was created with), grow by one and are never used again. "Now" and all times are
/// nanoseconds since 1970, given by the caller. What a call changed is in memory and readable at once; <see cref="Flush"/> hands it to the operating system
/// (it survives the end of the process) and the commit queue brings it to the device (it survives a power cut). No call throws for what is on disk or
/// for the disk itself: it answers <see cref="StoreResult.DiskFull"/> or <see cref="StoreResult.Failed"/>, and reading goes on.
/// </remarks>
public interface IMessageStore : IDisposable
{
    StoreLimits Limits { get; }

    StreamState State { get; }

    /// <summary>What was found damaged since the store was opened, or null.</summary>
    LostMessages? Lost { get; }

    /// <summary>Why nothing more is stored, or null: text for the health check.</summary>
    string? WriteFailure { get; }

    /// <summary>Stores a message, then removes what is over the limits: first of its subject, then messages, then bytes.</summary>
    /// <param name="message">Copied.</param>
    /// <param name="sequence">The sequence it got; 0 when it was not stored.</param>
    /// <remarks>
    /// Only <see cref="DiscardPolicy.New"/> refuses, and looks at that before the sequence. A message whose subject is full takes the place of the subject's first one: it is
    /// stored even if the stream is full, unless <see cref="StoreLimits.DiscardNewPerSubject"/> (of which those with a Nats-Rollup header are exempt), and it has to
    /// be no larger if bytes are short. Without discarding new ones a message may be removed at once by its own size.
    /// </remarks>
    StoreResult Append(in NewMessage message, out ulong sequence);

    /// <summary>Uses up a number of sequences for which there are no messages.</summary>
    /// <param name="sequence">The first of them, or 0 for the next.</param>
    /// <param name="count">At least 1.</param>
    /// <param name="nowNs">Becomes the time of the last message where it counts.</param>
    /// <param name="advancesTime">Also when there is a last time already (interest retention without interest).</param>
    StoreResult Skip(ulong sequence, ulong count, long nowNs, bool advancesTime);

    /// <summary>Reads a message. <see cref="StoreResult.NotFound"/> up to the last sequence, <see cref="StoreResult.EndOfStream"/> above it.</summary>
    StoreResult Load(ulong sequence, out StoredMessage message);

    /// <summary>The subject of a message, without reading more of it than needed; else <see cref="StoreResult.NotFound"/>.</summary>
    StoreResult SubjectOf(ulong sequence, out ReadOnlyMemory<byte> subject);

    /// <summary>The first message at or after a sequence that a filter matches.</summary>
    /// <param name="filter">All to match any.</param>
    /// <param name="from">0 and 1 are the same.</param>
    /// <param name="message">Valid with <see cref="StoreResult.Ok"/>.</param>
    /// <param name="skippedTo">Its sequence; without one (<see cref="StoreResult.EndOfStream"/>) the last sequence of the store: nothing up to it matches.</param>
    StoreResult LoadNext(MessageFilter filter, ulong from, out StoredMessage message, out ulong skippedTo);

    /// <summary>The last message at or before a sequence that a filter matches; else <see cref="StoreResult.EndOfStream"/>.</summary>
    StoreResult LoadPrevious(MessageFilter filter, ulong from, out StoredMessage message);

    /// <summary>The last message that a filter matches; else <see cref="StoreResult.NotFound"/>. Of all messages that of the last sequence: when it was removed there is none.</summary>
    StoreResult LoadLast(MessageFilter filter, out StoredMessage message);

    /// <summary>The first sequence whose message is as old as a time or younger; one more than the last when there is none. Where times go back, one of those that may be meant.</summary>
    ulong SequenceAt(long timeNs);

    /// <summary>How many messages at or after a sequence a filter matches, and the first and last of them; all 0 when there are none.</summary>
    SubjectState StateOf(MessageFilter filter, ulong from);

    /// <summary>The state of each subject that a filter matches.</summary>
    /// <param name="filter">Which subjects.</param>
    /// <param name="visit">Gets each; false stops. It must not call the store.</param>
    void VisitSubjects(MessageFilter filter, SubjectVisitor visit);

    /// <summary>As <see cref="VisitSubjects"/>, with the number of messages only, and much cheaper.</summary>
    void VisitTotals(MessageFilter filter, SubjectTotalVisitor visit);

    /// <summary>How many messages a consumer has before it.</summary>
    /// <param name="from">Its next sequence.</param>
    /// <param name="filter">What it wants.</param>
    /// <param name="lastPerSubject">Only the last message of each subject counts.</param>
    /// <param name="validThrough">The last sequence that was counted: that of the store.</param>
    ulong Pending(ulong from, MessageFilter filter, bool lastPerSubject, out ulong validThrough);

    /// <summary>The sequences of the last messages, not after a sequence, of all subjects that a filter matches, in order.</summary>
    /// <param name="filter">Which subjects.</param>
    /// <param name="upTo">0 for no bound.</param>
    /// <param name="maximum">More answer <see cref="StoreResult.TooMany"/>; 0 for no bound.</param>
    /// <param name="sequences">Filled, after what was in it is gone; empty when there are too many.</param>
    StoreResult LastSequences(MessageFilter filter, ulong upTo, int maximum, List<ulong> sequences);

    /// <summary>Removes a message. <see cref="StoreResult.NotFound"/> when there is none.</summary>
    StoreResult Remove(ulong sequence);

    /// <summary>Removes a message and overwrites it where it lies with <paramref name="noise"/> (drawn by the caller's source of chance).</summary>
    StoreResult Erase(ulong sequence, Random noise);

    /// <summary>Removes all messages. The last sequence stays.</summary>
    StoreResult Purge(out ulong purged);

    /// <summary>Removes the messages of a filter. Of all messages with a bound it is <see cref="Compact"/>, which moves the last sequence when the bound is above it.</summary>
    /// <param name="filter">Of which subjects.</param>
    /// <param name="before">Only those below this sequence, so 1 for none; 0 for no bound. <see cref="StoreResult.Invalid"/> together with <paramref name="keep"/>.</param>
    /// <param name="keep">How many of the last ones stay; 0 for none.</param>
    /// <param name="purged">How many messages are gone.</param>
    StoreResult Purge(MessageFilter filter, ulong before, ulong keep, out ulong purged);

    /// <summary>
    /// Removes all messages below a sequence; 0 removes all, and keeps the last sequence. Above the last sequence it becomes the first, and the last is one below it; else the first is that of the
    /// next message.
    /// </summary>
    StoreResult Compact(ulong first, out ulong purged);

    /// <summary>
    /// Forgets all messages above a sequence, as if they had never been: their sequences are given out again; 0 forgets everything, the times too. <see cref="StoreResult.EndOfStream"/> above the
    /// last sequence. The last time becomes that of the message, if it is there. For Raft logs and replicas.
    /// </summary>
    StoreResult Truncate(ulong last);

    /// <summary>Removes what a leader's state says is deleted.</summary>
    StoreResult SyncDeleted(IReadOnlyList<DeletedBlock> deleted);

    /// <summary>The state as replicas exchange it.</summary>
    ReplicatedState ReplicatedState(ulong failed, bool withSources);

    /// <summary>How far each source was read, by the name under which it is tracked.</summary>
    IReadOnlyList<StoredSource> Sources { get; }

    /// <summary>Takes over how far sources were read, from a leader's state.</summary>
    void ApplySources(IReadOnlyList<StoredSource> sources);

    /// <summary>The schedules that are due, at most a number of them; they stay until they are stored anew or removed.</summary>
    void DueSchedules(long nowNs, int maximum, List<StoredSchedule> due);

    /// <summary>When the first schedule is due, nanoseconds since 1970; <see cref="long.MaxValue"/> when there is none. May be too early.</summary>
    long NextScheduleNs { get; }

    /// <summary>Says when a schedule is due next.</summary>
    void UpdateSchedule(ReadOnlySpan<byte> subject, long timeNs);

    /// <summary>Changes the limits, and removes what is over them.</summary>
    StoreResult Update(StoreLimits limits, long nowNs);

    /// <summary>Removes what is too old (from the first message to one that is young enough) or has outlived its time, and tells which markers are due.</summary>
    /// <remarks>With markers: the last message of its subject, if it is no marker itself, stays and is told; again after two seconds, if it is still there and still the last.</remarks>
    /// <returns>When to call again; <see cref="long.MaxValue"/> when nothing will expire.</returns>
    long Expire(long nowNs);

    /// <summary>What has to be done now and then: drops caches that are idle, compacts and compresses blocks, writes the snapshot of the index, syncs in the relaxed mode, tries again what failed for lack of space.</summary>
    /// <returns>When to call again.</returns>
    long Maintain(long nowNs);

    /// <summary>Hands all to the operating system.</summary>
    StoreResult Flush();

    /// <summary>Verifies what was written last against memory, writes again what differs, and takes up writing after a failure if that succeeds.</summary>
    StoreResult VerifyAfterFailure();

    /// <summary>Writes the snapshot of the index, syncs and closes. <see cref="IDisposable.Dispose"/> without it closes as a kill would.</summary>
    void Stop(long nowNs);

    /// <summary>Closes and deletes everything.</summary>
    void Delete();
}
