using System.Diagnostics;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Drives publishers whose messages are acknowledged: publishes for a time within each publisher's window, then waits for the last acknowledgement. One thread.</summary>
internal sealed class AckedRun(EventLoop loop, IReadOnlyList<AckedPublisher> publishers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private long Acked => publishers.Sum(static publisher => publisher.Acked);

    /// <summary>Publishes until <paramref name="duration"/> is over.</summary>
    public RunResult Measure(ProcessMeter server, TimeSpan duration)
    {
        TrafficRun.Synchronise(loop);
        var before = Acked;
        var serverCpu = server.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        Publish(() => Stopwatch.GetElapsedTime(start) >= duration, long.MaxValue);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var result = new RunResult
        {
            Messages = Acked - before,
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            ResidentMib = server.ResidentKib / 1024.0,
        };
        TrafficRun.Synchronise(loop);
        return Acked == publishers.Sum(static publisher => publisher.Published)
            ? result
            : throw new VerificationException($"{publishers.Sum(static publisher => publisher.Published)} messages were published, {Acked} acknowledged");
    }

    /// <summary>Publishes a number of messages, rounded up to blocks.</summary>
    public void Fill(long messages)
    {
        TrafficRun.Synchronise(loop);
        Publish(() => false, messages);
    }

    private void Publish(Func<bool> isOver, long messages)
    {
        var progress = -1L;
        var progressAt = Stopwatch.GetTimestamp();
        var isPublishing = true;
        while (isPublishing || !publishers.All(static publisher => publisher.Acked == publisher.Published))
        {
            isPublishing = isPublishing && !isOver() && publishers.Sum(static publisher => publisher.Published) < messages;
            var canContinue = false;
            foreach (var publisher in publishers) canContinue |= publisher.Pump(isPublishing ? publisher.Allowance : 0);
            loop.Poll(canContinue ? 0 : 20);
            var acked = Acked;
            if (acked != progress)
            {
                progress = acked;
                progressAt = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(progressAt) > Patience)
            {
                throw new VerificationException($"nothing moves any more: {acked} of {publishers.Sum(static publisher => publisher.Published)} messages were acknowledged");
            }
        }
    }
}
