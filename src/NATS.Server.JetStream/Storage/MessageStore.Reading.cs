using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <content>Reading: nothing is changed but caches and what is known of where subjects are.</content>
public sealed partial class MessageStore
{
    public IReadOnlyList<StoredSource> Sources
    {
        get
        {
            lock (_lock) return _sources.All;
        }
    }

    public StoreResult Load(ulong sequence, out StoredMessage message)
    {
        lock (_lock)
        {
            message = default;
            if (_isClosed) return StoreResult.Closed;
            try
            {
                return Read(_contents.Load(sequence, out message));
            }
            catch (DiskException failure)
            {
                return Unreadable(failure);
            }
        }
    }

    public StoreResult SubjectOf(ulong sequence, out ReadOnlyMemory<byte> subject)
    {
        StoreResult result = Load(sequence, out StoredMessage message);
        subject = result == StoreResult.Ok ? message.SubjectMemory : default;
        return result == StoreResult.EndOfStream ? StoreResult.NotFound : result;
    }

    public StoreResult LoadNext(MessageFilter filter, ulong from, out StoredMessage message, out ulong skippedTo)
    {
        lock (_lock)
        {
            message = default;
            skippedTo = _contents.LastSequence;
            if (_isClosed) return StoreResult.Closed;
            try
            {
                bool isFound = _queries.FindNext(filter, from, out message);
                if (isFound) skippedTo = message.Sequence;
                return Read(isFound ? StoreResult.Ok : StoreResult.EndOfStream);
            }
            catch (DiskException failure)
            {
                return Unreadable(failure);
            }
        }
    }

    public StoreResult LoadPrevious(MessageFilter filter, ulong from, out StoredMessage message)
    {
        lock (_lock)
        {
            message = default;
            if (_isClosed) return StoreResult.Closed;
            try
            {
                return Read(_queries.FindPrevious(filter, from, out message) ? StoreResult.Ok : StoreResult.EndOfStream);
            }
            catch (DiskException failure)
            {
                return Unreadable(failure);
            }
        }
    }

    public StoreResult LoadLast(MessageFilter filter, out StoredMessage message)
    {
        lock (_lock)
        {
            message = default;
            if (_isClosed) return StoreResult.Closed;
            try
            {
                return Read(_queries.FindLast(filter, out message) ? StoreResult.Ok : StoreResult.NotFound);
            }
            catch (DiskException failure)
            {
                return Unreadable(failure);
            }
        }
    }

    /// <summary>As <see cref="Load"/>, by threads that must not wait for the disk.</summary>
    /// <returns>False when it would have to be read from there.</returns>
    public bool TryLoadAtHand(ulong sequence, out StoreResult result, out StoredMessage message)
    {
        lock (_lock)
        {
            (result, message) = (StoreResult.Closed, default);
            if (_isClosed) return true;
            if (!_contents.IsAtHand(sequence)) return false;
            result = Read(_contents.Load(sequence, out message));
            return true;
        }
    }

    /// <summary>The last message of a literal subject, else <see cref="StoreResult.NotFound"/>, by threads that must not wait for the disk.</summary>
    /// <returns>False when it would have to be read from there.</returns>
    public bool TryLoadLastAtHand(ReadOnlySpan<byte> subject, out StoreResult result, out StoredMessage message)
    {
        lock (_lock)
        {
            (result, message) = (StoreResult.Closed, default);
            if (_isClosed) return true;
            if (!_contents.TryFindLastAtHand(subject, out ulong sequence)) return false;
            result = Read(sequence == 0 ? StoreResult.NotFound : _contents.Load(sequence, out message));
            return true;
        }
    }

    public ulong SequenceAt(long timeNs)
    {
        lock (_lock) return Read(_isClosed, () => _queries.SequenceAt(timeNs));
    }

    public SubjectState StateOf(MessageFilter filter, ulong from)
    {
        lock (_lock) return Read(_isClosed, () => _queries.StateOf(filter, from));
    }

    public void VisitSubjects(MessageFilter filter, SubjectVisitor visit)
    {
        lock (_lock)
        {
            Read(_isClosed, () =>
            {
                _queries.VisitSubjects(filter, visit);
                return true;
            });
        }
    }

    public void VisitTotals(MessageFilter filter, SubjectTotalVisitor visit)
    {
        lock (_lock)
        {
            if (!_isClosed) _queries.VisitTotals(filter, visit);
        }
    }

    public ulong Pending(ulong from, MessageFilter filter, bool lastPerSubject, out ulong validThrough) => Pending(from, filter, lastPerSubject, out validThrough, out _);

    /// <summary>Counts what <see cref="IMessageStore.Pending"/> counts, and says which removals it knows of.</summary>
    /// <param name="from">The first sequence that counts.</param>
    /// <param name="filter">Which messages are meant.</param>
    /// <param name="lastPerSubject">Only the last message of each subject counts.</param>
    /// <param name="validThrough">The last sequence when it was counted.</param>
    /// <param name="removals">Number of the last removal: the listener is told of later ones, which are not in the count.</param>
    public ulong Pending(ulong from, MessageFilter filter, bool lastPerSubject, out ulong validThrough, out ulong removals)
    {
        lock (_lock)
        {
            removals = _removals;
            validThrough = _contents.LastSequence;
            return Read(_isClosed, () => lastPerSubject ? _queries.CountLast(filter, from) : _queries.Count(filter, from));
        }
    }

    public StoreResult LastSequences(MessageFilter filter, ulong upTo, int maximum, List<ulong> sequences)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                sequences.Clear();
                return StoreResult.Closed;
            }

            try
            {
                return Read(_queries.LastSequences(filter, upTo, maximum, sequences));
            }
            catch (DiskException failure)
            {
                sequences.Clear();
                return Unreadable(failure);
            }
        }
    }

    public ReplicatedState ReplicatedState(ulong failed, bool withSources)
    {
        lock (_lock)
        {
            var state = new ReplicatedState
            {
                Messages = _contents.Messages,
                Bytes = _contents.Bytes,
                FirstSequence = _contents.FirstSequence,
                LastSequence = _contents.LastSequence,
                Failed = failed,
                DeletedCount = _contents.Deleted,
            };
            if (state.DeletedCount > 0) _contents.AddDeleted(state.Deleted);
            if (withSources) state.Sources.AddRange(_sources.All);
            return state;
        }
    }

    // Whatever was read may have turned out to be damaged.
    private T Read<T>(T result)
    {
        if (_isDamaged) Recount();
        return result;
    }

    // Where the answer is a number, there is none when the disk does not give it.
    private T Read<T>(bool isClosed, Func<T> read) where T : struct
    {
        try
        {
            return isClosed ? default : Read(read());
        }
        catch (DiskException failure)
        {
            Unreadable(failure);
            return default;
        }
    }

    private StoreResult Unreadable(DiskException failure)
    {
        _notices.Damaged(failure.Message);
        return StoreResult.Failed;
    }
}
