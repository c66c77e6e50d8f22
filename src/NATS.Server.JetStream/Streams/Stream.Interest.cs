using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>Streams that keep a message only as long as a consumer needs it.</content>
internal sealed partial class Stream
{
    // So many messages are judged before others get at the store.
    private const int MaximumAtOnce = 1024;

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
