using System.Globalization;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage.Crashes;

/// <summary>Owned by one test. What has to be in a store, may be and must not be, if the power goes or the process dies at this moment.</summary>
internal sealed class CrashExpectation
{
    // Every message that was ever given a sequence: after a truncation there may be several.
    private readonly Dictionary<ulong, List<ModelMessage>> _stored = [];

    // In the order in which it happened, so that a promise is a prefix.
    private readonly List<ulong> _appended = [];
    private readonly List<ulong> _removed = [];

    private readonly HashSet<ulong> _acknowledged = [];
    private readonly HashSet<ulong> _flushed = [];
    private readonly HashSet<ulong> _goneForGood = [];
    private readonly HashSet<ulong> _gone = [];
    private int _acknowledgedAppends;
    private int _acknowledgedRemovals;
    private int _flushedAppends;
    private int _flushedRemovals;
    private ulong _acknowledgedLast;
    private ulong _flushedLast;

    // What a truncation takes back may be there until it is on the disk.
    private ulong _truncatedLast;

    /// <summary>Begins with what a store was found to hold.</summary>
    /// <param name="model">What the store holds if nothing happens.</param>
    /// <param name="killed">When the process was killed, what was promised before: the rest is there, and becomes durable with the next commit. After a power cut all is durable.</param>
    public CrashExpectation(ModelStore model, CrashExpectation? killed)
    {
        Model = model;
        StreamState state = model.State;
        for (ulong sequence = Math.Max(1, state.FirstSequence); sequence <= state.LastSequence; sequence++)
        {
            if (model.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
            Appending(sequence, message.TimestampNs, Encoding.Latin1.GetString(message.Subject), message.Headers.ToArray(), message.Payload.ToArray());
        }

        Flushed();
        if (killed is null)
        {
            Acknowledged(Now);
            return;
        }

        // What was removed may come back as long as nothing was committed.
        foreach ((ulong sequence, List<ModelMessage> known) in killed._stored)
        {
            if (_stored.TryGetValue(sequence, out List<ModelMessage>? own)) own.AddRange(known);
            else _stored[sequence] = [.. known];
        }

        _truncatedLast = Math.Max(killed._truncatedLast, killed.Model.State.LastSequence);
        _goneForGood.UnionWith(killed._goneForGood);
        _acknowledged.UnionWith(killed._acknowledged);
        _acknowledgedLast = killed._acknowledgedLast;
    }

    public ModelStore Model { get; }

    /// <summary>How many messages are acknowledged.</summary>
    public int AcknowledgedMessages => _acknowledged.Count;

    /// <summary>Everything up to now, to be promised by a commit.</summary>
    public Promise Now => new(_appended.Count, _removed.Count, Model.State.LastSequence);

    /// <summary>A message is about to be stored.</summary>
    public void Appending(ulong sequence, long timestampNs, string subject, byte[] headers, byte[] payload)
    {
        if (!_stored.TryGetValue(sequence, out List<ModelMessage>? known)) _stored[sequence] = known = [];
        known.Add(new ModelMessage(sequence, timestampNs, subject, headers, payload, 0));
        _appended.Add(sequence);
    }

    /// <summary>Messages are about to be removed by a user, after which they stay away.</summary>
    public void Removing(IEnumerable<ulong> sequences) => _removed.AddRange(sequences);

    /// <summary>Messages above a sequence are about to be forgotten, and their sequences with them.</summary>
    public void Truncating(ulong last)
    {
        foreach (HashSet<ulong> set in (HashSet<ulong>[])[_acknowledged, _flushed, _goneForGood, _gone]) set.RemoveWhere(sequence => sequence > last);
        _appended.RemoveAll(sequence => sequence > last);
        _removed.RemoveAll(sequence => sequence > last);
        _acknowledgedAppends = Math.Min(_acknowledgedAppends, _appended.Count);
        _acknowledgedRemovals = Math.Min(_acknowledgedRemovals, _removed.Count);
        _flushedAppends = Math.Min(_flushedAppends, _appended.Count);
        _flushedRemovals = Math.Min(_flushedRemovals, _removed.Count);
        _truncatedLast = Math.Max(_truncatedLast, Model.State.LastSequence);
        _acknowledgedLast = Math.Min(_acknowledgedLast, last);
        _flushedLast = Math.Min(_flushedLast, last);
    }

    /// <summary>The operating system has everything.</summary>
    public void Flushed()
    {
        for (; _flushedAppends < _appended.Count; _flushedAppends++) _flushed.Add(_appended[_flushedAppends]);
        for (; _flushedRemovals < _removed.Count; _flushedRemovals++) _gone.Add(_removed[_flushedRemovals]);
        _flushedLast = Math.Max(_flushedLast, Model.State.LastSequence);
    }

    /// <summary>A commit is told to be done.</summary>
    public void Acknowledged(Promise promise)
    {
        for (; _acknowledgedAppends < Math.Min(promise.Appends, _appended.Count); _acknowledgedAppends++) _acknowledged.Add(_appended[_acknowledgedAppends]);
        for (; _acknowledgedRemovals < Math.Min(promise.Removals, _removed.Count); _acknowledgedRemovals++) _goneForGood.Add(_removed[_acknowledgedRemovals]);
        _acknowledgedLast = Math.Max(_acknowledgedLast, Math.Min(promise.LastSequence, Model.State.LastSequence));
    }

    /// <summary>Holds a store that was opened after the event against this.</summary>
    /// <param name="store">As it was opened.</param>
    /// <param name="isKill">Only the process died: what was flushed is there as well.</param>
    /// <exception cref="StoreMismatchException">Something is missing, altered, invented, or came back.</exception>
    public void Check(IMessageStore store, bool isKill)
    {
        StreamState state = store.State;
        ulong last = isKill ? Math.Max(_flushedLast, _acknowledgedLast) : _acknowledgedLast;
        if (state.LastSequence < last) Fail($"the last sequence is {state.LastSequence}: what was given out up to {last} is given out again");

        // Every record that is destroyed at the end of a block, also one that only told of a removal, counts as one for which a sequence was given out.
        const int DestroyedRecords = 20;
        ulong highest = Math.Max(_truncatedLast, Model.State.LastSequence) + DestroyedRecords;
        if (state.LastSequence > highest) Fail($"the last sequence is {state.LastSequence}, but there never was one above {highest}");
        CheckPresent(store, state, isKill);
        CheckNothingElse(store, state, isKill);
        foreach (ulong sequence in store.Lost?.Sequences ?? [])
        {
            if (IsLive(sequence) && (_acknowledged.Contains(sequence) || (isKill && _flushed.Contains(sequence)))) Fail($"message {sequence} is told to be lost");
        }
    }

    private static void Fail(string what) => throw new StoreMismatchException(what);

    private bool IsLive(ulong sequence) => Model.Load(sequence, out _) == StoreResult.Ok;

    private void CheckPresent(IMessageStore store, StreamState state, bool isKill)
    {
        IEnumerable<ulong> required = isKill ? _acknowledged.Union(_flushed) : _acknowledged;
        foreach (ulong sequence in required)
        {
            if (!IsLive(sequence)) continue;
            StoreResult result = store.Load(sequence, out _);
            if (result == StoreResult.Ok) continue;

            // Others that came back, or were never acknowledged, may have taken the place of the oldest.
            bool isPushedOut = Model.Limits.MaxMessages > 0 && state.Messages >= (ulong)Model.Limits.MaxMessages && sequence < state.FirstSequence;
            if (!isPushedOut) Fail($"{(_acknowledged.Contains(sequence) ? "acknowledged" : "flushed")} message {sequence} answers {result}; the store has {state}");
        }
    }

    private void CheckNothingElse(IMessageStore store, StreamState state, bool isKill)
    {
        ulong found = 0;
        ulong bytes = 0;
        List<ulong> missing = [];
        HashSet<string> subjects = new(StringComparer.Ordinal);
        for (ulong sequence = Math.Max(1, state.FirstSequence); sequence <= state.LastSequence; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok)
            {
                if (IsLive(sequence)) missing.Add(sequence);
                continue;
            }

            found++;
            bytes += (ulong)MessageRecord.LengthOf(message.Subject.Length, message.Headers.Length, message.Payload.Length);
            subjects.Add(Encoding.Latin1.GetString(message.Subject));
            if (!IsKnown(message)) Fail($"message {sequence} was never stored so: '{Encoding.Latin1.GetString(message.Subject)}', {message.Headers.Length}+{message.Payload.Length} bytes");
            if (!IsLive(sequence) && (_goneForGood.Contains(sequence) || (isKill && _gone.Contains(sequence)))) Fail($"message {sequence}, which was removed for good, is back");
        }

        if (found != state.Messages) Fail($"{found} messages can be loaded, and not {string.Join(' ', missing)}, but the state says {state}");
        if (bytes != state.Bytes) Fail($"the messages have {bytes} bytes, but the state says {state}");
        if (subjects.Count != state.Subjects) Fail($"the messages have {subjects.Count} subjects, but the state says {state}");
        ulong totals = 0;
        store.VisitTotals(MessageFilter.All, (_, count) =>
        {
            totals += count;
            return true;
        });
        if (totals != found) Fail(string.Create(CultureInfo.InvariantCulture, $"the subjects have {totals} messages together, but there are {found}"));
    }

    private bool IsKnown(in StoredMessage message)
    {
        if (!_stored.TryGetValue(message.Sequence, out List<ModelMessage>? known)) return false;
        foreach (ModelMessage candidate in known)
        {
            if (candidate.TimestampNs == message.TimestampNs
                && candidate.Subject == Encoding.Latin1.GetString(message.Subject)
                && message.Headers.SequenceEqual(candidate.Headers)
                && message.Payload.SequenceEqual(candidate.Payload)) return true;
        }

        return false;
    }

    /// <summary>What a commit that is asked for now promises once it is done.</summary>
    /// <param name="Appends">How many messages were stored.</param>
    /// <param name="Removals">How many were removed.</param>
    /// <param name="LastSequence">The last sequence.</param>
    public readonly record struct Promise(int Appends, int Removals, ulong LastSequence);
}
