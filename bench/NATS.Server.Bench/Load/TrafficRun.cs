using System.Diagnostics;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Load;

/// <summary>
/// Drives publishers and subscribers: publishes for a time within the delivery window, then waits until everything has arrived. One thread.
/// </summary>
/// <param name="loop">Holds all connections of the run.</param>
/// <param name="publishers">Those that publish.</param>
/// <param name="count">Counts for all subscribers.</param>
/// <param name="copies">Deliveries per published message; 0 if nobody subscribes.</param>
/// <param name="deliveryLength">Bytes of one delivery.</param>
internal sealed class TrafficRun(EventLoop loop, IReadOnlyList<Publisher> publishers, DeliveryCount count, int copies, int deliveryLength)
{
    /// <summary>Bytes that may be on their way to all subscribers together: keeps the server busy, and far from any limit at which it must drop.</summary>
    public const int WindowBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly long _windowDeliveries = Math.Max(WindowBytes / deliveryLength, copies);

    private long Published
    {
        get
        {
            var sum = 0L;
            foreach (var publisher in publishers)
            {
                sum += publisher.Published;
            }

            return sum;
        }
    }

    /// <summary>Messages per block at most, so that several blocks fit into the window.</summary>
    public static int MaximumBatch(int copies, int deliveryLength) =>
        copies == 0 ? int.MaxValue : Math.Max(1, WindowBytes / 4 / deliveryLength / copies);

    /// <summary>Waits until the server has answered a PING on every connection.</summary>
    public static void Synchronise(EventLoop loop)
    {
        foreach (var peer in loop.Peers)
        {
            peer.Ping();
        }

        var start = Stopwatch.GetTimestamp();
        foreach (var peer in loop.Peers)
        {
            while (!peer.IsAnswered)
            {
                loop.Poll(100);
                if (Stopwatch.GetElapsedTime(start) > Patience)
                {
                    throw new VerificationException("the server does not answer a PING");
                }
            }
        }
    }

    public RunResult Measure(ProcessMeter server, TimeSpan duration)
    {
        Synchronise(loop);
        var publishedBefore = Published;
        var receivedBefore = count.Received;
        var serverCpu = server.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();

        PublishUntil(start + (long)(duration.TotalSeconds * Stopwatch.Frequency));
        Drain();

        var elapsed = Stopwatch.GetElapsedTime(start);
        var messages = copies == 0 ? Published - publishedBefore : count.Received - receivedBefore;
        var result = new RunResult
        {
            Messages = messages,
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            ResidentMib = server.ResidentKib / 1024.0,
        };

        // Whatever the server sent twice arrives before these answers.
        Synchronise(loop);
        return count.Received == Published * copies
            ? result
            : throw new VerificationException($"{Published * copies} deliveries were due, {count.Received} arrived");
    }

    private void PublishUntil(long deadline)
    {
        var progressAt = Stopwatch.GetTimestamp();
        var progress = -1L;
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            if (now >= deadline)
            {
                return;
            }

            var canContinue = false;
            foreach (var publisher in publishers)
            {
                canContinue |= publisher.Pump(Allowance());
            }

            loop.Poll(canContinue ? 0 : 20);
            Watch(ref progress, ref progressAt, now);
        }
    }

    private void Drain()
    {
        foreach (var publisher in publishers)
        {
            publisher.Ping();
        }

        var progressAt = Stopwatch.GetTimestamp();
        var progress = -1L;
        while (count.Received < Published * copies || !publishers.All(static publisher => publisher.IsAnswered))
        {
            foreach (var publisher in publishers)
            {
                publisher.Pump(allowance: 0);
            }

            loop.Poll(20);
            Watch(ref progress, ref progressAt, Stopwatch.GetTimestamp());
        }
    }

    private long Allowance() => copies == 0 ? long.MaxValue : (_windowDeliveries - ((Published * copies) - count.Received)) / copies;

    private void Watch(ref long progress, ref long progressAt, long now)
    {
        var sum = Published + count.Received;
        if (sum != progress)
        {
            progress = sum;
            progressAt = now;
        }
        else if (Stopwatch.GetElapsedTime(progressAt, now) > Patience)
        {
            throw new VerificationException($"nothing moves any more: {count.Received} of {Published * copies} deliveries arrived");
        }
    }
}
