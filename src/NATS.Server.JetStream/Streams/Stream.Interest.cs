using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>Streams that keep a message only as long as a consumer needs it.</content>
internal sealed partial class Stream
{
    // So many messages are judged before others get at the store.
    private const int MaximumAtOnce = 1024;

    // Who purges, and tells consumers more exactly what is gone than the store does. Set under the lock.
    private int _purgingThread;

    /// <summary>Purges messages, and tells consumers where they go on. With the lock held.</summary>
    /// <param name="filter">Of which subjects.</param>
    /// <param name="before">Only those below this sequence; 0: all.</param>
    /// <param name="keep">How many of the last ones stay; 0: none.</param>
    /// <param name="purged">How many messages are gone.</param>
    /// <remarks>Reference: nats-server stream.go purgeLocked.</remarks>
    private StoreResult PurgeAndTell(MessageFilter filter, ulong before, ulong keep, out ulong purged)
    {
        Volatile.Write(ref _purgingThread, Environment.CurrentManagedThreadId);
        StoreResult result = Store.Purge(filter, before, keep, out purged);
        Volatile.Write(ref _purgingThread, 0);
        if (result != StoreResult.Ok) return result;
        StreamState state = Store.State;
        ulong first = filter.IsAll ? state.FirstSequence : Store.StateOf(filter, state.FirstSequence).First;
        if (first == 0) first = state.LastSequence + 1;
        foreach (Consumer consumer in AllConsumers())
        {
            if (filter.IsAll || WantsOnly(consumer, filter)) consumer.Purged(first, isPartly: false);
            else if (WantsAll(consumer, filter)) consumer.Purged(state.FirstSequence, isPartly: true);
        }

        return StoreResult.Ok;
    }

    // Whether it wants nothing but what was purged.
    private static bool WantsOnly(Consumer consumer, MessageFilter purged)
    {
        IReadOnlyList<string> filters = consumer.Config.Filters;
        return filters.Count > 0 && filters.All(own => Subject.IsSubset(Encoding.UTF8.GetBytes(own), purged.Subject));
    }

    // Whether the filters want all that was purged, and perhaps more.
    private static bool WantsAll(Consumer consumer, MessageFilter purged)
    {
        IReadOnlyList<string> filters = consumer.Config.Filters;
        if (filters.Count == 0) return true;
        foreach (string own in filters)
        {
            if (Subject.IsSubset(purged.Subject, Encoding.UTF8.GetBytes(own))) return true;
        }

        return false;
    }

    /// <summary>Takes away what a consumer is done with and nobody else needs. Walks the messages that it has passed; any thread that may wait for the disk.</summary>
    public void Reconcile(Consumer consumer)
    {
        if (!Config.HasInterestRetention) return;
        List<ulong> done = [];
        ulong next = 0;
        while (Store.LoadNext(consumer.Filter, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            next = message.Sequence + 1;
            if (message.Sequence > consumer.LastSequence) break;
            if (!consumer.Needs(message.Sequence, message.Subject)) done.Add(message.Sequence);
            if (done.Count < MaximumAtOnce) continue;
            Settled(consumer, done);
            done.Clear();
        }

        Settled(consumer, done);
    }

    /// <summary>Takes away what nobody needs any more, now that a consumer is gone or wants other messages. Walks the whole stream; any thread that may wait for the disk.</summary>
    public void RemoveUnneeded()
    {
        if (Config.Retention != Core.JetStream.Streams.RetentionPolicy.Interest) return;
        if (AllConsumers().Length == 0)
        {
            Store.Purge(out _);
            CountBytes();
            return;
        }

        ulong next = 0;
        List<ulong> unneeded = [];
        while (Store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            next = message.Sequence + 1;
            if (IsNeeded(message)) continue;
            unneeded.Add(message.Sequence);
            if (unneeded.Count < MaximumAtOnce) continue;
            Remove(unneeded);
        }

        Remove(unneeded);
        CountBytes();
    }

    private bool IsNeeded(in StoredMessage message)
    {
        foreach (Consumer consumer in AllConsumers())
        {
            if (consumer.Needs(message.Sequence, message.Subject)) return true;
        }

        return false;
    }

    private void Remove(List<ulong> sequences)
    {
        foreach (ulong sequence in sequences) Store.Remove(sequence);
        sequences.Clear();
    }
}
