using NATS.Server.Core.Runtime;
using Xunit;

namespace NATS.Server.UnitTests.Runtime;

/// <summary>One owner at a time, nothing forgotten, nothing out of order.</summary>
public sealed class MailboxTests
{
    [Fact]
    public void What_is_posted_is_done_in_order_by_the_executor()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor);
        Assert.True(mailbox.TryPost(1));
        Assert.True(mailbox.TryPost(2));
        mailbox.Signal(4);
        mailbox.Signal(4);
        mailbox.Signal(8);
        Assert.Empty(mailbox.Done);
        Assert.Equal(1, executor.RunAll());
        Assert.Equal(["1", "2", "end 12"], mailbox.Done);
    }

    [Fact]
    public void An_idle_mailbox_is_entered_and_one_with_work_is_not()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor);
        Assert.True(mailbox.TryEnter());
        Assert.False(mailbox.TryEnter());
        mailbox.Exit();
        Assert.Equal(0, executor.RunAll());
        mailbox.TryPost(1);
        Assert.False(mailbox.TryEnter());
        executor.RunAll();
        Assert.True(mailbox.TryEnter());
        mailbox.Exit();
    }

    [Fact]
    public void What_comes_while_somebody_is_inside_is_done_after_it()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor);
        mailbox.TryEnter();
        mailbox.TryPost(1);
        Assert.Equal(0, executor.RunAll());
        Assert.Empty(mailbox.Done);
        mailbox.Exit();
        Assert.False(mailbox.TryEnter());
        Assert.Equal(1, executor.RunAll());
        Assert.Equal(["1", "end 0"], mailbox.Done);
    }

    [Fact]
    public void A_signal_while_somebody_is_inside_is_seen_after_it()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor);
        mailbox.TryEnter();
        mailbox.Signal(1);
        mailbox.Exit();
        executor.RunAll();
        Assert.Equal(["end 1"], mailbox.Done);
    }

    [Fact]
    public void A_full_mailbox_says_so_and_takes_more_when_there_is_space()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor, capacity: 2);
        Assert.True(mailbox.TryPost(1));
        Assert.True(mailbox.TryPost(2));
        Assert.False(mailbox.TryPost(3));
        Assert.Equal(2, mailbox.Waiting);
        executor.RunAll();
        Assert.True(mailbox.TryPost(4));
        executor.RunAll();
        Assert.Equal(["1", "2", "end 0", "4", "end 0"], mailbox.Done);
    }

    [Fact]
    public void One_that_never_runs_out_of_work_lets_others_have_a_turn()
    {
        var executor = new QueueExecutor();
        var mailbox = new Recorder(executor);
        int left = 100;
        mailbox.OnPerform = _ =>
        {
            if (left-- > 0) mailbox.TryPost(left);
        };
        mailbox.TryPost(1);
        Assert.True(executor.RunAll() > 10);
        Assert.Equal(-1, left);
    }

    [Fact]
    public void Many_threads_are_never_inside_together_and_lose_nothing()
    {
        const int Threads = 4;
        const int Each = 20_000;
        using var executor = new ThreadExecutor();
        var mailbox = new Counter(executor);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(sender => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                if (i % 3 == 0 && mailbox.TryEnter())
                {
                    mailbox.Count((sender, i));
                    mailbox.Exit();
                }
                else
                {
                    while (!mailbox.TryPost((sender, i))) Thread.Yield();
                }

                mailbox.Signal(1 << sender);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.True(mailbox.Finished.Wait(TimeSpan.FromSeconds(30)), "Work was forgotten.");
        Assert.False(mailbox.WasShared, "Two were inside together.");
        Assert.False(mailbox.WasDisordered, "A sender's work was done out of order.");
    }

    private sealed class Recorder(IExecutor executor, int capacity = 100) : Mailbox<int>(executor, capacity)
    {
        public List<string> Done { get; } = [];

        public Action<int>? OnPerform { get; set; }

        protected override void Perform(ref int item)
        {
            Done.Add($"{item}");
            OnPerform?.Invoke(item);
        }

        protected override void EndBatch(int signals) => Done.Add($"end {signals}");
    }

    private sealed class Counter(IExecutor executor) : Mailbox<(int Sender, int Number)>(executor, 500)
    {
        private readonly int[] _next = new int[4];
        private int _inside;
        private int _signals;

        public ManualResetEventSlim Finished { get; } = new();

        public bool WasShared { get; private set; }

        public bool WasDisordered { get; private set; }

        public void Count((int Sender, int Number) item)
        {
            if (Interlocked.Increment(ref _inside) != 1) WasShared = true;
            if (_next[item.Sender]++ != item.Number) WasDisordered = true;
            Interlocked.Decrement(ref _inside);
        }

        protected override void Perform(ref (int Sender, int Number) item) => Count(item);

        protected override void EndBatch(int signals)
        {
            _signals |= signals;
            if (_signals == 0b1111 && _next.All(next => next == 20_000)) Finished.Set();
        }
    }

    /// <summary>Runs what was posted when it is told to.</summary>
    private sealed class QueueExecutor : IExecutor
    {
        private readonly Queue<IWorkItem> _work = [];

        public void Post(IWorkItem work) => _work.Enqueue(work);

        public int RunAll()
        {
            int runs = 0;
            while (_work.TryDequeue(out IWorkItem? work))
            {
                work.Run();
                runs++;
            }

            return runs;
        }
    }

    /// <summary>Runs what is posted on two threads.</summary>
    private sealed class ThreadExecutor : IExecutor, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<IWorkItem> _work = [];
        private readonly Thread[] _threads;

        public ThreadExecutor()
        {
            _threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(Run))];
            foreach (Thread thread in _threads) thread.Start();
        }

        public void Post(IWorkItem work) => _work.Add(work);

        public void Dispose()
        {
            _work.CompleteAdding();
            foreach (Thread thread in _threads) thread.Join();
            _work.Dispose();
        }

        private void Run()
        {
            foreach (IWorkItem work in _work.GetConsumingEnumerable()) work.Run();
        }
    }
}
