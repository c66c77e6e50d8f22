using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Nobody is told before the bytes are on the device, and many share one sync.</summary>
public sealed class CommitQueueTests
{
    private readonly SimulatedDisk _disk = new();
    private readonly CommitQueue _queue;
    private int _wakes;

    public CommitQueueTests()
    {
        _queue = new CommitQueue(_disk, () => _wakes++);
    }

    [Fact]
    public void Waits_of_one_store_share_a_sync()
    {
        Appender store = Store("a");
        var waiter = new Waiter();
        for (int i = 0; i < 100; i++) waiter.Wait(_queue, store, store.Append());
        long syncs = _disk.Syncs;

        Assert.Equal(100, _queue.RunRound());
        Assert.Equal(1, _disk.Syncs - syncs);
        Assert.Equal(Enumerable.Range(1, 100).Select(ticket => ((long)ticket, StoreResult.Ok)), waiter.Told);
        Assert.Equal(0, _queue.RunRound());
        Assert.Equal(1, _queue.Rounds);
        Assert.Equal(100, _queue.Served);
    }

    [Fact]
    public void Nobody_is_told_before_its_bytes_are_synced()
    {
        Appender[] stores = [Store("a"), Store("b"), Store("c")];
        var random = new Random(1);
        var waiters = stores.ToDictionary(store => store, _ => new Waiter());
        foreach (Appender store in stores)
            waiters[store].Check = ticket => Assert.True(_disk.SyncedContentOf(store.Path)!.Length >= ticket);

        for (int step = 0; step < 2000; step++)
        {
            Appender store = stores[random.Next(3)];
            waiters[store].Wait(_queue, store, store.Append());
            if (random.Next(10) == 0) _queue.RunRound();
        }

        _queue.RunRound();
        Assert.Equal(2000, waiters.Values.Sum(waiter => waiter.Told.Count));
        Assert.True(_queue.Rounds > 100);
    }

    [Fact]
    public void Who_comes_while_a_sync_runs_waits_for_the_next_round()
    {
        Appender store = Store("a");
        var waiter = new Waiter { Check = ticket => Assert.True(_disk.SyncedContentOf("/a")!.Length >= ticket) };
        waiter.Wait(_queue, store, store.Append());
        _disk.Before = (in DiskOperation operation) =>
        {
            if (operation.Kind != DiskOperations.Sync) return;
            _disk.Before = null;
            waiter.Wait(_queue, store, store.Append());
        };

        Assert.Equal(1, _queue.RunRound());
        Assert.Equal([(1, StoreResult.Ok)], waiter.Told);
        Assert.False(_queue.IsEmpty);
        Assert.Equal(1, _queue.RunRound());
        Assert.Equal([(1, StoreResult.Ok), (2, StoreResult.Ok)], waiter.Told);
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public void A_failed_sync_is_told_to_all_who_wait_for_its_store_and_to_nobody_else()
    {
        Appender good = Store("good");
        Appender bad = Store("bad");
        var waiter = new Waiter();
        var other = new Waiter();
        for (int i = 0; i < 3; i++)
        {
            waiter.Wait(_queue, good, good.Append());
            other.Wait(_queue, bad, bad.Append());
        }

        _disk.Fail(new DiskFault { Kinds = DiskOperations.Sync, PathPart = "/bad" });
        _queue.RunRound();

        Assert.All(waiter.Told, told => Assert.Equal(StoreResult.Ok, told.Result));
        Assert.All(other.Told, told => Assert.Equal(StoreResult.Failed, told.Result));
        Assert.Equal((3, 3), (waiter.Told.Count, other.Told.Count));
        Assert.Null(good.Failure);
        Assert.Equal("/bad", bad.Failure!.Path);
    }

    [Fact]
    public void What_a_store_answers_when_it_cannot_flush_is_told()
    {
        Appender full = Store("full");
        Appender good = Store("good");
        full.Answer = StoreResult.DiskFull;
        var waiter = new Waiter();
        waiter.Wait(_queue, full, full.Append());
        waiter.Wait(_queue, good, good.Append() + 10);
        _queue.RunRound();

        Assert.Equal([(1, StoreResult.DiskFull), (11, StoreResult.Ok)], waiter.Told);
        Assert.Equal(1, full.Ended);
    }

    [Fact]
    public void What_a_store_cannot_finish_after_the_sync_is_told_to_those_who_wait_for_it()
    {
        Appender unnamed = Store("unnamed");
        Appender good = Store("good");
        unnamed.AnswerAtEnd = StoreResult.DiskFull;
        var waiter = new Waiter();
        waiter.Wait(_queue, unnamed, unnamed.Append());
        waiter.Wait(_queue, good, good.Append() + 10);
        _queue.RunRound();

        Assert.Equal([(1, StoreResult.DiskFull), (11, StoreResult.Ok)], waiter.Told);
        unnamed.AnswerAtEnd = StoreResult.Ok;
        waiter.Wait(_queue, unnamed, unnamed.Append());
        _queue.RunRound();
        Assert.Equal((2, StoreResult.Ok), waiter.Told[^1]);
    }

    [Fact]
    public void A_store_without_files_is_committed_without_a_sync()
    {
        var waiter = new Waiter();
        waiter.Wait(_queue, new Nothing(), 7);
        _queue.RunRound();

        Assert.Equal([(7, StoreResult.Ok)], waiter.Told);
        Assert.Equal(0, _disk.Operations);
    }

    [Fact]
    public void What_breaks_in_a_store_is_told_to_those_who_wait_for_it_and_to_the_thread()
    {
        Appender good = Store("good");
        Appender late = Store("late");
        var waiter = new Waiter { Check = ticket => Assert.True(ticket != 1 || _disk.SyncedContentOf("/good")!.Length == 1) };
        waiter.Wait(_queue, good, good.Append());
        waiter.Wait(_queue, new Broken(breaksAtEnd: false), 2);
        waiter.Wait(_queue, new Broken(breaksAtEnd: true), 3);
        waiter.Wait(_queue, late, late.Append() + 3);
        Assert.Throws<InvalidOperationException>(() => _queue.RunRound());

        Assert.Equal([(1, StoreResult.Ok), (2, StoreResult.Failed), (3, StoreResult.Failed), (4, StoreResult.Ok)], waiter.Told);
        Assert.Equal((1, 1), (good.Ended, late.Ended));
        waiter.Wait(_queue, good, good.Append());
        _queue.RunRound();
        Assert.Equal((2, StoreResult.Ok), waiter.Told[^1]);
    }

    [Fact]
    public void The_thread_is_woken_once_when_work_comes()
    {
        Appender store = Store("a");
        _queue.Enqueue(store, null);
        _queue.Enqueue(store, null);
        Assert.Equal(1, _wakes);
        _queue.RunRound();
        _queue.Enqueue(store, null);
        Assert.Equal(2, _wakes);
    }

    [Fact]
    public void Who_may_block_commits_for_all_who_wait_without_waking_anybody()
    {
        Appender store = Store("a");
        Appender other = Store("b");
        var waiter = new Waiter();
        waiter.Wait(_queue, other, other.Append());
        waiter.Wait(_queue, store, store.Append() + 10);
        int wakes = _wakes;
        long syncs = _disk.Syncs;
        store.Append();

        Assert.Equal(StoreResult.Ok, _queue.Commit(store));
        Assert.Equal(2, _disk.SyncedContentOf("/a")!.Length);
        Assert.Equal([(1, StoreResult.Ok), (11, StoreResult.Ok)], waiter.Told);
        Assert.Equal((2, 1, wakes), (_disk.Syncs - syncs, _queue.Rounds, _wakes));
        Assert.Equal(0, _queue.RunRound());
    }

    [Fact]
    public void Who_commits_is_answered_what_became_of_it()
    {
        Appender bad = Store("bad");
        Appender good = Store("good");
        _disk.Fail(new DiskFault { Kinds = DiskOperations.Sync, PathPart = "/bad" });
        bad.Append();
        good.Append();

        Assert.Equal(StoreResult.Failed, _queue.Commit(bad));
        Assert.Equal(StoreResult.Ok, _queue.Commit(good));
        good.AnswerAtEnd = StoreResult.DiskFull;
        Assert.Equal(StoreResult.DiskFull, _queue.Commit(good));
        good.AnswerAtEnd = StoreResult.Ok;
        Assert.Equal(StoreResult.Ok, _queue.Commit(good));
        Assert.Throws<InvalidOperationException>(() => _queue.Commit(new Broken(breaksAtEnd: false)));
        Assert.Equal(StoreResult.Ok, _queue.Commit(good));
    }

    [Fact]
    public void Threads_that_commit_at_the_same_time_share_rounds_and_return_when_their_bytes_are_synced()
    {
        const int Threads = 6;
        const int Times = 300;
        Appender[] stores = [.. Enumerable.Range(0, Threads).Select(number => Store($"s{number}"))];
        string? problem = null;

        using var entered = new CountdownEvent(Threads);
        Thread[] threads = [.. stores.Select(store => new Thread(() => Run(store)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();

        Assert.Null(problem);
        Assert.Equal(Threads * Times, _queue.Served);
        Assert.True(_queue.Rounds <= _queue.Served);
        Assert.True(_queue.IsEmpty);

        void Run(Appender store)
        {
            entered.Signal();
            entered.Wait();
            for (int i = 1; i <= Times; i++)
            {
                store.Append();
                if (_queue.Commit(store) != StoreResult.Ok || _disk.SyncedContentOf(store.Path)!.Length < i) problem = $"{store.Path} {i}";
            }
        }
    }

    [Fact]
    public void Waiting_allocates_nothing_once_the_lists_have_grown()
    {
        var store = new Nothing();
        var waiter = new Silent();
        _queue.Commit(store);
        for (int round = 0; round < 3; round++) Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (int i = 0; i < 1000; i++) _queue.Enqueue(store, waiter, i);
            _queue.RunRound();
            _queue.Commit(store);
        }
    }

    private Appender Store(string name) => new(_disk, "/" + name);

    private sealed class Waiter : ICommitWaiter
    {
        public List<(long Ticket, StoreResult Result)> Told { get; } = [];

        public Action<long>? Check { get; set; }

        public void Wait(CommitQueue queue, ICommitParticipant store, long ticket) => queue.Enqueue(store, this, ticket);

        public void Committed(long ticket, StoreResult result)
        {
            if (result == StoreResult.Ok) Check?.Invoke(ticket);
            Told.Add((ticket, result));
        }
    }

    private sealed class Silent : ICommitWaiter
    {
        public void Committed(long ticket, StoreResult result)
        {
        }
    }

    // One byte for each append, buffered until the commit.
    private sealed class Appender : ICommitParticipant
    {
        private readonly IDiskFile _file;
        private int _appended;
        private int _flushed;

        public Appender(SimulatedDisk disk, string path)
        {
            Path = path;
            _file = disk.Open(path, DiskOpen.OrCreate);
            disk.SyncDirectory("/");
        }

        public string Path { get; }

        public StoreResult Answer { get; set; }

        public StoreResult AnswerAtEnd { get; set; }

        public DiskException? Failure { get; private set; }

        public int Ended { get; private set; }

        public long Append() => ++_appended;

        public StoreResult BeginCommit(List<DiskSync> files, out long position)
        {
            position = _appended;
            if (Answer != StoreResult.Ok) return Answer;
            _file.Write(_flushed, new byte[_appended - _flushed]);
            _flushed = _appended;
            files.Add(new DiskSync(_file));
            return StoreResult.Ok;
        }

        public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files)
        {
            Ended++;
            foreach (DiskSync file in files)
            {
                Assert.Same(_file, file.File);
                Failure ??= file.Failure;
            }

            return AnswerAtEnd;
        }
    }

    private sealed class Nothing : ICommitParticipant
    {
        public StoreResult BeginCommit(List<DiskSync> files, out long position)
        {
            position = 0;
            return StoreResult.Ok;
        }

        public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files) => files.IsEmpty ? StoreResult.Ok : StoreResult.Failed;
    }

    private sealed class Broken(bool breaksAtEnd) : ICommitParticipant
    {
        public StoreResult BeginCommit(List<DiskSync> files, out long position)
        {
            position = 0;
            return breaksAtEnd ? StoreResult.Ok : throw new InvalidOperationException("broken");
        }

        public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files) => throw new InvalidOperationException("broken at the end");
    }
}
