using System.Globalization;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>Owned by one test. A store and its model, to which the same is done, and which are compared after every step.</summary>
public sealed class StorePair : IDisposable
{
    private const long SecondNs = 1_000_000_000;

    private readonly StoreSource _source;
    private readonly RecordingStoreListener _told = new();
    private readonly RecordingStoreListener _expected = new();
    private readonly ulong _firstSequence;
    private IMessageStore _store;
    private ulong _appended;

    public StorePair(StoreSource source, StoreLimits limits, ulong firstSequence)
    {
        _source = source;
        _firstSequence = firstSequence;
        Model = new ModelStore(limits, firstSequence, source.IsFile, _expected);
        _store = source.Create(limits, firstSequence, _told);
    }

    public ModelStore Model { get; }

    /// <summary>The markers that the last step announced.</summary>
    public IReadOnlyList<(ulong Sequence, string Subject)> Markers => _expected.Markers;

    /// <summary>Every filter that <see cref="StoreOperationKind.CompareAll"/> asks for; an empty one is all.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Filters { get; init; } = [];

    /// <summary>The times of messages never go back, so that a message can be found by its time.</summary>
    public bool TimesGrow { get; init; } = true;

    /// <summary>Does a step.</summary>
    /// <exception cref="StoreMismatchException">The store does something else than the model.</exception>
    public void Apply(StoreOperation operation)
    {
        _told.Clear();
        _expected.Clear();
        switch (operation.Kind)
        {
            case StoreOperationKind.Append:
                Append(operation);
                break;
            case StoreOperationKind.Skip:
                ulong count = Math.Max(1, operation.Count);
                Equal("result", Model.Skip(operation.Sequence, count, operation.NowNs, operation.Flag), _store.Skip(operation.Sequence, count, operation.NowNs, operation.Flag));
                break;
            case StoreOperationKind.Remove:
                Equal("result", Model.Remove(operation.Sequence), _store.Remove(operation.Sequence));
                EqualRemovals();
                break;
            case StoreOperationKind.Erase:
                Equal("result", Model.Erase(operation.Sequence, new Random(1)), _store.Erase(operation.Sequence, new Random(1)));
                EqualRemovals();
                break;
            case StoreOperationKind.PurgeAll:
                Equal("result", Model.Purge(out ulong expected), _store.Purge(out ulong actual));
                Equal("purged", expected, actual);
                break;
            case StoreOperationKind.Purge:
                Equal(
                    "result",
                    Model.Purge(FilterOf(operation.Filters), operation.Sequence, operation.Count, out expected),
                    _store.Purge(FilterOf(operation.Filters), operation.Sequence, operation.Count, out actual));
                Equal("purged", expected, actual);
                break;
            case StoreOperationKind.Compact:
                Equal("result", Model.Compact(operation.Sequence, out expected), _store.Compact(operation.Sequence, out actual));
                Equal("purged", expected, actual);
                break;
            case StoreOperationKind.Truncate:
                Equal("result", Model.Truncate(operation.Sequence), _store.Truncate(operation.Sequence));
                break;
            case StoreOperationKind.SyncDeleted:
                DeletedBlock[] deleted = [DeletedBlock.OfRange(operation.Sequence, operation.Count)];
                Equal("result", Model.SyncDeleted(deleted), _store.SyncDeleted(deleted));
                break;
            case StoreOperationKind.Update:
                Equal("result", Model.Update(operation.Limits!, operation.NowNs), _store.Update(operation.Limits!, operation.NowNs));
                EqualMarkers();
                break;
            case StoreOperationKind.Expire:
                Expire(operation.NowNs);
                break;
            case StoreOperationKind.Maintain:
                _store.Maintain(operation.NowNs);
                break;
            case StoreOperationKind.Flush:
                Equal("result", Model.Flush(), _store.Flush());
                break;
            case StoreOperationKind.Restart:
                _store.Stop(operation.NowNs);
                Reopen(operation.NowNs);
                if (_store is MessageStore { IsByIndex: false }) throw new StoreMismatchException("the index of a store that was stopped is not used");
                break;
            case StoreOperationKind.Kill:
                Equal("result of the flush", StoreResult.Ok, _store.Flush());
                Reopen(operation.NowNs);
                break;
            case StoreOperationKind.Commit:
                Equal("result", StoreResult.Ok, _source.Commit(_store));
                break;
            case StoreOperationKind.PowerCut:
                Equal("result of the commit", StoreResult.Ok, _source.Commit(_store));
                _source.CutPower((int)operation.Sequence);
                Reopen(operation.NowNs);
                break;
            case StoreOperationKind.CompareAll:
                CompareAll();
                break;
            default:
                Ask(operation);
                break;
        }

        Equal("messages told to be removed", _expected.Messages, _told.Messages);
        Equal("bytes told to be removed", _expected.Bytes, _told.Bytes);
        Equal("damages", "", string.Join("; ", _told.Damages));
        EqualStates();
    }

    public void Dispose() => _store.Dispose();

    private static MessageFilter FilterOf(IReadOnlyList<string> filters) => MessageFilter.OfAny([.. filters.Select(Encoding.Latin1.GetBytes)]);

    private static void Equal<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new StoreMismatchException(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected}, but it is {actual}"));
    }

    private static void EqualLists<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual) => Equal(what, string.Join(", ", expected), string.Join(", ", actual));

    // A number in front, so that no two payloads of a run are the same.
    private static byte[] PayloadOf(ulong number, int size)
    {
        byte[] payload = new byte[size];
        for (int i = 0; i < size; i++)
        {
            payload[i] = (byte)(i < 8 ? number >> (8 * i) : (ulong)i * 31 * (number | 1));
        }

        return payload;
    }

    private void Append(StoreOperation operation)
    {
        var message = new NewMessage
        {
            Subject = Encoding.Latin1.GetBytes(operation.Subject),
            Headers = Encoding.Latin1.GetBytes(operation.Headers),
            Payload = PayloadOf(++_appended, operation.Size),
            TimestampNs = operation.NowNs,
            Sequence = operation.Sequence,
            TtlSeconds = operation.TtlSeconds,
            SkipsDiscardNew = operation.Flag,
        };
        StoreResult expected = Model.Append(message, out ulong expectedSequence);
        Equal("result", expected, _store.Append(message, out ulong sequence));
        if (expected == StoreResult.Ok) Equal("sequence", expectedSequence, sequence);
        EqualRemovals();
    }

    private void Expire(long nowNs)
    {
        Model.Expire(nowNs);
        long next = _store.Expire(nowNs);
        EqualLists("expired", _expected.Removed.OrderBy(removed => removed.Sequence), _told.Removed.OrderBy(removed => removed.Sequence));
        EqualMarkers();
        long due = Model.NextExpirationNs;

        // What is over and still there waits for its marker, which is announced again.
        long latest = due == long.MaxValue ? long.MaxValue : Math.Max(due, nowNs + (2 * SecondNs)) + SecondNs;
        if (next > latest) throw new StoreMismatchException(string.Create(CultureInfo.InvariantCulture, $"next expiry at {next}, but something ends at {due}"));
    }

    private void Reopen(long nowNs)
    {
        _store.Dispose();
        _store = _source.Reopen(Model.Limits, _firstSequence, _told, nowNs);

        // What ended meanwhile may go with opening or with the next look.
        Model.Reopened();
        Model.Expire(nowNs);
        _store.Expire(nowNs);
        string damages = string.Join("; ", _told.Damages);
        _told.Clear();
        _expected.Clear();
        Equal("damages when opened", "", damages);
    }

    private void Ask(StoreOperation operation)
    {
        MessageFilter filter = FilterOf(operation.Filters);
        ulong from = operation.Sequence;
        switch (operation.Kind)
        {
            case StoreOperationKind.Load:
                EqualLoads(from);
                break;
            case StoreOperationKind.SubjectOf:
                Equal("result", Model.SubjectOf(from, out ReadOnlyMemory<byte> subject), _store.SubjectOf(from, out ReadOnlyMemory<byte> actualSubject));
                Equal("subject", Encoding.Latin1.GetString(subject.Span), Encoding.Latin1.GetString(actualSubject.Span));
                break;
            case StoreOperationKind.LoadNext:
                StoreResult result = Model.LoadNext(filter, from, out StoredMessage expected, out ulong skippedTo);
                EqualMessages("next", result, expected, _store.LoadNext(filter, from, out StoredMessage actual, out ulong actualSkippedTo), actual);
                Equal("skipped to", skippedTo, actualSkippedTo);
                break;
            case StoreOperationKind.LoadPrevious:
                result = Model.LoadPrevious(filter, from, out expected);
                EqualMessages("previous", result, expected, _store.LoadPrevious(filter, from, out actual), actual);
                break;
            case StoreOperationKind.LoadLast:
                result = Model.LoadLast(filter, out expected);
                EqualMessages("last", result, expected, _store.LoadLast(filter, out actual), actual);
                break;
            case StoreOperationKind.SequenceAt:
                if (TimesGrow) Equal("sequence at", Model.SequenceAt(operation.NowNs), _store.SequenceAt(operation.NowNs));
                break;
            case StoreOperationKind.StateOf:
                Equal("state of", Model.StateOf(filter, from), _store.StateOf(filter, from));
                break;
            case StoreOperationKind.Pending:
                Equal("pending", Model.Pending(from, filter, operation.Flag, out ulong validThrough), _store.Pending(from, filter, operation.Flag, out ulong actualValidThrough));
                Equal("valid through", validThrough, actualValidThrough);
                break;
            case StoreOperationKind.LastSequences:
                List<ulong> sequences = [], actualSequences = [];
                Equal("result", Model.LastSequences(filter, from, (int)operation.Count, sequences), _store.LastSequences(filter, from, (int)operation.Count, actualSequences));
                EqualLists("last sequences", sequences, actualSequences);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "no operation");
        }
    }

    private void EqualRemovals() => EqualLists("removed", _expected.Removed, _told.Removed);

    private void EqualMarkers() => EqualLists("markers due", _expected.Markers.OrderBy(marker => marker.Sequence), _told.Markers.OrderBy(marker => marker.Sequence));

    private void EqualStates()
    {
        StreamState expected = Model.State, actual = _store.State;

        // A store that never had a message cannot remember that it was purged.
        if (expected.LastSequence == 0 && actual is { LastSequence: 0, FirstSequence: <= 1 }) actual = actual with { FirstSequence = expected.FirstSequence };
        Equal("state", expected, actual);
    }

    private void EqualLoads(ulong sequence)
    {
        StoreResult result = Model.Load(sequence, out StoredMessage expected);
        EqualMessages(string.Create(CultureInfo.InvariantCulture, $"load {sequence}"), result, expected, _store.Load(sequence, out StoredMessage actual), actual);
    }

    private static void EqualMessages(string what, StoreResult expectedResult, in StoredMessage expected, StoreResult actualResult, in StoredMessage actual)
    {
        Equal(what, expectedResult, actualResult);
        if (expectedResult != StoreResult.Ok) return;
        Equal($"{what}: sequence", expected.Sequence, actual.Sequence);
        Equal($"{what}: time", expected.TimestampNs, actual.TimestampNs);
        Equal($"{what}: subject", Encoding.Latin1.GetString(expected.Subject), Encoding.Latin1.GetString(actual.Subject));
        Equal($"{what}: headers", Encoding.Latin1.GetString(expected.Headers), Encoding.Latin1.GetString(actual.Headers));
        if (!expected.Payload.SequenceEqual(actual.Payload)) throw new StoreMismatchException($"{what}: the payload differs");
    }

    private void CompareAll()
    {
        StreamState state = Model.State;
        ulong begin = state.FirstSequence > 3 ? state.FirstSequence - 3 : 0;
        for (ulong sequence = begin; sequence <= state.LastSequence + 2; sequence++)
        {
            EqualLoads(sequence);
            if (TimesGrow && Model.Load(sequence, out StoredMessage message) == StoreResult.Ok)
            {
                Equal("sequence at", Model.SequenceAt(message.TimestampNs), _store.SequenceAt(message.TimestampNs));
                Equal("sequence after", Model.SequenceAt(message.TimestampNs + 1), _store.SequenceAt(message.TimestampNs + 1));
            }
        }

        foreach (IReadOnlyList<string> filters in Filters)
        {
            MessageFilter filter = FilterOf(filters);
            string name = string.Join(' ', filters);
            EqualLists($"subjects of [{name}]", SubjectsOf(Model, filter), SubjectsOf(_store, filter));
            EqualLists($"totals of [{name}]", TotalsOf(Model, filter), TotalsOf(_store, filter));
            foreach (ulong from in (ulong[])[0, state.FirstSequence, (state.FirstSequence + state.LastSequence) / 2, state.LastSequence, state.LastSequence + 1])
            {
                Ask(new StoreOperation(StoreOperationKind.StateOf, 0) { Filters = filters, Sequence = from });
                Ask(new StoreOperation(StoreOperationKind.Pending, 0) { Filters = filters, Sequence = from });
                Ask(new StoreOperation(StoreOperationKind.Pending, 0) { Filters = filters, Sequence = from, Flag = true });
                Ask(new StoreOperation(StoreOperationKind.LastSequences, 0) { Filters = filters, Sequence = from });
                Ask(new StoreOperation(StoreOperationKind.LoadNext, 0) { Filters = filters, Sequence = from });
                Ask(new StoreOperation(StoreOperationKind.LoadPrevious, 0) { Filters = filters, Sequence = from });
            }

            Ask(new StoreOperation(StoreOperationKind.LoadLast, 0) { Filters = filters });
        }

        CompareReplicated();
    }

    private void CompareReplicated()
    {
        ReplicatedState expected = Model.ReplicatedState(7, withSources: true), actual = _store.ReplicatedState(7, withSources: true);
        Equal("replicated messages", expected.Messages, actual.Messages);
        Equal("replicated bytes", expected.Bytes, actual.Bytes);
        Equal("replicated last", expected.LastSequence, actual.LastSequence);
        Equal("replicated failed", expected.Failed, actual.Failed);
        Equal("replicated count of deleted", expected.DeletedCount, actual.DeletedCount);
        EqualLists("replicated deleted", Sequences(expected), Sequences(actual));
        EqualLists("replicated sources", expected.Sources, actual.Sources);
    }

    private static IEnumerable<ulong> Sequences(ReplicatedState state)
    {
        foreach (DeletedBlock block in state.Deleted)
        {
            if (block.Set is { } set)
            {
                foreach (ulong sequence in set) yield return sequence;
                continue;
            }

            for (ulong i = 0; i < block.Count; i++) yield return block.First + i;
        }
    }

    private static IEnumerable<string> SubjectsOf(IMessageStore store, MessageFilter filter)
    {
        List<string> found = [];
        store.VisitSubjects(filter, (subject, state) =>
        {
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetString(subject)} {state}"));
            return true;
        });
        return found.Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> TotalsOf(IMessageStore store, MessageFilter filter)
    {
        List<string> found = [];
        store.VisitTotals(filter, (subject, messages) =>
        {
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetString(subject)} {messages}"));
            return true;
        });
        return found.Order(StringComparer.Ordinal);
    }
}
