using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>100,000 wildcard subscriptions on two connections, random subjects: each message matches exactly one subscription of each connection.</summary>
internal sealed record WildCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const int Copies = 2;

    public int Size { get; init; } = 128;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var count = new DeliveryCount();
        foreach (var withTail in (bool[])[false, true])
        {
            var subscriber = new WildSubscriber(loop, server.EndPoint, Size, withTail, count);
            subscriber.Join();
            subscriber.WriteAll(WildSubjects.Subscriptions(withTail));
        }

        var frame = Frame.Publish(WildSubjects.Example, Size, 0);
        var publisher = new WildPublisher(loop, server.EndPoint, frame, TrafficRun.MaximumBatch(Copies, frame.Length));
        publisher.Join();
        TrafficRun.Synchronise(loop);
        server.Meter.Settle(TimeSpan.FromMilliseconds(300));
        return new TrafficRun(loop, [publisher], count, Copies, frame.Length).Measure(server.Meter, duration);
    }
}
