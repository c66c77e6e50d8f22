using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

public sealed class PullQueueTests
{
    private const long Second = 1_000_000_000;
    private readonly Host _host = new();
    private long _now = 100 * Second;
    private ulong _pending = 10;
    private int _queued;
    private int _ackPending;

    private PullLoad Load => new(_now, _pending, _queued, _ackPending);

    [Fact]
    public void Requests_take_turns()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 2 });
        Add(queue, "b", new PullRequest { Batch = 3 });
        Assert.Equal("a b a b b", Take(queue, 6));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_request_for_nothing_gets_one_message()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 0 });
        Add(queue, "b", new PullRequest { Batch = -4 });
        Assert.Equal("a b", Take(queue, 3));
    }

    [Fact]
    public void Priorities_go_first_and_take_turns_among_equals()
    {
        PullQueue queue = NewQueue(new PullRules { Policy = PriorityPolicy.Prioritized, Groups = ["g"] });
        foreach ((string name, long priority) in new[] { ("p5", 5L), ("p1", 1L), ("q5", 5L), ("p0", 0L) }) Add(queue, name, Grouped() with { Batch = 2, Priority = priority });
        Add(queue, "plain", new PullRequest());
        Add(queue, "late", Grouped() with { Priority = 1 });
        Assert.Equal("p0 p0 p1 late p1 p5 q5 p5 q5 plain", Take(queue, 20));
    }

    [Fact]
    public void A_message_that_is_too_large_ends_the_request()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 5, MaxBytes = 25 });
        Assert.Equal("a a", Take(queue, 3, 10));
        Assert.Equal(["a: 409 Message Size Exceeds MaxBytes, 3 and 5 left"], _host.Ended);
    }

    [Fact]
    public void A_message_that_takes_the_last_byte_is_the_last()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 5, MaxBytes = 20 });
        Assert.Equal("a a", Take(queue, 3, 10));
        Assert.Empty(_host.Ended);
    }

    [Fact]
    public void A_request_with_bytes_left_is_told_when_it_has_its_messages()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { MaxBytes = 100 });
        Assert.True(queue.TryTake(10, Load, out WaitingPull? pull));
        Assert.Equal("NATS/1.0 409 Batch Completed\r\nNats-Pending-Messages: 0\r\nNats-Pending-Bytes: 90\r\n\r\n", pull.MessageSent(_now).ToString());
    }

    [Fact]
    public void Too_many_requests_are_refused_and_those_with_heartbeats_silently()
    {
        PullQueue queue = NewQueue(new PullRules { MaxWaiting = 2 });
        Add(queue, "a", new PullRequest { ExpiresNs = 5 * Second });
        Add(queue, "b", new PullRequest());
        Assert.Equal(PullStatus.MaxWaitingExceeded, TryAdd(queue, "c", new PullRequest()));
        Assert.Null(TryAdd(queue, "d", new PullRequest { ExpiresNs = 10 * Second, HeartbeatNs = Second }));
        Assert.Equal(2, queue.Count);

        // Those that are over make room.
        _now += 6 * Second;
        Assert.Null(TryAdd(queue, "e", new PullRequest()));
        Assert.Equal(["a: 408 Request Timeout, 1 and 0 left"], _host.Ended);
        Assert.Equal("b e", Take(queue, 3));
    }

    [Fact]
    public void A_request_that_does_not_wait_needs_messages_for_itself_and_all_before_it()
    {
        PullQueue queue = NewQueue();
        _pending = 0;
        Assert.Equal(PullStatus.NoMessages, TryAdd(queue, "a", new PullRequest { NoWait = true }));
        _queued = 1;
        Assert.Null(TryAdd(queue, "b", new PullRequest { NoWait = true }));
        _pending = 3;
        Assert.Null(TryAdd(queue, "c", new PullRequest { Batch = 4, NoWait = true }));
        Assert.Equal(PullStatus.RequestsPending, TryAdd(queue, "d", new PullRequest { NoWait = true }));
    }

    [Fact]
    public void Who_does_not_wait_is_told_when_there_is_no_more()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 3, NoWait = true });
        Add(queue, "first", new PullRequest { Batch = 3, NoWait = true, ExpiresNs = 5 * Second });
        Add(queue, "patient", new PullRequest { Batch = 3, NoWait = true, ExpiresNs = 5 * Second });
        Assert.Equal("a first", Take(queue, 2));
        queue.Check(_now, isDry: false);
        Assert.Empty(_host.Ended);
        Assert.Equal(_now + (5 * Second), queue.Check(_now, isDry: true));
        Assert.Equal(["first: 404 No Messages", "a: 404 No Messages"], _host.Ended.Order(StringComparer.Ordinal).Reverse());
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Time_ends_requests_when_they_are_looked_at_and_when_they_are_asked_for()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 2, ExpiresNs = Second });
        Add(queue, "b", new PullRequest { Batch = 2, ExpiresNs = 2 * Second, MaxBytes = 50 });
        Add(queue, "c", new PullRequest { Batch = 1 });
        _now += Second;
        Assert.Equal(_now, queue.Check(_now, isDry: false));
        _now++;
        Assert.Equal(_now - 1 + Second, queue.Check(_now, isDry: false));
        Assert.Equal(["a: 408 Request Timeout, 2 and 0 left"], _host.Ended);
        _now += 2 * Second;
        Assert.Equal("c", Take(queue, 2));
        Assert.Equal("b: 408 Request Timeout, 2 and 50 left", _host.Ended[1]);
        Assert.Equal(long.MaxValue, queue.Check(_now, isDry: true));
    }

    [Fact]
    public void Heartbeats_come_while_nothing_else_does()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 3, ExpiresNs = 10 * Second, HeartbeatNs = Second });
        long next = queue.Check(_now, isDry: true);
        Assert.Equal(_now + Second, next);
        _now = next + 1;
        Assert.Equal(_now + Second, queue.Check(_now, isDry: true));
        Assert.Equal(["a"], _host.Beats);
        _now += Second - 5;
        Assert.True(queue.TryTake(1, Load, out WaitingPull? pull));
        pull.MessageSent(_now);
        Assert.Equal(_now + Second, queue.Check(_now, isDry: true));
        Assert.Single(_host.Beats);
    }

    [Fact]
    public void Requests_that_nobody_listens_to_go_silently_unless_they_are_imported()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest());
        queue.Add(new PullRequest { Batch = 7 }, new PullClient("b"u8, null, isImported: true), Load);
        Add(queue, "c", new PullRequest());
        _host.Deaf.UnionWith(["a", "b"]);
        Assert.Equal("c", Take(queue, 1));
        Assert.Equal(["b: 408 Interest Expired, 7 and 0 left"], _host.Ended);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Overflow_is_served_when_one_of_its_limits_is_reached()
    {
        PullQueue queue = NewQueue(new PullRules { Policy = PriorityPolicy.Overflow, Groups = ["g"] });
        Add(queue, "pending", Grouped() with { Batch = 9, MinPending = 5 });
        Add(queue, "acks", Grouped() with { Batch = 9, MinAckPending = 3 });
        _pending = 3;
        Assert.Equal("", Take(queue, 1));
        _pending = 4;
        Assert.Equal("pending", Take(queue, 1));
        (_pending, _ackPending) = (0, 3);
        Assert.Equal("acks acks", Take(queue, 2));
        Add(queue, "always", Grouped());
        _ackPending = 0;
        Assert.Equal("always", Take(queue, 2));
    }

    [Fact]
    public void One_client_is_pinned_until_it_is_silent()
    {
        PullQueue queue = NewQueue(new PullRules { Policy = PriorityPolicy.PinnedClient, Groups = ["g"], PinTimeoutNs = 5 * Second });
        Add(queue, "a", Grouped() with { Batch = 3 });
        Add(queue, "b", Grouped() with { Batch = 9 });
        Assert.Equal("a a", Take(queue, 2));
        Assert.Equal("pin-1", queue.PinId);
        Assert.Equal(_now + (5 * Second), queue.PinEndsNs);
        Assert.Equal(PullStatus.PinMismatch, TryAdd(queue, "wrong", Grouped() with { PinId = "other" }));
        _now += 3 * Second;
        Assert.Null(TryAdd(queue, "a2", Grouped() with { PinId = "pin-1" }));
        Assert.Equal("a a2", Order(Take(queue, 2)));
        Assert.Equal("", Take(queue, 1));
        Assert.False(queue.CheckPin(queue.PinEndsNs - 1));
        _now = queue.PinEndsNs;
        Assert.True(queue.CheckPin(_now));
        Assert.Equal(["g pin-1", "g timeout"], _host.Pins);
        Add(queue, "old", Grouped() with { PinId = "pin-1" });
        Assert.Equal("b b", Take(queue, 2));
        Assert.Equal(["old: 423 Nats-Wrong-Pin-Id, 1 and 0 left"], _host.Ended);
        Assert.True(queue.Unpin("admin"));
        Assert.False(queue.Unpin("admin"));
    }

    [Fact]
    public void A_pinned_client_that_cannot_take_the_message_loses_its_pin()
    {
        PullQueue queue = NewQueue(new PullRules { Policy = PriorityPolicy.PinnedClient, Groups = ["g"], PinTimeoutNs = 5 * Second });
        Add(queue, "a", Grouped() with { MaxBytes = 5 });
        Add(queue, "b", Grouped() with { Batch = 2 });
        Assert.Equal("b", Take(queue, 1, 10));
        Assert.Equal("pin-2", queue.PinId);
        Assert.Equal(["a: 409 Message Size Exceeds MaxBytes, 1 and 5 left"], _host.Ended);
    }

    [Fact]
    public void What_a_consumer_does_not_offer_is_refused()
    {
        PullQueue queue = NewQueue(new PullRules { MaxBatch = 5, MaxExpiresNs = 2 * Second, MaxBytes = 100 });
        Assert.Equal("NATS/1.0 409 Exceeded MaxRequestBatch of 5\r\n\r\n", TryAdd(queue, "a", new PullRequest { Batch = 6 }).ToString());
        Assert.Equal("NATS/1.0 409 Exceeded MaxRequestExpires of 2s\r\n\r\n", TryAdd(queue, "a", new PullRequest { ExpiresNs = 3 * Second }).ToString());
        Assert.Equal("NATS/1.0 409 Exceeded MaxRequestMaxBytes of 100\r\n\r\n", TryAdd(queue, "a", new PullRequest { MaxBytes = 101 }).ToString());
        Assert.Equal("NATS/1.0 400 Bad Request - Not a Overflow Priority consumer\r\n\r\n", TryAdd(queue, "a", new PullRequest { HasOptions = true, MinPending = 1 }).ToString());
        Assert.Equal("NATS/1.0 400 Bad Request - Not a Pinned Client Priority consumer\r\n\r\n", TryAdd(queue, "a", new PullRequest { HasOptions = true, PinId = "x" }).ToString());
        Assert.Equal("NATS/1.0 400 Bad Request - Priority must be between 0 and 9\r\n\r\n", TryAdd(queue, "a", new PullRequest { HasOptions = true, Priority = 10 }).ToString());
        Assert.Null(TryAdd(queue, "a", new PullRequest { Batch = 5, ExpiresNs = 2 * Second, MaxBytes = 100 }));
    }

    [Fact]
    public void Groups_are_asked_for_where_there_are_any()
    {
        PullQueue queue = NewQueue(new PullRules { Policy = PriorityPolicy.Overflow, Groups = ["g"] });
        Assert.Equal(PullStatus.BadRequest("Priority Group missing"), TryAdd(queue, "a", new PullRequest { HasOptions = true }));
        Assert.Equal(PullStatus.BadRequest("Invalid Priority Group"), TryAdd(queue, "a", new PullRequest { HasOptions = true, Group = "h" }));
        Assert.Null(TryAdd(queue, "a", new PullRequest()));
    }

    [Fact]
    public void A_delivery_that_failed_is_given_back()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest { Batch = 2 });
        Assert.Equal("a", Take(queue, 1));
        queue.Credit("a"u8);
        Assert.Equal("a a", Take(queue, 3));
    }

    [Fact]
    public void All_requests_end_with_their_consumer()
    {
        PullQueue queue = NewQueue();
        Add(queue, "a", new PullRequest());
        Add(queue, "b", new PullRequest());
        queue.EndAll(PullStatus.ConsumerDeleted);
        Assert.Equal(["a: 409 Consumer Deleted", "b: 409 Consumer Deleted"], _host.Ended);
        Assert.Equal(0, queue.Count);
    }

    [Theory]
    [InlineData(PriorityPolicy.None, 1)]
    [InlineData(PriorityPolicy.Prioritized, 2)]
    [InlineData(PriorityPolicy.Overflow, 3)]
    [InlineData(PriorityPolicy.PinnedClient, 4)]
    public void No_request_is_lost_and_none_ends_twice(PriorityPolicy policy, int seed)
    {
        var random = new Random(seed);
        var queue = new PullQueue(new PullRules { Policy = policy, Groups = ["g"], MaxWaiting = 20, PinTimeoutNs = 3 * Second }, _host);
        Dictionary<string, long> open = new(StringComparer.Ordinal);
        for (int step = 0; step < 50_000; step++)
        {
            _now += random.Next(50_000_000);
            _pending = (ulong)random.Next(4);
            _ackPending = random.Next(5);
            switch (random.Next(6))
            {
                case < 2:
                    string name = $"r{step}";
                    PullRequest request = (policy == PriorityPolicy.None ? new PullRequest() : Grouped()) with
                    {
                        Batch = random.Next(1, 6),
                        ExpiresNs = random.Next(3) == 0 ? 0 : random.NextInt64(5 * Second),
                        NoWait = random.Next(4) == 0,
                        MaxBytes = random.Next(3) == 0 ? random.Next(1, 60) : 0,
                        Priority = policy == PriorityPolicy.Prioritized ? random.Next(10) : 0,
                        MinPending = policy == PriorityPolicy.Overflow ? random.Next(4) : 0,
                        PinId = policy == PriorityPolicy.PinnedClient && random.Next(3) == 0 ? queue.PinId : null,
                    };
                    int before = queue.Count;
                    if (TryAdd(queue, name, request) is null)
                    {
                        Assert.True(queue.Count <= before + 1);
                        open[name] = request.Batch;
                    }

                    break;
                case < 4:
                    if (!queue.TryTake(random.Next(1, 30), Load, out WaitingPull? pull)) break;
                    string reply = Encoding.UTF8.GetString(pull.Reply);
                    Assert.True(open.ContainsKey(reply), $"{reply} was over");
                    if (pull.Remaining == 0) open.Remove(reply);
                    pull.MessageSent(_now);
                    break;
                case 4: queue.Check(_now, random.Next(2) == 0); break;
                default: queue.CheckPin(_now); break;
            }

            foreach (string ended in _host.Ended) Assert.True(open.Remove(ended[..ended.IndexOf(':')]), $"{ended} a second time");
            _host.Ended.Clear();
            Assert.Equal(open.Count, queue.Count);
            Assert.InRange(queue.Count, 0, 20);
        }
    }

    [Fact]
    public void Requests_allocate_nothing()
    {
        PullQueue queue = NewQueue();
        long before = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (i == 10_000) before = GC.GetAllocatedBytesForCurrentThread();
            queue.Add(new PullRequest { Batch = 2, ExpiresNs = Second }, new PullClient("_INBOX.request"u8), Load);
            queue.TryTake(100, Load, out WaitingPull? pull);
            pull!.MessageSent(_now);
            queue.Check(_now, isDry: false);
            if (queue.Count > 100) queue.TryTake(100, Load, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static PullRequest Grouped() => new() { HasOptions = true, Group = "g" };

    private static string Order(string names) => string.Join(' ', names.Split(' ').Order(StringComparer.Ordinal));

    private PullQueue NewQueue(PullRules? rules = null) => new(rules ?? new PullRules(), _host);

    private void Add(PullQueue queue, string name, PullRequest request) => Assert.Null(TryAdd(queue, name, request));

    private PullStatus? TryAdd(PullQueue queue, string name, PullRequest request) => queue.Add(request, new PullClient(Encoding.UTF8.GetBytes(name)), Load);

    private string Take(PullQueue queue, int count, long size = 1)
    {
        List<string> names = [];
        while (names.Count < count && queue.TryTake(size, Load, out WaitingPull? pull))
        {
            names.Add(Encoding.UTF8.GetString(pull.Reply));
            pull.MessageSent(_now);
        }

        return string.Join(' ', names);
    }

    private sealed class Host : IPullHost
    {
        public List<string> Ended { get; } = [];

        public List<string> Beats { get; } = [];

        public List<string> Pins { get; } = [];

        public HashSet<string> Deaf { get; } = new(StringComparer.Ordinal);

        public bool HasInterest(WaitingPull pull) => Deaf.Count == 0 || !Deaf.Contains(Encoding.UTF8.GetString(pull.Reply));

        public void End(WaitingPull pull, in PullStatus status) =>
            Ended.Add($"{Encoding.UTF8.GetString(pull.Reply)}: {status.Code} {status.Description}{(status.HasPending ? $", {status.Messages} and {status.Bytes} left" : "")}");

        public void Heartbeat(WaitingPull pull) => Beats.Add(Encoding.UTF8.GetString(pull.Reply));

        public string Pin(WaitingPull pull, string group)
        {
            string pin = $"pin-{Pins.Count(static one => one.Contains("pin")) + 1}";
            Pins.Add($"{group} {pin}");
            return pin;
        }

        public void Unpin(string group, string reason) => Pins.Add($"{group} {reason}");
    }
}
