using NATS.Server.SystemEvents;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class SerialQueueTests
{
    [Fact]
    public void Items_are_worked_at_one_after_the_other_in_their_order()
    {
        var seen = new List<int>();
        int atOnce = 0;
        var queue = new SerialQueue<int>(1000, item =>
        {
            Assert.Equal(1, Interlocked.Increment(ref atOnce));
            seen.Add(item);
            Interlocked.Decrement(ref atOnce);
        });
        for (int i = 0; i < 500; i++) Assert.True(queue.TryEnqueue(i));
        Eventually.Equal(0, () => queue.Count, "all items are done");
        Assert.Equal(Enumerable.Range(0, 500), seen);
    }

    [Fact]
    public void A_full_queue_refuses_what_comes_and_takes_more_when_there_is_room()
    {
        using var gate = new ManualResetEventSlim();
        var seen = new List<int>();
        var queue = new SerialQueue<int>(3, item =>
        {
            gate.Wait();
            seen.Add(item);
        });
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(queue.TryEnqueue));
        gate.Set();
        Eventually.Equal(0, () => queue.Count, "all items are done");
        Assert.True(queue.TryEnqueue(9));
        Eventually.Equal(0, () => queue.Count, "the last item is done");
        Assert.Equal([0, 1, 2, 9], seen);
    }
}
