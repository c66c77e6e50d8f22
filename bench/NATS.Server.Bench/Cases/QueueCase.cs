using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>One publisher, several queue groups on its subject: each message reaches one member of every group.</summary>
internal sealed record QueueCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const string Subject = "bench.a";

    public int Size { get; init; } = 128;

    public int Groups { get; init; } = 8;

    public int MembersPerGroup { get; init; } = 4;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var count = new DeliveryCount();
        var delivery = Frame.Delivery($"{Subject} 1", Size);
        var ledgers = new List<QueueLedger>();
        for (var group = 0; group < Groups; group++)
        {
            var ledger = new QueueLedger($"group{group}");
            ledgers.Add(ledger);
            for (var i = 0; i < MembersPerGroup; i++)
            {
                var member = new QueueMember(loop, server.EndPoint, delivery, ledger, count);
                member.Join();
                member.Subscribe(Subject, "1", ledger.Group);
            }
        }

        var publisher = new Publisher(loop, server.EndPoint, Frame.Publish(Subject, Size, 0), TrafficRun.MaximumBatch(Groups, delivery.Length));
        publisher.Join();
        var result = new TrafficRun(loop, [publisher], count, Groups, delivery.Length).Measure(server.Meter, duration);
        foreach (var ledger in ledgers)
        {
            if (ledger.Received != publisher.Published)
            {
                throw new VerificationException($"{ledger.Group} received {ledger.Received} of {publisher.Published} messages");
            }
        }

        return result;
    }
}
