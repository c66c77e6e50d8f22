using NATS.Server.Connections;
using NATS.Server.Monitoring;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class ClosedConnectionRingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void Keeps_the_newest_and_lists_them_oldest_first(int capacity)
    {
        var ring = new ClosedConnectionRing(capacity);
        for (ulong cid = 1; cid <= 500; cid++)
        {
            ring.Add(Closed(cid, 0));
            int count = Math.Min((int)cid, capacity);
            Assert.Equal(count, ring.Count);
            Assert.Equal(cid, ring.Total);
            Assert.Equal(Enumerable.Range((int)cid - count + 1, count).Select(x => (ulong)x), ring.Snapshot().Select(x => x.Connection.Cid));
        }
    }

    [Fact]
    public void Oldest_entries_lose_their_subscription_lists_when_all_lists_together_grow_too_long()
    {
        var ring = new ClosedConnectionRing(4, maxSubscriptionDetails: 10);
        ring.Add(Closed(1, 6));
        ring.Add(Closed(2, 4));
        Assert.Equal([6, 4], Lists(ring));

        ring.Add(Closed(3, 1));
        Assert.Equal([0, 4, 1], Lists(ring));
        Assert.Equal(6, ring.Snapshot()[0].Connection.SubscriptionCount);

        ring.Add(Closed(4, 11));
        Assert.Equal([0, 0, 0, 0], Lists(ring));

        ring.Add(Closed(5, 10));
        Assert.Equal([0, 0, 0, 10], Lists(ring));
        for (ulong cid = 6; cid < 10; cid++) ring.Add(Closed(cid, 2));
        Assert.Equal([2, 2, 2, 2], Lists(ring));
    }

    [Fact]
    public void Bound_holds_over_random_sequences()
    {
        var random = new Random(7);
        var ring = new ClosedConnectionRing(50, maxSubscriptionDetails: 100);
        for (ulong cid = 1; cid <= 5_000; cid++)
        {
            ring.Add(Closed(cid, random.Next(12)));
            int[] lists = [.. Lists(ring)];
            Assert.True(lists.Sum() <= 100);

            // Lists are lost from the oldest on: what follows the first kept list is complete.
            ClosedConnection[] entries = ring.Snapshot();
            int first = Array.FindIndex(lists, x => x > 0);
            Assert.All(entries[Math.Max(first, 0)..], x => Assert.True(first < 0 || x.Subscriptions.Count == x.Connection.SubscriptionCount));
        }
    }

    [Fact]
    public async Task Threads_may_add_and_read_at_once()
    {
        var ring = new ClosedConnectionRing(100);
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (ulong cid = 1; cid <= 2_000; cid++) ring.Add(Closed(cid, 3));
        }))];
        while (!Task.WhenAll(writers).IsCompleted) Assert.All(ring.Snapshot(), Assert.NotNull);
        await Task.WhenAll(writers);
        Assert.Equal(8_000UL, ring.Total);
        Assert.Equal(100, ring.Count);
    }

    private static IEnumerable<int> Lists(ClosedConnectionRing ring) => ring.Snapshot().Select(x => x.Subscriptions.Count);

    private static ClosedConnection Closed(ulong cid, int subscriptions)
    {
        var connection = new ConnectionSnapshot
        {
            Cid = cid,
            Account = "$G",
            Start = FakeMonitoredServer.Start,
            LastActivity = FakeMonitoredServer.Start,
            SubscriptionCount = subscriptions,
        };
        return new ClosedConnection(
            connection,
            FakeMonitoredServer.Start,
            ClosedState.ClientClosed,
            [.. Enumerable.Range(0, subscriptions).Select(x => FakeMonitoredServer.Subscription(cid, x.ToString(), "s"))]);
    }
}
