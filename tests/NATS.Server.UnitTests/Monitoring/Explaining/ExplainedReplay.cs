using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Consumers;
using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Owned by one test. A second consumer of a stream that has messages, which delivers them at the pace at which they came.</summary>
internal sealed class ExplainedReplay
{
    private readonly ExplainedConsumer _first;

    public ExplainedReplay(ExplainedConsumer first)
    {
        _first = first;
        ConsumerConfig config = first.Consumer.Config with { Name = "R", Durable = "R", DeliverSubject = "replayed", MaxWaiting = 0, AckPolicy = AckPolicy.None, ReplayPolicy = ReplayPolicy.Original };
        first.Listen("replayed");
        Assert.Null(first.World.Account.CreateConsumer(first.Stream, new PlannedConsumer("R", config, config, IsNew: true), out Consumer? _));
        first.World.RunUntilIdle();
    }

    public Explanation Explain() => _first.Explain("R");
}
