using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Hosting;

/// <summary>Queues; under the reference's names where it has the like.</summary>
internal sealed partial class MonitoringSource
{
    public IReadOnlyList<string> CommandLine => server.CommandLine;

    public IReadOnlyList<QueueSnapshot> SnapshotQueues()
    {
        List<QueueSnapshot> queues = [.. _context.LoginLanes.Describe().Select(static lane => new QueueSnapshot(lane.Name, lane.Waiting, lane.Running))];
        queues.AddRange(server.SystemQueues);
        if (server.JetStream is not { } engine) return queues;
        ICollection<JetStreamAccount> accounts = engine.Accounts;
        queues.Add(new QueueSnapshot("JetStream API queue", accounts.Sum(static account => (long)account.WaitingApiRequests)));
        queues.Add(new QueueSnapshot("JetStream API info queue", accounts.Sum(static account => (long)account.WaitingInformationRequests)));
        queues.Add(new QueueSnapshot("JetStream work", server.JetStreamWaitingWork));
        queues.Add(new QueueSnapshot("JetStream commits", engine.Services.Commits.Waiting));
        foreach (JetStreamAccount account in accounts)
        {
            foreach (JetStreamStream stream in account.Streams)
            {
                queues.Add(new QueueSnapshot($"[ACC:{account.Name}] stream '{stream.Name}' messages", stream.WaitingMessages));
                foreach (Consumer consumer in stream.Consumers)
                    queues.Add(new QueueSnapshot($"[ACC:{account.Name}] consumer '{consumer.Name}' on stream '{stream.Name}' requests", consumer.Waiting));
            }
        }

        return queues;
    }
}
