using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Where a new consumer begins: its first sequence, and for the last message of each subject the sequences that come before all others.</summary>
/// <param name="Sequence">The first sequence that it looks at.</param>
/// <param name="Selected">The sequences that it delivers first, in order; null for none.</param>
/// <param name="SelectedThrough">Of what is stored up to here nothing but them is delivered.</param>
internal readonly record struct ConsumerStart(ulong Sequence, List<ulong>? Selected, ulong SelectedThrough)
{
    /// <summary>Finds the start in what the stream has now.</summary>
    /// <param name="config">Of the consumer, as it was judged.</param>
    /// <param name="filter">Which messages it wants.</param>
    /// <param name="stream">The configuration of its stream.</param>
    /// <param name="store">The stream's.</param>
    /// <remarks>Reference: nats-server consumer.go selectStartingSeqNo.</remarks>
    public static ConsumerStart Find(ConsumerConfig config, MessageFilter filter, StreamConfig stream, MessageStore store)
    {
        StreamState state = store.State;
        ulong first = Math.Max(state.FirstSequence, 1);
        ulong end = state.LastSequence + 1;

        // A sequence may be one that the stream does not have yet; all other starts are within it.
        if (config.StartSequence > 0) return At(Math.Max(config.StartSequence, first));
        switch (config.DeliverPolicy)
        {
            case DeliverPolicy.New:
                return At(end);
            case DeliverPolicy.Last:
                return At(Math.Clamp(Last(filter, state, store), first, end));
            case DeliverPolicy.LastPerSubject when stream.MaxMessagesPerSubject != 1:
                List<ulong> selected = [];
                store.LastSequences(filter, 0, 0, selected);
                return selected.Count == 0
                    ? At(Math.Clamp(state.LastSequence, first, end))
                    : new ConsumerStart(Math.Clamp(selected[0], first, end), selected, state.LastSequence);
            case DeliverPolicy.ByStartTime when config.StartTime is { } time:
                return At(Math.Clamp(FromTime(time, filter, state, store), first, end));
            default:
                return At(first);
        }
    }

    /// <summary>As above, for a consumer of which the state was lost: what came after it was created is not left out.</summary>
    /// <param name="config">Of the consumer.</param>
    /// <param name="filter">Which messages it wants.</param>
    /// <param name="stream">The configuration of its stream.</param>
    /// <param name="store">The stream's.</param>
    /// <param name="created">When the consumer was.</param>
    public static ConsumerStart FindAgain(ConsumerConfig config, MessageFilter filter, StreamConfig stream, MessageStore store, ZonedTime created)
    {
        ConsumerStart found = Find(config, filter, stream, store);
        if (config.DeliverPolicy is not (DeliverPolicy.New or DeliverPolicy.Last or DeliverPolicy.LastPerSubject)) return found;
        ulong since = store.SequenceAt(created.ToUnixNanoseconds());
        return since < found.Sequence || found.Selected is not null ? At(Math.Min(since, found.Sequence)) : found;
    }

    private static ConsumerStart At(ulong sequence) => new(Math.Max(sequence, 1), null, 0);

    private static ulong Last(MessageFilter filter, in StreamState state, MessageStore store)
    {
        if (filter.IsAll) return state.LastSequence;
        return store.LoadLast(filter, out StoredMessage last) == StoreResult.Ok ? last.Sequence : 0;
    }

    // Up to the first message that is wanted at all, when there is none between: info shows where a consumer begins.
    private static ulong FromTime(ZonedTime time, MessageFilter filter, in StreamState state, MessageStore store)
    {
        ulong sequence = store.SequenceAt(time.ToUnixNanoseconds());
        if (filter.IsAll || sequence >= state.LastSequence) return sequence;
        if (store.LoadNext(filter, state.FirstSequence, out StoredMessage message, out _) != StoreResult.Ok) return sequence;
        return message.Sequence > sequence && message.Sequence < state.LastSequence ? message.Sequence : sequence;
    }
}
