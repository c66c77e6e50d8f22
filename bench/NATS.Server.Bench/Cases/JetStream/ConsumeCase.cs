using System.Diagnostics;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases.JetStream;

/// <summary>One consumer that takes a filled stream from its start, over and over: pulled in batches or pushed, with or without acknowledgements. Counts messages.</summary>
internal sealed record ConsumeCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const string Consumer = "BENCHED";
    private const string DeliverSubject = "_INBOX.Fi0qTWqMvKxjzJtuvP";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public int Size { get; init; } = 128;

    /// <summary>What the stream holds.</summary>
    public int Messages { get; init; } = 500_000;

    /// <summary>Messages per pull request.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>Outstanding messages at which the next request goes out; 0: each request ends before the next begins.</summary>
    public int Threshold { get; init; } = 250;

    public bool IsPushed { get; init; }

    public bool Acknowledges { get; init; }

    private string Stream => $"FILLED_{Size}";

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var api = new JetStreamApi(server.EndPoint);
        Fill(api, server);
        var sum = new RunResult { Seconds = 0, ServerCpuSeconds = 0, GeneratorCpuSeconds = 0 };
        do
        {
            var pass = Pass(api, server, duration.TotalSeconds - sum.Seconds);
            sum = pass with
            {
                Messages = sum.Messages + pass.Messages,
                Seconds = sum.Seconds + pass.Seconds,
                ServerCpuSeconds = sum.ServerCpuSeconds + pass.ServerCpuSeconds,
                GeneratorCpuSeconds = sum.GeneratorCpuSeconds + pass.GeneratorCpuSeconds,
            };
        }
        while (sum.Seconds < duration.TotalSeconds);
        return sum;
    }

    private void Fill(JetStreamApi api, ServerProcess server)
    {
        if (api.Messages(Stream) == Messages) return;
        api.DeleteStream(Stream);
        api.CreateStream(Stream, $"\"subjects\":[\"filled.{Size}\"],\"storage\":\"file\",\"discard\":\"new\",\"max_msgs\":{Messages}");
        using var loop = new EventLoop();
        var publisher = new AckedPublisher(loop, server.EndPoint, $"filled.{Size}", Size, 0, 4000);
        publisher.Join();
        publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
        var run = new AckedRun(loop, [publisher]);
        run.Fill(Messages - publisher.Batch);
        // A window of four publishes message by message, so that the stream holds exactly what it should.
        var rest = new AckedPublisher(loop, server.EndPoint, $"filled.{Size}", Size, 1, 4) { FirstSequence = publisher.Published };
        rest.Join();
        rest.Subscribe(rest.InboxWildcard, AckedPublisher.Sid);
        new AckedRun(loop, [rest]).Fill(Messages - publisher.Published);
        server.Meter.Settle(TimeSpan.FromSeconds(2));
    }

    private RunResult Pass(JetStreamApi api, ServerProcess server, double seconds)
    {
        using var loop = new EventLoop();
        api.DeleteConsumer(Stream, Consumer);
        StreamConsumer consumer = IsPushed ? new PushConsumer(loop, server.EndPoint, Size) : new PullConsumer(loop, server.EndPoint, Stream, Consumer, Size, Batch, Threshold, Acknowledges);
        consumer.Join();
        consumer.Subscribe(IsPushed ? DeliverSubject : ((PullConsumer)consumer).Inbox, PullConsumer.Sid);
        TrafficRun.Synchronise(loop);
        var serverCpu = server.Meter.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        api.CreateConsumer(Stream, Consumer, ConsumerFields());
        (consumer as PullConsumer)?.Start();
        Consume(loop, consumer, start, seconds);
        if (Acknowledges) AwaitAcknowledgements(api, consumer.Received);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var result = new RunResult
        {
            Messages = consumer.Received,
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.Meter.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            ResidentMib = server.Meter.ResidentKib / 1024.0,
        };
        TrafficRun.Synchronise(loop);
        api.DeleteConsumer(Stream, Consumer);
        return result;
    }

    private string ConsumerFields() =>
        (Acknowledges ? "\"ack_policy\":\"explicit\",\"max_ack_pending\":10000," : "\"ack_policy\":\"none\",\"mem_storage\":true,")
        + (IsPushed ? $"\"deliver_subject\":\"{DeliverSubject}\",\"flow_control\":true,\"idle_heartbeat\":5000000000," : "")
        + "\"deliver_policy\":\"all\",\"inactive_threshold\":300000000000";

    /// <summary>Until the stream has ended, or the time is over and what was asked for has come.</summary>
    private void Consume(EventLoop loop, StreamConsumer consumer, long start, double seconds)
    {
        var progress = -1L;
        var progressAt = start;
        while (consumer.Received < Messages)
        {
            loop.Poll(20);
            if (consumer is PullConsumer pulling)
            {
                if (Stopwatch.GetElapsedTime(start).TotalSeconds >= seconds || Messages - pulling.Requested < Batch) pulling.IsStopping = true;
                if (pulling.IsStopping && pulling.Received >= Math.Min(pulling.Requested, Messages)) return;
            }

            if (consumer.Received != progress)
            {
                progress = consumer.Received;
                progressAt = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(progressAt) > Patience)
            {
                throw new VerificationException($"nothing moves any more: {progress} of {Messages} messages arrived");
            }
        }
    }

    private void AwaitAcknowledgements(JetStreamApi api, long received)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var pending = api.ConsumerFigure(Stream, Consumer, "num_ack_pending");
            if (pending == 0) break;
            if (Stopwatch.GetElapsedTime(start) > Patience) throw new VerificationException($"{pending} of {received} messages are not acknowledged");
        }

        var left = api.ConsumerFigure(Stream, Consumer, "num_pending");
        if (left != Messages - received) throw new VerificationException($"{received} of {Messages} messages were taken, but {left} are left");
    }
}
