using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Disks;

/// <summary>The thread that commits serves all who come, survives what breaks, and ends when it is told to.</summary>
public sealed class CommitThreadTests
{
    [Fact]
    public async Task All_who_come_from_many_threads_are_served()
    {
        var counter = new Counter();
        using (var thread = new CommitThread(new SimulatedDisk(), NullLogger.Instance))
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                for (int i = 0; i < 5000; i++) thread.Queue.Enqueue(counter, counter, i);
            })));
            Eventually.Equal(20_000, () => counter.Served, "all waits are served");
            Assert.Equal(20_000, thread.Queue.Served);
        }
    }

    [Fact]
    public void Who_waits_when_it_is_disposed_is_served_before_it_ends()
    {
        var counter = new Counter();
        var thread = new CommitThread(new SimulatedDisk(), NullLogger.Instance);
        for (int i = 0; i < 100; i++) thread.Queue.Enqueue(counter, counter, i);
        thread.Dispose();
        thread.Dispose();

        Assert.Equal(100, counter.Served);
    }

    [Fact]
    public void A_store_that_breaks_does_not_end_it()
    {
        var counter = new Counter();
        using var thread = new CommitThread(new SimulatedDisk(), NullLogger.Instance);
        thread.Queue.Enqueue(new Broken(), counter, 1);
        Eventually.Equal(1, () => counter.Failed, "the failure is told");
        thread.Queue.Enqueue(counter, counter, 2);
        Eventually.Equal(1, () => counter.Served, "the next is served");
    }

    private sealed class Counter : ICommitParticipant, ICommitWaiter
    {
        private int _served;
        private int _failed;

        public int Served => Volatile.Read(ref _served);

        public int Failed => Volatile.Read(ref _failed);

        public StoreResult BeginCommit(List<DiskSync> files, out long position)
        {
            position = 0;
            return StoreResult.Ok;
        }

        public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files) => StoreResult.Ok;

        public void Committed(long ticket, StoreResult result)
        {
            if (result == StoreResult.Ok) Interlocked.Increment(ref _served);
            else Interlocked.Increment(ref _failed);
        }
    }

    private sealed class Broken : ICommitParticipant
    {
        public StoreResult BeginCommit(List<DiskSync> files, out long position) => throw new InvalidOperationException("broken");

        public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files) => StoreResult.Ok;
    }
}
