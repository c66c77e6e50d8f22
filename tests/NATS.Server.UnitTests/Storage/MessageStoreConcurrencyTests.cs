using System.Buffers.Binary;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Several threads on one store, and listeners that use it. Models have one thread and are not asked.</summary>
public sealed class MessageStoreConcurrencyTests
{
    private const int Appends = 20_000;
    private const int PayloadLength = 40;

    public static TheoryData<string> Kinds => [.. StoreKinds.All.Where(kind => !kind.Data.StartsWith("model", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Readers_get_whole_messages_while_others_are_stored_and_removed(string kind)
    {
        using StoreSource source = StoreKinds.Create(kind);
        using IMessageStore store = source.Create(new StoreLimits { MaxMessages = 500, MaxMessagesPerSubject = 200 }, 0, new RecordingStoreListener());
        using var over = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() => Read(store, new Random(reader), over.Token)))];
        Write(store, new Random(9));
        await over.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal((ulong)Appends, store.State.LastSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_listener_may_use_the_store_that_tells_it(string kind)
    {
        using StoreSource source = StoreKinds.Create(kind);
        var listener = new AskingListener();
        using IMessageStore store = source.Create(new StoreLimits { MaxMessages = 1 }, 0, listener);
        listener.Store = store;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = "a"u8, TimestampNs = i + 1 }, out _));
        }

        store.Purge(out _);
        Assert.Equal(["1 gone, 2 first", "2 gone, 3 first", "1 purged, 4 first"], listener.Seen);
    }

    private static void Write(IMessageStore store, Random random)
    {
        byte[] payload = new byte[PayloadLength];
        byte[][] subjects = ["a.1"u8.ToArray(), "a.2"u8.ToArray(), "b"u8.ToArray()];
        for (int i = 1; i <= Appends; i++)
        {
            Fill(payload, (ulong)i);
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = subjects[i % 3], Payload = payload, TimestampNs = i }, out _));
            switch (random.Next(40))
            {
                case < 8:
                    store.Remove((ulong)(i - random.Next(Math.Min(i, 300))));
                    break;
                case 8:
                    store.Erase((ulong)(i - random.Next(Math.Min(i, 300))), random);
                    break;
                case 9:
                    store.Flush();
                    break;
                case 10:
                    store.Maintain(i);
                    break;
                case 11 when random.Next(100) == 0:
                    store.Purge(MessageFilter.Of("a.1"u8), 0, 3, out _);
                    break;
                case 12 when random.Next(100) == 0:
                    store.Purge(out _);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Read(IMessageStore store, Random random, CancellationToken over)
    {
        MessageFilter[] filters = [MessageFilter.All, MessageFilter.Of("a.*"u8), MessageFilter.Of("b"u8)];
        ulong newest = 0;
        while (!over.IsCancellationRequested)
        {
            MessageFilter filter = filters[random.Next(filters.Length)];
            StreamState state = store.State;
            Assert.True(state.LastSequence >= newest);
            Assert.True(state.Messages <= 500);
            newest = state.LastSequence;
            ulong from = state.FirstSequence + (ulong)random.Next(500);
            if (store.LoadNext(filter, from, out StoredMessage message, out _) == StoreResult.Ok)
            {
                Assert.True(message.Sequence >= from && filter.Matches(message.Subject));
                Check(message);
            }

            if (store.LoadLast(filter, out message) == StoreResult.Ok) Check(message);
            if (store.LoadPrevious(filter, from, out message) == StoreResult.Ok) Check(message);
            if (store.Load(from, out message) == StoreResult.Ok) Check(message);
            store.StateOf(filter, from);
            store.Pending(from, filter, true, out _);
        }
    }

    private static void Check(in StoredMessage message)
    {
        byte[] expected = new byte[PayloadLength];
        Fill(expected, message.Sequence);
        Assert.True(message.Payload.SequenceEqual(expected));
        Assert.Equal((long)message.Sequence, message.TimestampNs);
    }

    private static void Fill(Span<byte> payload, ulong sequence)
    {
        for (int i = 0; i < payload.Length; i += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(payload[i..], sequence * (ulong)(i + 1));
        }
    }

    private sealed class AskingListener : IStoreListener
    {
        public IMessageStore? Store { get; set; }

        public List<string> Seen { get; } = [];

        public void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
        {
            Assert.Equal(StoreResult.NotFound, Store!.Load(sequence, out _));
            Seen.Add($"{sequence} gone, {Store.State.FirstSequence} first");
        }

        public void Purged(ulong messages, ulong bytes) => Seen.Add($"{messages} purged, {Store!.State.FirstSequence} first");

        public void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject) => Assert.Fail("no markers here");

        public void Damaged(string what) => Assert.Fail(what);
    }
}
