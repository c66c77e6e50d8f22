using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Where a new consumer begins: its first sequence, and for the last message of each subject the sequences that come before all others.</summary>
/// <param name="Sequence">The first sequence that it looks at.</param>
/// <param name="Selected">The sequences that it delivers first, in order; null for none.</param>
internal readonly record struct ConsumerStart(ulong Sequence, List<ulong>? Selected)
{
    /// <summary>Finds the start in what the stream has now.</summary>
    /// <remarks>Reference: nats-server consumer.go selectStartingSeqNo.</remarks>
    public static ConsumerStart Find(ConsumerConfig config, MessageFilter filter, MessageStore store)
    {
        StreamState state = store.State;
        ulong first = Math.Max(state.FirstSequence, 1);
        switch (config.DeliverPolicy)
        {
            case DeliverPolicy.New:
                return new ConsumerStart(state.LastSequence + 1, null);
            case DeliverPolicy.Last:
                return new ConsumerStart(store.LoadPrevious(filter, state.LastSequence, out StoredMessage last) == StoreResult.Ok ? last.Sequence : Math.Max(first, state.LastSequence), null);
            case DeliverPolicy.LastPerSubject:
                List<ulong> selected = [];
                store.LastSequences(filter, 0, 0, selected);
                return selected.Count == 0 ? new ConsumerStart(state.LastSequence + 1, null) : new ConsumerStart(selected[0], selected);
            case DeliverPolicy.ByStartSequence:
                return new ConsumerStart(Math.Clamp(config.StartSequence, first, state.LastSequence + 1), null);
            case DeliverPolicy.ByStartTime when config.StartTime is { } time:
                return new ConsumerStart(Math.Max(store.SequenceAt(time.ToUnixNanoseconds()), first), null);
            default:
                return new ConsumerStart(first, null);
        }
    }
}
