using System.Text;
using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

public sealed class StoreNoticesTests
{
    [Fact]
    public void Removals_are_told_in_order_when_the_store_may_be_called_again()
    {
        var listener = new CallingListener();
        using MessageStore store = MessageStore.InMemory(new StoreLimits { MaxMessages = 100 }, listener);
        listener.Store = store;
        for (int i = 0; i < 10; i++)
        {
            store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes($"s.{i}"), TimestampNs = i + 1 }, out _);
        }

        store.Update(new StoreLimits { MaxMessages = 4 }, 100);
        Assert.Equal([(1UL, "s.0"), (2UL, "s.1"), (3UL, "s.2"), (4UL, "s.3"), (5UL, "s.4"), (6UL, "s.5")], listener.Told);

        // Each was told after all of them were gone.
        Assert.All(listener.MessagesThen, messages => Assert.Equal(4UL, messages));
    }

    [Fact]
    public void A_listener_may_store_the_marker_that_is_due()
    {
        var listener = new CallingListener { StoresMarkers = true };
        using MessageStore store = MessageStore.InMemory(new StoreLimits { MaxAgeNs = 10, AllowTtl = true, MaxMessagesPerSubject = 1, DeleteMarkerTtlNs = 1_000_000_000 }, listener);
        listener.Store = store;
        store.Append(new NewMessage { Subject = "a"u8, TimestampNs = 1 }, out _);
        store.Expire(1_000);
        Assert.Equal([(1UL, "a")], listener.Told);
        Assert.Equal(2UL, store.State.FirstSequence);
    }

    private sealed class CallingListener : IStoreListener
    {
        public MessageStore? Store { get; set; }

        public bool StoresMarkers { get; init; }

        public List<(ulong Sequence, string Subject)> Told { get; } = [];

        public List<ulong> MessagesThen { get; } = [];

        public void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
        {
            Told.Add((sequence, Encoding.ASCII.GetString(subject)));
            MessagesThen.Add(Task.Run(() => Store!.State.Messages).GetAwaiter().GetResult());
        }

        public void Purged(ulong messages, ulong bytes)
        {
        }

        public void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
        {
            if (StoresMarkers) Store!.Append(new NewMessage { Subject = subject, Headers = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\n\r\n"u8, TimestampNs = 1_000 }, out _);
        }

        public void Damaged(string what)
        {
        }
    }
}
