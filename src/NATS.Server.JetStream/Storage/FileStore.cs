using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage;

/// <summary>Opens stores that are kept in files, in the format of nats-server.</summary>
public static class FileStore
{
    /// <summary>Opens the directory of a store, or begins one.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="limits">What the stream is configured to; what is over them is removed.</param>
    /// <param name="listener">Told what is damaged, and later what is removed.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    /// <param name="scheduleReader">Reads when a stored message is due; null where messages are never schedules.</param>
    /// <exception cref="DiskException">The directory could not be read or changed. Nothing that is in the files makes it fail.</exception>
    public static MessageStore Open(FileStoreOptions options, StoreLimits limits, IStoreListener? listener, long nowNs, ScheduleReader? scheduleReader = null)
    {
        BlockSettings settings = BlockSettings.ForFiles(options);
        List<string> damages = [];
        settings.Damaged = (block, what) =>
        {
            lock (damages) damages.Add($"block {block.Index}: {what}");
        };
        var opening = new StoreOpening(options, settings);
        RecoveredStore recovered = opening.Run(limits);
        MessageStore store = MessageStore.Opened(options, settings, recovered, limits, listener, scheduleReader);
        foreach (string report in damages.Concat(opening.Reports))
        {
            listener?.Damaged(report);
        }

        if (options.FirstSequence > 1 && store.State.FirstSequence < options.FirstSequence) store.Compact(options.FirstSequence, out _);
        if (limits.DeleteMarkerTtlNs <= 0 && limits.MaxAgeNs > 0) store.Expire(nowNs);
        return store;
    }
}
