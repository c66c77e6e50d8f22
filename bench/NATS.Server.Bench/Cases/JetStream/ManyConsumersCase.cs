using System.Diagnostics;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases.JetStream;

/// <summary>
/// Many consumers of one stream, each on its own connection with its own subject: each gets a message a second, at even distances, and acknowledges it.
/// The rate is given, so that only CPU per message tells servers apart.
/// </summary>
internal sealed record ManyConsumersCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const string Stream = "MANY";
    private const int Batch = 100;
    private static readonly TimeSpan LeastDuration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public int Size { get; init; } = 128;

    public int Consumers { get; init; } = 1000;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        if (duration < LeastDuration) duration = LeastDuration;
        using var api = new JetStreamApi(server.EndPoint);
        api.DeleteStream(Stream);
        api.CreateStream(Stream, "\"subjects\":[\"many.*\"],\"storage\":\"file\"");
        using var loop = new EventLoop();
        var keys = new KeySpace("many.", Consumers);
        var consumers = new List<PullConsumer>();
        for (var i = 0; i < Consumers; i++)
        {
            var name = $"C{i}";
            api.CreateConsumer(Stream, name, $"\"durable_name\":\"{name}\",\"ack_policy\":\"explicit\",\"filter_subject\":\"{keys.Subject(i)}\"");
            var consumer = new PullConsumer(loop, server.EndPoint, Stream, name, Size, Batch, 0, acknowledges: true) { TakesAnyMessage = true };
            consumer.Join();
            consumer.Subscribe(consumer.Inbox, PullConsumer.Sid);
            consumers.Add(consumer);
        }

        var publisher = new KeyedPublisher(loop, server.EndPoint, Size, 0, 1000, keys, batch: 1) { IsSequential = true };
        publisher.Join();
        publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
        TrafficRun.Synchronise(loop);
        consumers.ForEach(static consumer => consumer.Start());
        TrafficRun.Synchronise(loop);
        server.Meter.Settle(TimeSpan.FromSeconds(1));
        var result = Measure(loop, server.Meter, publisher, consumers, duration);
        Verify(api, publisher, consumers);
        api.DeleteStream(Stream);
        return result;
    }

    private RunResult Measure(EventLoop loop, ProcessMeter server, KeyedPublisher publisher, List<PullConsumer> consumers, TimeSpan duration)
    {
        var serverCpu = server.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        var progressAt = start;
        var progress = -1L;
        while (true)
        {
            var elapsed = Stopwatch.GetElapsedTime(start);
            var due = (long)(Math.Min(elapsed.TotalSeconds, duration.TotalSeconds) * Consumers);
            while (publisher.Pump(publisher.Published < due ? publisher.Allowance : 0))
            {
                // One message a call, until none is due.
            }

            loop.Poll(1);
            var received = consumers.Sum(static consumer => consumer.Received);
            if (elapsed >= duration && publisher.Published >= due && publisher.Acked == publisher.Published && received >= publisher.Published) break;
            if (received + publisher.Acked != progress) (progress, progressAt) = (received + publisher.Acked, Stopwatch.GetTimestamp());
            else if (Stopwatch.GetElapsedTime(progressAt) > Patience) throw new VerificationException($"nothing moves any more: {publisher.Published} messages were published, {received} arrived");
        }

        return new RunResult
        {
            Messages = publisher.Published,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            ServerCpuSeconds = server.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            ResidentMib = server.ResidentKib / 1024.0,
        };
    }

    private static void Verify(JetStreamApi api, KeyedPublisher publisher, List<PullConsumer> consumers)
    {
        var received = consumers.Sum(static consumer => consumer.Received);
        if (received != publisher.Published) throw new VerificationException($"{publisher.Published} messages were published, {received} arrived");
        var start = Stopwatch.GetTimestamp();
        foreach (var name in (string[])["C0", $"C{consumers.Count / 2}", $"C{consumers.Count - 1}"])
        {
            while (api.ConsumerFigure(Stream, name, "num_ack_pending") > 0)
            {
                if (Stopwatch.GetElapsedTime(start) > Patience) throw new VerificationException($"consumer {name} was not told of an acknowledgement");
            }
        }
    }
}
