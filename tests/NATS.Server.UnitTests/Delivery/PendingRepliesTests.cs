using System.Buffers;
using NATS.Server.Accounts;
using NATS.Server.Delivery;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

/// <summary>The bounds of the table of requests that wait.</summary>
public sealed class PendingRepliesTests
{
    private readonly ServiceWorld _world = new(ServiceWorld.Exporter(), ServiceWorld.Importer());
    private readonly List<RequestEnd> _ends = [];

    [Fact]
    public void When_too_many_wait_the_oldest_of_the_same_service_is_forgotten()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        ReplyQueue other = new(table, _world.Router.Of(_world.Account("B")), _world.Account("B"), new ExportOptions(ExportKind.Service, "other"), isShared: false);
        ulong ofOther = table.Add(other, "inbox.o"u8, 1, measurement: null);
        ulong first = table.Add(queue, "inbox.1"u8, 1, measurement: null);
        ulong second = table.Add(queue, "inbox.2"u8, 1, measurement: null);
        while (table.Count < PendingReplies.MaxPending) table.Add(queue, "inbox.x"u8, 2, measurement: null);
        ulong last = table.Add(queue, "inbox.y"u8, 3, measurement: null);
        Assert.Equal(PendingReplies.MaxPending, table.Count);
        Assert.False(IsWaiting(table, first));
        Assert.True(IsWaiting(table, second));
        Assert.True(IsWaiting(table, ofOther));
        Assert.True(IsWaiting(table, last));
    }

    [Fact]
    public void When_reply_subjects_take_too_much_room_the_oldest_is_forgotten()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        byte[] large = new byte[1024 * 1024];
        for (int i = 0; i < 100; i++) table.Add(queue, large, i, measurement: null);
        Assert.Equal(PendingReplies.MaxReplyBytes / large.Length, table.Count);
    }

    // One short reply at a time made room for a long one: the table grew to the number of entries times the longest reply.
    [Fact]
    public void Short_reply_subjects_make_room_for_long_ones_only_together()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        byte[] large = new byte[PendingReplies.MaxReplyBytes / 100];
        for (int i = 0; i < 1000; i++) table.Add(queue, "inbox.x"u8, i, measurement: null);
        for (int i = 0; i < 200; i++) table.Add(queue, large, 1000 + i, measurement: null);
        Assert.Equal(100, table.Count);
    }

    [Fact]
    public void A_measured_request_that_is_pushed_out_counts_as_late()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        table.Add(queue, new byte[PendingReplies.MaxReplyBytes], 1, Measurement());
        table.Add(queue, "inbox.1"u8, 1, Measurement());
        Assert.Equal([RequestEnd.Timeout], _ends);
    }

    [Fact]
    public void A_closed_table_remembers_nothing()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        table.Add(queue, "inbox.1"u8, 1, measurement: null);
        table.Close();
        table.Add(queue, "inbox.2"u8, 1, measurement: null);
        Assert.Equal(0, table.Count);
        Assert.Empty(_ends);
    }

    [Fact]
    public void How_a_measured_request_ends_is_told_once()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        ulong undelivered = table.Add(queue, "inbox.1"u8, 1, Measurement());
        table.Add(queue, "inbox.2"u8, 1, Measurement());
        Assert.NotNull(table.Remove(undelivered));
        Assert.Null(table.Remove(undelivered));
        ServicePeer waiting = _world.Peer("A", "inbox.2");
        _world.Account("A").Removed += table.OnInterestEnded;
        waiting.Client.Unsubscribe(waiting.Subscription);
        Assert.Equal([RequestEnd.InterestLost], _ends);
        table.Add(queue, "inbox.3"u8, 1, Measurement());
        table.Sweep(1 + ReplyQueue.DefaultThresholdMs);
        table.Sweep(2 + ReplyQueue.DefaultThresholdMs);
        Assert.Equal([RequestEnd.InterestLost, RequestEnd.Timeout], _ends);
    }

    [Fact]
    public void Many_late_requests_are_forgotten_by_one_sweep()
    {
        PendingReplies table = Table(out ReplyQueue queue);
        for (int i = 0; i < 20_000; i++) table.Add(queue, "inbox.1"u8, i / 2, measurement: null);
        table.Sweep(ReplyQueue.DefaultThresholdMs + 5000 - 1);
        Assert.Equal(10_000, table.Count);
        table.Sweep(ReplyQueue.DefaultThresholdMs + 10_000);
        Assert.Equal(0, table.Count);
    }

    private PendingReplies Table(out ReplyQueue queue)
    {
        var table = new PendingReplies(_world.Account("A"), (_, end) => _ends.Add(end));
        queue = new ReplyQueue(table, _world.Router.Of(_world.Account("B")), _world.Account("B"), new ExportOptions(ExportKind.Service, "req"), isShared: false);
        return table;
    }

    private bool IsWaiting(PendingReplies table, ulong ticket) =>
        table.TryAnswer(ticket, _world.Router.Of(_world.Account("B")), DeliveryContext.Of(_world.Engine.Rent()), new ArrayBufferWriter<byte>(), out _, out _);

    private ServiceMeasurement Measurement() =>
        new() { Exporter = _world.Account("B"), Subject = [], Requestor = default, Time = default, Timestamp = 0 };
}
