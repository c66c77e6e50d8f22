using NATS.Server.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Disks;

public sealed class SleepingQueueTests
{
    [Fact]
    public void What_was_added_first_is_taken_first()
    {
        var queue = new SleepingQueue<int>();
        Assert.True(queue.IsEmpty);
        queue.Add(1);
        queue.Add(2);
        Assert.False(queue.IsEmpty);
        Assert.True(queue.TryTake(TimeSpan.Zero, out int first));
        Assert.True(queue.TryTake(TimeSpan.Zero, out int second));
        Assert.Equal((1, 2), (first, second));
        Assert.False(queue.TryTake(TimeSpan.Zero, out _));
    }

    [Fact]
    public void What_was_added_before_the_end_is_taken_still()
    {
        var queue = new SleepingQueue<int>();
        queue.Add(1);
        queue.Complete();
        Assert.True(queue.TryTake(Timeout.InfiniteTimeSpan, out int item));
        Assert.Equal(1, item);
        Assert.False(queue.TryTake(Timeout.InfiniteTimeSpan, out _));
    }

    [Fact]
    public void Many_threads_take_everything_once_and_end_with_the_queue()
    {
        const int Items = 20_000;
        var queue = new SleepingQueue<int>();
        int[] taken = new int[Items];
        Thread[] takers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            while (queue.TryTake(Timeout.InfiniteTimeSpan, out int item)) Interlocked.Increment(ref taken[item]);
        }))];
        foreach (Thread thread in takers) thread.Start();
        for (int i = 0; i < Items; i++) queue.Add(i);
        queue.Complete();
        foreach (Thread thread in takers) Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        Assert.All(taken, times => Assert.Equal(1, times));
    }
}
