using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What is asked and told about the stream as a whole.</content>
internal sealed partial class Stream
{
    /// <summary>How many consumers it has that clients know of. Any thread.</summary>
    public int PublicConsumers => AllConsumers().Count(static consumer => !consumer.Config.Direct);

    /// <summary>Removes messages. By the account's executor.</summary>
    /// <param name="filter">Of which subjects.</param>
    /// <param name="before">Only those below this sequence; 0: all.</param>
    /// <param name="keep">How many of the last ones stay; 0: none.</param>
    /// <param name="purged">How many messages are gone.</param>
    public StoreResult Purge(MessageFilter filter, ulong before, ulong keep, out ulong purged)
    {
        StoreResult result;
        lock (_lock) result = PurgeAndTell(filter, before, keep, out purged);
        if (result != StoreResult.Ok) return result;
        Advance(Store.State.LastSequence);
        CountBytes();
        return StoreResult.Ok;
    }

    /// <summary>Removes a message. By the account's executor.</summary>
    /// <param name="sequence">Which.</param>
    /// <param name="noErase">Whether its bytes need not be overwritten.</param>
    /// <returns><see cref="StoreResult.EndOfStream"/> above the last sequence; below the first, <see cref="StoreResult.Invalid"/>.</returns>
    public StoreResult Delete(ulong sequence, bool noErase)
    {
        StreamState state = Store.State;
        if (sequence > state.LastSequence) return StoreResult.EndOfStream;
        StoreResult result = noErase ? Store.Remove(sequence) : Store.Erase(sequence, _services.Random);
        if (result == StoreResult.Ok) CountBytes();
        return result == StoreResult.NotFound && (sequence == 0 || sequence < state.FirstSequence) ? StoreResult.Invalid : result;
    }
}
