using System.Diagnostics;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>What is left in streams of the reference when ages and times to live are over, and in ours.</summary>
public sealed class ExpiryOracleTests
{
    private const long SecondNs = 1_000_000_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    // Subject, seconds to live (-1: never), in order.
    private static readonly (string Subject, int Ttl)[] Messages = [("a", 0), ("b", 1), ("c", -1), ("b", 0), ("a", 0), ("d", 600), ("e", 1), ("e", 600)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ages_and_times_to_live_leave_what_they_leave_in_the_reference(bool isFile)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);

        // The messages that have no time of their own end by age, those that have a short one with it, and one never does.
        var limits = new StoreLimits { MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1, MaxAgeNs = 3 * SecondNs, AllowTtl = true };
        var stream = new ServerStream(script, "S", """["s.>"]""", isFile);
        await stream.ConfigureAsync(limits, 0, isNew: true);
        using var store = CreateStore(limits, isFile, new RecordingStoreListener());
        await FillAsync(stream, store);

        // First those of short lives, then the old ones.
        await UntilAsync(stream, state => state.Messages == 6);
        store.Expire((await TimeOfAsync(stream, 8)) + (2 * SecondNs));
        Assert.Equal((await stream.StateAsync(">")).State, store.State);
        await UntilAsync(stream, state => state.Messages == 1);
        store.Expire((await TimeOfAsync(stream, 3)) + (100 * SecondNs));
        (StreamState left, string deleted, string subjects) = await stream.StateAsync(">");
        Assert.Equal(left, store.State);
        Assert.Equal(("4 5 6 7 8", "s.c 1"), (deleted, subjects));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Markers_are_left_for_the_messages_for_which_the_reference_leaves_them(bool isFile)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        var limits = new StoreLimits { MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1, MaxAgeNs = 2 * SecondNs, AllowTtl = true, DeleteMarkerTtlNs = 600 * SecondNs };
        var stream = new ServerStream(script, "S", """["s.>"]""", isFile);
        await stream.ConfigureAsync(limits, 0, isNew: true);
        var told = new RecordingStoreListener();
        using var store = CreateStore(limits, isFile, told);
        await FillAsync(stream, store);

        // c has no end; all the others leave a marker each, in the order of their last messages.
        await UntilAsync(stream, state => state is { Messages: 5, LastSequence: 12 });
        long nowNs = await TimeOfAsync(stream, 12);
        store.Expire(nowNs + (100 * SecondNs));
        foreach ((ulong sequence, string subject) in told.Markers.ToArray())
        {
            byte[] name = Encoding.ASCII.GetBytes(subject);
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = name, Headers = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\n\r\n"u8, TimestampNs = nowNs, TtlSeconds = 600 }, out _));
            Assert.Equal(StoreResult.Ok, store.Purge(MessageFilter.Of(name), 0, 1, out ulong purged));
            Assert.Equal(1UL, purged);
            Assert.True(sequence <= 8);
        }

        for (ulong sequence = 1; sequence <= 12; sequence++)
        {
            string? theirs = (await stream.GetAsync($"\"seq\":{sequence}"))?.Text.Split(' ')[1];
            string? ours = store.SubjectOf(sequence, out ReadOnlyMemory<byte> subject) == StoreResult.Ok ? Encoding.ASCII.GetString(subject.Span) : null;
            Assert.Equal((sequence, theirs), (sequence, ours));
        }
    }

    private static ModelStore CreateStore(StoreLimits limits, bool isFile, RecordingStoreListener told) => new(limits, 0, isFile, told);

    private static async Task FillAsync(ServerStream stream, ModelStore store)
    {
        foreach ((string subject, int ttl) in Messages)
        {
            string headers = ttl == 0 ? "" : $"NATS/1.0\r\nNats-TTL: {(ttl < 0 ? "never" : $"{ttl}s")}\r\n\r\n";
            (StoreResult result, ulong sequence) = await stream.PublishAsync("s." + subject, headers, "payload");
            Assert.Equal(StoreResult.Ok, result);
            long timeNs = await TimeOfAsync(stream, sequence);
            var message = new NewMessage
            {
                Subject = Encoding.ASCII.GetBytes("s." + subject),
                Headers = Encoding.ASCII.GetBytes(headers),
                Payload = "payload"u8,
                TimestampNs = timeNs,
                TtlSeconds = ttl,
            };
            Assert.Equal(StoreResult.Ok, store.Append(message, out _));
        }
    }

    private static async Task<long> TimeOfAsync(ServerStream stream, ulong sequence) => (await stream.GetAsync($"\"seq\":{sequence}"))!.Value.TimeNs;

    private static async Task UntilAsync(ServerStream stream, Func<StreamState, bool> holds)
    {
        long start = Stopwatch.GetTimestamp();
        StreamState state;
        do
        {
            state = (await stream.StateAsync("none")).State;
            if (Stopwatch.GetElapsedTime(start) > Deadline) throw new TimeoutException(state.ToString());
        }
        while (!holds(state));
    }
}
