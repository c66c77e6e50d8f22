using System.Globalization;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Owned by one test. A stream S with a consumer C in a simulated JetStream, and a monitored server that shows it.</summary>
internal sealed class ExplainedConsumer
{
    public const string AckAll = "+ACK";

    public ExplainedConsumer(Func<ConsumerConfig, ConsumerConfig>? configure = null, Func<StreamConfig, StreamConfig>? stream = null, int before = 0, SimulatedJetStream? world = null)
    {
        World = world ?? new SimulatedJetStream(seed: 1, isDurable: false);
        Server = new FakeMonitoredServer { JetStream = World.Engine };
        Server.Accounts.Add(new Server.Monitoring.AccountSnapshot { Name = "A", Sublist = default });
        var config = new StreamConfig { Name = "S", Subjects = ["s.>"], Storage = StorageType.Memory, Replicas = 1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1 };
        Assert.Null(World.Account.CreateStream(stream is null ? config : stream(config), out Stream? created));
        Stream = created!;
        World.RunUntilIdle();
        Publish(before);
        var asked = new ConsumerConfig { Name = "C", Durable = "C", AckPolicy = AckPolicy.Explicit, AckWaitNs = 30_000_000_000, MaxDeliver = -1, MaxAckPending = 1000, MaxWaiting = 512, Replicas = 1 };
        if (configure is not null) asked = configure(asked);
        Assert.Null(World.Account.CreateConsumer(Stream, new PlannedConsumer("C", asked, asked, IsNew: true), out Consumer? consumer));
        Consumer = consumer!;
        World.RunUntilIdle();
    }

    public SimulatedJetStream World { get; }

    public FakeMonitoredServer Server { get; }

    public Stream Stream { get; }

    public Consumer Consumer { get; }

    /// <summary>What clients received.</summary>
    public List<SimulatedMessage> Received { get; } = [];

    public void Publish(int count, string subject = "s.a", string payload = "hello")
    {
        for (int i = 0; i < count; i++) World.Publish((subject, "", payload));
        World.RunUntilIdle();
    }

    /// <summary>A client that listens to a subject, as the server sees it too.</summary>
    public object Listen(string subject, ulong cid = 7)
    {
        Server.Open(cid, static connection => connection with { Name = "worker", AuthorizedUser = "alice" });
        Server.SubscriptionsTo[subject] = [FakeMonitoredServer.Subscription(cid, "1", subject, account: "A")];
        object subscription = World.Port.Subscribe(subject, Received.Add);
        World.RunUntilIdle();
        return subscription;
    }

    /// <summary>A pull request; without an answer.</summary>
    public void Pull(string request, string reply = "in")
    {
        World.Publish(("$JS.API.CONSUMER.MSG.NEXT.S.C", reply, request));
        World.RunUntilIdle();
    }

    /// <summary>Says something of a message that a client received.</summary>
    public void Answer(SimulatedMessage message, string payload = AckAll)
    {
        World.Publish((message.Reply, "", payload));
        World.RunUntilIdle();
    }

    public void Advance(double seconds) => World.Advance(TimeSpan.FromSeconds(seconds));

    public void Update(Func<ConsumerConfig, ConsumerConfig> change)
    {
        ConsumerConfig config = change(Consumer.Config);
        Assert.Null(Server.JetStream is null ? null : NATS.Server.JetStream.Engine.JetStreamAccount.UpdateConsumer(Stream, Consumer, new PlannedConsumer("C", config, config, IsNew: false)));
        World.RunUntilIdle();
    }

    public ZonedTime In(double seconds) => ZonedTime.FromUnixNanoseconds((long)((World.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds * 1e6) + (long)(seconds * 1e9));

    public Explanation Explain(string consumer = "C", string stream = "S", string account = "A") =>
        ConsumerExplainer.Explain(new ExplainQuestion { Kind = ExplainKind.Consumer, Account = account, Stream = stream, Consumer = consumer }, Server, World.Time.GetUtcNow());

    /// <summary>Asks, and checks the verdict and the rule.</summary>
    /// <param name="verdict">Expected.</param>
    /// <param name="rule">Expected, as <c>name=value</c>; empty: none.</param>
    public Explanation Expect(string verdict, string rule = "")
    {
        Explanation explanation = Explain();
        string actual = explanation.Rule is { } decided ? string.Create(CultureInfo.InvariantCulture, $"{decided.Name}={decided.Value}") : "";
        Assert.True((verdict, rule) == (explanation.Verdict, actual), $"{explanation.Verdict} {actual}: {explanation.Summary}");
        return explanation;
    }

    /// <summary>The one finding of a kind.</summary>
    public static Finding Of(Explanation explanation, string kind) => Assert.Single(explanation.Findings, finding => finding.Kind == kind);
}
