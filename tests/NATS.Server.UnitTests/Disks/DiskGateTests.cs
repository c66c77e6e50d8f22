using NATS.Server.Disks;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Disks;

/// <summary>How many calls may be at the disk.</summary>
public sealed class DiskGateTests
{
    [Fact]
    public void Whoever_is_one_too_many_waits_and_is_counted()
    {
        var gate = new DiskGate(4);
        using var leave = new ManualResetEventSlim();
        Thread[] inside = [.. Enumerable.Range(0, 4).Select(_ => Start(gate, leave))];
        Eventually.Equal(4L, () => gate.Inside, "calls at the disk");
        Assert.Equal(0, gate.Waiters);
        Thread[] waiting = [.. Enumerable.Range(0, 3).Select(_ => Start(gate, leave))];
        Eventually.Equal(3L, () => gate.Waiters, "calls that wait");
        Assert.Equal((4, 0), (gate.Inside, gate.Waits));
        leave.Set();
        foreach (Thread thread in (Thread[])[.. inside, .. waiting]) thread.Join();
        Assert.Equal((0, 0, 3), (gate.Inside, gate.Waiters, gate.Waits));
        Assert.InRange(gate.MaxWaitNs, 1, gate.WaitNs);
    }

    [Fact]
    public void No_place_is_lost_or_won_when_many_come_and_go()
    {
        var gate = new DiskGate(4);
        int now = 0, most = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
            {
                for (int i = 0; i < 5000; i++)
                {
                    using DiskGate.Pass pass = gate.Enter();
                    int inside = Interlocked.Increment(ref now);
                    if (inside > Volatile.Read(ref most)) Volatile.Write(ref most, inside);
                    Interlocked.Decrement(ref now);
                }
            })),
        ];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.InRange(most, 1, 4);
        Assert.Equal((0, 0), (gate.Inside, gate.Waiters));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(5, 5)]
    [InlineData(10_000, 8192)]
    public void It_has_at_least_four_places_and_not_too_many(int configured, int expected) => Assert.Equal(expected, new DiskGate(configured).Places);

    private static Thread Start(DiskGate gate, ManualResetEventSlim leave)
    {
        var thread = new Thread(() =>
        {
            using DiskGate.Pass pass = gate.Enter();
            leave.Wait();
        });
        thread.Start();
        return thread;
    }
}
