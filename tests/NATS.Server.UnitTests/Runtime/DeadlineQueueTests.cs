using NATS.Server.Core.Runtime;
using Xunit;

namespace NATS.Server.UnitTests.Runtime;

/// <summary>Deadlines are run when they are due, in order, and no others.</summary>
public sealed class DeadlineQueueTests
{
    [Fact]
    public void What_is_due_runs_once_in_the_order_of_its_times()
    {
        var queue = new DeadlineQueue();
        var ran = new List<string>();
        queue.Set(new Deadline(() => ran.Add("second")), 20);
        queue.Set(new Deadline(() => ran.Add("first")), 10);
        queue.Set(new Deadline(() => ran.Add("later")), 31);
        Assert.Equal(10, queue.NextNs);
        Assert.Equal(31, queue.RunDue(30));
        Assert.Equal(["first", "second"], ran);
        Assert.Equal(1, queue.Count);
        Assert.Equal(long.MaxValue, queue.RunDue(31));
        Assert.Equal(["first", "second", "later"], ran);
    }

    [Fact]
    public void A_deadline_is_moved_and_cleared()
    {
        var queue = new DeadlineQueue();
        int runs = 0;
        var deadline = new Deadline(() => runs++);
        queue.Set(deadline, 10);
        queue.Set(deadline, 50);
        Assert.Equal(50, queue.RunDue(49));
        queue.Set(deadline, long.MaxValue);
        queue.Set(deadline, long.MaxValue);
        Assert.Equal(0, queue.Count);
        Assert.Equal(long.MaxValue, queue.RunDue(1000));
        Assert.Equal(0, runs);
    }

    [Fact]
    public void Only_a_time_before_all_others_calls_the_driver()
    {
        int calls = 0;
        var queue = new DeadlineQueue(() => calls++);
        var deadline = new Deadline(() => { });
        queue.Set(deadline, 10);
        queue.Set(new Deadline(() => { }), 10);
        queue.Set(new Deadline(() => { }), 11);
        Assert.Equal(1, calls);
        queue.Set(deadline, 9);
        Assert.Equal(2, calls);
    }

    [Fact]
    public void Work_that_is_due_again_at_once_waits_for_the_next_call()
    {
        var queue = new DeadlineQueue();
        int runs = 0;
        Deadline deadline = null!;
        deadline = new Deadline(() =>
        {
            runs++;
            queue.Set(deadline, 5);
        });
        queue.Set(deadline, 5);
        Assert.Equal(5, queue.RunDue(10));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Random_deadlines_do_what_a_sorted_list_does()
    {
        var random = new Random(20261122);
        var queue = new DeadlineQueue();
        var ran = new List<int>();
        Deadline[] deadlines = [.. Enumerable.Range(0, 200).Select(i => new Deadline(() => ran.Add(i)))];
        var due = new Dictionary<int, long>();
        for (int step = 0; step < 20_000; step++)
        {
            int which = random.Next(deadlines.Length);
            long time = random.Next(5) == 0 ? long.MaxValue : step + random.Next(1000);
            queue.Set(deadlines[which], time);
            due.Remove(which);
            if (time != long.MaxValue) due[which] = time;
            if (random.Next(10) > 0) continue;

            ran.Clear();
            long next = queue.RunDue(step);
            long[] times = [.. ran.Select(i => due[i])];
            Assert.Equal(due.Values.Where(value => value <= step).Order(), times);
            foreach (int i in ran) due.Remove(i);
            Assert.Equal(due.Count == 0 ? long.MaxValue : due.Values.Min(), next);
            Assert.Equal(due.Count, queue.Count);
        }
    }
}
