using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Api;

/// <summary>Any thread. A stream as answers show it.</summary>
internal static class StreamReport
{
    // A list of sequences is made in memory, whatever the stream: no more than these.
    private const int MaximumDeleted = 10_000_000;

    /// <summary>Describes a stream.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="services">The world.</param>
    /// <param name="state">What it holds.</param>
    /// <param name="domain">Of the server, where the answer shows it.</param>
    /// <param name="showsServer">Whether the configuration says which version and level the server has.</param>
    /// <param name="cluster">Where it is, where the answer shows it.</param>
    public static StreamInfo Of(Stream stream, JetStreamServices services, StreamStateInfo state, string domain = "", bool showsServer = true, ClusterInfo? cluster = null)
    {
        StreamConfig config = stream.Config;
        return new StreamInfo
        {
            Config = showsServer ? config with { Metadata = ApiLevel.ForAnswer(config.Metadata, services.Version) } : config,
            Created = stream.Created,
            State = state,
            Domain = domain,
            Cluster = cluster,
            Mirror = stream.DescribeMirror(services.NowNs),
            Sources = stream.DescribeSources(services.NowNs),
            TimestampNs = services.NowNs,
        };
    }

    /// <summary>What a stream holds.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="hasDetails">Whether the sequences without messages are listed.</param>
    /// <param name="subjects">A page of its subjects, or null.</param>
    public static StreamStateInfo StateOf(Stream stream, bool hasDetails = false, SubjectTotals? subjects = null)
    {
        StreamState state = stream.Store.State;
        LostMessages? lost = hasDetails ? stream.Store.Lost : null;
        return new StreamStateInfo
        {
            Messages = state.Messages,
            Bytes = state.Bytes,
            FirstSequence = state.FirstSequence,
            FirstTimeNs = state.FirstTimeNs,
            LastSequence = state.LastSequence,
            LastTimeNs = state.LastTimeNs,
            SubjectCount = state.Subjects,
            Subjects = subjects,
            DeletedCount = state.Deleted,
            Deleted = hasDetails ? DeletedOf(stream.Store, state) : null,
            Lost = lost is null ? null : new LostMessagesInfo(lost.Sequences, lost.Bytes),
            Consumers = stream.PublicConsumers,
        };
    }

    private static List<ulong> DeletedOf(MessageStore store, in StreamState state)
    {
        List<ulong> deleted = [];
        if (state.Deleted == 0) return deleted;
        ulong next = state.FirstSequence;
        while (next <= state.LastSequence && deleted.Count < MaximumDeleted)
        {
            ulong found = store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok ? Math.Min(message.Sequence, state.LastSequence + 1) : state.LastSequence + 1;
            for (; next < found && deleted.Count < MaximumDeleted; next++) deleted.Add(next);
            next = found + 1;
        }

        return deleted;
    }
}
