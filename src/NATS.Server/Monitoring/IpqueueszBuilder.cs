namespace NATS.Server.Monitoring;

/// <summary>Selects the queues that are shown. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class IpqueueszBuilder
{
    /// <summary>The queues by name, in the order of names.</summary>
    public static IReadOnlyDictionary<string, QueueStatus> Build(IpqueueszOptions options, IMonitoredServer server)
    {
        var shown = new SortedDictionary<string, QueueStatus>(StringComparer.Ordinal);
        foreach (QueueSnapshot queue in server.SnapshotQueues())
        {
            if (!options.All && queue is { Pending: 0, InProgress: 0 }) continue;
            if (!queue.Name.Contains(options.Filter, StringComparison.Ordinal)) continue;
            shown[queue.Name] = new QueueStatus { Pending = queue.Pending, InProgress = queue.InProgress };
        }

        return shown;
    }
}
