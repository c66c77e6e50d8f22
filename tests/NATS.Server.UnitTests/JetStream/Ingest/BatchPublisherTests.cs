using System.Text;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Testing.JetStream;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Ingest;

/// <summary>Batches: what scripts against the real server cannot show, such as time, limits of the server and a store that fails.</summary>
public sealed class BatchPublisherTests
{
    private static readonly StreamConfig Config = new()
    {
        Name = "S", Subjects = ["s.>"], Storage = StorageType.File, MaxMessageSize = -1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1, AllowAtomicPublish = true, AllowBatchPublish = true,
        DuplicateWindowNs = 120_000_000_000,
    };

    [Fact]
    public void An_atomic_batch_is_stored_with_its_last_message()
    {
        var stream = new SimulatedStream(Config);
        Assert.Equal("", Atomic(stream, "b", 1));
        Assert.Equal("", Atomic(stream, "b", 2));
        Assert.Equal(0UL, stream.LastSequence);
        Assert.Equal("""{"stream":"S","seq":3,"batch":"b","count":3}""", Atomic(stream, "b", 3, "Nats-Batch-Commit: 1"));
        Assert.Equal(3UL, stream.LastSequence);
        Assert.Equal((0, 0L), (stream.Budget.Atomic, stream.Budget.Bytes));
    }

    [Fact]
    public void An_atomic_batch_without_messages_is_given_up_after_its_time()
    {
        var stream = new SimulatedStream(Config);
        Atomic(stream, "b", 1);
        stream.NowNs += 9_000_000_000;
        Atomic(stream, "b", 2);
        Assert.Equal(stream.NowNs + 10_000_000_000, stream.NextExpiryNs);
        stream.NowNs += 9_000_000_000;
        Assert.Empty(stream.Expire());
        stream.NowNs += 1_000_000_000;
        Assert.Equal(new PublishedAnswer("abandoned", "b Timeout"), Assert.Single(stream.Expire()));
        Assert.Equal((0, 0L), (stream.Budget.Atomic, stream.Budget.Bytes));
        Assert.Contains("\"err_code\":10176", Atomic(stream, "b", 3, "Nats-Batch-Commit: 1"), StringComparison.Ordinal);
        Assert.Equal(long.MaxValue, stream.NextExpiryNs);
    }

    [Fact]
    public void A_stream_and_a_server_have_so_many_atomic_batches_only()
    {
        var budget = new BatchBudget(new BatchLimits { AtomicPerStream = 2, AtomicTotal = 3 });
        var first = new SimulatedStream(Config, budget: budget);
        var second = new SimulatedStream(Config, budget: budget);
        Assert.Equal("", Atomic(first, "a", 1));
        Assert.Equal("", Atomic(first, "b", 1));
        Assert.Contains("\"err_code\":10210", Atomic(first, "c", 1), StringComparison.Ordinal);
        Assert.Equal("", Atomic(second, "a", 1));
        Assert.Contains("\"err_code\":10210", Atomic(second, "b", 1), StringComparison.Ordinal);
        Atomic(first, "a", 2, "Nats-Batch-Commit: 1");
        Assert.Equal("", Atomic(second, "b", 1));
    }

    [Fact]
    public void Atomic_batches_that_wait_take_so_much_memory_only()
    {
        var budget = new BatchBudget(new BatchLimits { AtomicBytes = 1000 });
        var stream = new SimulatedStream(Config, budget: budget);
        Assert.Equal("", Atomic(stream, "a", 1, payload: new string('x', 500)));
        Assert.Contains("\"err_code\":10210", Atomic(stream, "b", 1, payload: new string('x', 500)), StringComparison.Ordinal);
        Assert.Equal(1, budget.Atomic);
        Atomic(stream, "a", 2, "Nats-Batch-Commit: eob");
        Assert.Equal(0, budget.Bytes);
        Assert.Equal("", Atomic(stream, "b", 1, payload: new string('x', 500)));
    }

    [Fact]
    public void A_batch_of_which_a_message_cannot_be_stored_leaves_nothing_behind()
    {
        var stream = new SimulatedStream(Config);
        stream.Publish("s.a", "r", "", "before");
        Atomic(stream, "b", 1);
        Atomic(stream, "b", 2);
        stream.FailingStore = 3;
        Assert.Contains("\"err_code\":10023", Atomic(stream, "b", 3, "Nats-Batch-Commit: 1"), StringComparison.Ordinal);
        Assert.Equal(1UL, stream.LastSequence);
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("all")]
    public void A_rollup_takes_nothing_away_before_the_whole_batch_is_stored(string rollup)
    {
        var stream = new SimulatedStream(Config with { AllowRollup = true });
        stream.Publish("s.a", "r", "", "before");
        Atomic(stream, "b", 1, "Nats-Rollup: " + rollup);
        Atomic(stream, "b", 2);
        stream.FailingStore = 3;
        Assert.Contains("\"err_code\":10023", Atomic(stream, "b", 3, "Nats-Batch-Commit: 1"), StringComparison.Ordinal);
        Assert.Equal((1UL, 1UL), (stream.LastSequence, stream.Store.State.Messages));
        Atomic(stream, "b", 1, "Nats-Rollup: " + rollup);
        Assert.Equal(1UL, stream.Store.State.Messages);
        Atomic(stream, "b", 2, "Nats-Batch-Commit: 1");
        Assert.Equal((2UL, 3UL, 2UL), (stream.Store.State.FirstSequence, stream.LastSequence, stream.Store.State.Messages));
    }

    [Fact]
    public void A_batch_that_is_refused_as_a_whole_stores_nothing()
    {
        var stream = new SimulatedStream(Config);
        Atomic(stream, "b", 1, "Nats-Msg-Id: a");
        Assert.Contains("\"err_code\":10201", Atomic(stream, "b", 2, "Nats-Msg-Id: a\r\nNats-Batch-Commit: 1"), StringComparison.Ordinal);
        Assert.Equal(0UL, stream.LastSequence);
        Assert.Equal("""{"stream":"S","seq":1,"batch":"b","count":1}""", Atomic(stream, "b", 1, "Nats-Msg-Id: a\r\nNats-Batch-Commit: 1"));
    }

    [Fact]
    public void A_fast_batch_is_forgotten_after_its_time()
    {
        var stream = new SimulatedStream(Config);
        Fast(stream, "b.10.fail.1.0");
        Assert.Equal(1, stream.Budget.Fast);
        stream.NowNs = stream.NextExpiryNs;
        Assert.Empty(stream.Expire());
        Assert.Equal(0, stream.Budget.Fast);
        Assert.Contains("\"err_code\":10208", Fast(stream, "b.10.fail.2.1"), StringComparison.Ordinal);
        Assert.Equal(1UL, stream.LastSequence);
    }

    [Fact]
    public void A_stream_has_so_many_fast_batches_only()
    {
        var stream = new SimulatedStream(Config, budget: new BatchBudget(new BatchLimits { FastPerStream = 1 }));
        Fast(stream, "b.10.fail.1.0");
        Assert.Contains("\"err_code\":10211", Fast(stream, "c.10.fail.1.0"), StringComparison.Ordinal);
        Fast(stream, "b.10.fail.2.2");
        Assert.Contains("\"type\":\"ack\"", Fast(stream, "c.10.fail.1.0"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fast_batch_goes_on_after_a_message_that_could_not_be_stored_and_ends_with_its_last()
    {
        var stream = new SimulatedStream(Config);
        Fast(stream, "b.1.fail.1.0");
        stream.FailingStore = 1;
        Assert.Contains("\"err_code\":10023", Fast(stream, "b.1.fail.2.1"), StringComparison.Ordinal);
        stream.FailingStore = 1;
        Assert.Contains("\"err_code\":10023", Fast(stream, "b.1.fail.3.2"), StringComparison.Ordinal);
        Assert.Equal(0, stream.Budget.Fast);
    }

    [Fact]
    public void Without_answers_only_fast_batches_are_told_how_far_they_are()
    {
        var stream = new SimulatedStream(Config with { NoAck = true });
        Assert.Empty(stream.Publish("s.a", "r", "NATS/1.0\r\nNats-Batch-Id: b\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1\r\n\r\n", ""));
        Assert.Empty(stream.Publish("s.a", "x.c.1.fail.2.1.$FI", "", ""));
        Assert.Equal("""{"stream":"S","seq":2,"batch":"b","count":1}""", Fast(stream, "b.1.fail.1.2"));
        Assert.Equal(2UL, stream.LastSequence);
    }

    [Theory]
    [InlineData("x.b.10.fail.1.0.$FI", "", "x.b.10.fail.1.0.$FI")]
    [InlineData("_R_.abc", """{"acc":"A","reply":"x.b.10.ok.1.0.$FI"}""", "x.b.10.ok.1.0.$FI")]
    [InlineData("_R_.abc", "nonsense", "_R_.abc")]
    [InlineData("_INBOX.abc", """{"reply":"x.b.10.ok.1.0.$FI"}""", "_INBOX.abc")]
    public void What_came_through_an_import_says_what_the_client_asked(string reply, string requestInfo, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(FastBatchCommand.ReplyOf(Encoding.ASCII.GetBytes(reply), Encoding.ASCII.GetBytes(requestInfo))));

    private static string Atomic(SimulatedStream stream, string id, int sequence, string more = "", string payload = "x") =>
        stream.Publish("s.a", "r", $"NATS/1.0\r\nNats-Batch-Id: {id}\r\nNats-Batch-Sequence: {sequence}\r\n{more}{(more.Length > 0 ? "\r\n" : "")}\r\n", payload).Last(static answer => answer.Subject == "r").Text;

    private static string Fast(SimulatedStream stream, string command) => stream.Publish("s.a", $"x.{command}.$FI", "", "x")[^1].Text;
}
