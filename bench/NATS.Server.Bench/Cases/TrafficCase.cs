using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>Publishers and subscribers on one subject: publish only, 1:1, fan-out, fan-in, and one subscriber more that stops reading.</summary>
internal sealed record TrafficCase(string Name, string Title) : BenchCase(Name, Title)
{
    public const string Subject = "bench.a";

    public int Size { get; init; } = 128;

    public int Publishers { get; init; } = 1;

    public int Subscribers { get; init; } = 1;

    public bool HasHeaders { get; init; }

    /// <summary>What is published to; a mapping of the server's configuration turns it into the subject of the subscribers.</summary>
    public string PublishedSubject { get; init; } = Subject;

    /// <summary>Name and password of the subscribers; empty: none.</summary>
    public string SubscribingUser { get; init; } = "";

    /// <summary>Measure once more with one subscriber that never reads: that second measurement is the result.</summary>
    public bool AddsStalledSubscriber { get; init; }

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var count = new DeliveryCount();
        var delivery = Frame.Delivery($"{Subject} 1", Size, HasHeaders);
        for (var i = 0; i < Subscribers; i++)
        {
            var subscriber = new Subscriber(loop, server.EndPoint, delivery, Publishers, count, SubscribingUser);
            subscriber.Join();
            subscriber.Subscribe(Subject, "1");
        }

        var batch = TrafficRun.MaximumBatch(Subscribers, delivery.Length);
        var publishers = new List<Publisher>();
        for (var i = 0; i < Publishers; i++)
        {
            var publisher = new Publisher(loop, server.EndPoint, Frame.Publish(PublishedSubject, Size, i, HasHeaders), batch);
            publisher.Join();
            publishers.Add(publisher);
        }

        var run = new TrafficRun(loop, publishers, count, Subscribers, delivery.Length);
        if (!AddsStalledSubscriber)
        {
            return run.Measure(server.Meter, duration);
        }

        var without = run.Measure(server.Meter, duration / 2);
        using var stalled = new IdlePeer(loop, server.EndPoint);
        stalled.Subscribe(Subject, "1");
        var with = run.Measure(server.Meter, duration / 2);
        return with with { StalledShare = with.Rate / without.Rate };
    }
}
