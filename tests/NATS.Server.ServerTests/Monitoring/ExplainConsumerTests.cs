using System.Text.Json;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;
using static NATS.Server.ServerTests.Monitoring.ExplainDesk;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>Why a consumer of a running server delivers nothing: brought about by clients, asked over the system account, and then remedied until messages flow.</summary>
public sealed class ExplainConsumerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nobody_pulls_until_somebody_does()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\"");
        await desk.AskConsumerUntilAsync("idle");
        await client.PublishAsync(3);
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "pull=");
        Assert.Contains("no pull request waits. 3 messages wait for it.", Summary(answer), StringComparison.Ordinal);
        Assert.Equal(0, Finding(answer, "pull_requests").GetProperty("value").GetInt64());
        await client.PullAsync("3");
        for (int i = 0; i < 3; i++) Assert.Equal("s.a", (await client.NextAsync()).Subject);
        answer = await desk.AskConsumerUntilAsync("delivering");
        JsonElement pulls = Finding(answer, "pull_requests");
        Assert.Equal((2UL, "a"), (pulls.GetProperty("cid").GetUInt64(), pulls.GetProperty("user").GetString()));
        Assert.Contains("of which it got 3", pulls.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal((3L, 1000L), Numbers(Finding(answer, "ack_pending")));
    }

    [Fact]
    public async Task A_paused_consumer_is_stopped_until_it_is_resumed()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\",\"pause_until\":\"2100-01-01T00:00:00Z\"");
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        await client.PublishAsync(1);
        JsonElement answer = await desk.AskConsumerUntilAsync("stopped", "pause_until=2100-01-01T00:00:00Z");
        Assert.Equal("consumer C on stream S", SourceOf(answer));
        await client.RequestAsync("$JS.API.CONSUMER.PAUSE.S.C", "{}");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        answer = await desk.AskConsumerUntilAsync("delivering");
        Assert.EndsWith("to connection 2 (\"a-app\", user a).", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unacknowledged_messages_hold_the_others_until_one_is_acknowledged()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\",\"max_ack_pending\":2");
        await client.PublishAsync(3);
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        ReceivedMessage first = await client.NextAsync();
        await client.NextAsync();
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "max_ack_pending=2");
        Assert.Equal((2L, 2L), Numbers(Finding(answer, "ack_pending")));
        await client.Raw.SendAsync($"PUB {first.Reply} 0\r\n\r\n");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task A_nak_with_a_delay_is_waited_for_and_then_delivered_again()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\"");
        await client.PublishAsync(1);
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        ReceivedMessage first = await client.NextAsync();
        const string Nak = """-NAK {"delay":60000000000}""";
        await client.Raw.SendAsync($"PUB {first.Reply} {Nak.Length}\r\n{Nak}\r\n");
        await client.SeenAsync();
        string text = Finding(await desk.AskConsumerAsync(), "ack_pending").GetProperty("text").GetString()!;
        Assert.Matches(@"is message 1, delivered 1 time; the next one is delivered again .* \(in (1m0s|5\d(\.\d)?s)\) unless", text);
        await client.Raw.SendAsync($"PUB {first.Reply} 4\r\n-NAK\r\n");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        Assert.Contains("delivered 2 times", Finding(await desk.AskConsumerAsync(), "ack_pending").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_are_too_small_say_what_is_needed()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\"");
        await client.PublishAsync(1, new string('x', 500));
        await client.PullAsync("""{"batch":1,"max_bytes":100}""");
        await client.StatusAsync("409 Message Size Exceeds MaxBytes");
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "max_bytes=100");
        (long size, long limit) = Numbers(Finding(answer, "pull_requests"));
        Assert.Equal(100, limit);
        await client.PullAsync($$"""{"batch":1,"max_bytes":{{size - 1}}}""");
        await client.StatusAsync("409 Message Size Exceeds MaxBytes");
        await client.PullAsync($$"""{"batch":1,"max_bytes":{{size}}}""");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
    }

    [Fact]
    public async Task Pushed_messages_wait_for_a_listener()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"deliver_group\":\"g\"");
        await client.PublishAsync(2);
        await using RawClient alone = await desk.ConnectAsync("a");
        await alone.SendAsync("SUB out 1\r\n");
        await alone.PingAsync();
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "deliver_group=g");
        JsonElement listener = Assert.Single(Finding(answer, "deliver_group").GetProperty("findings").EnumerateArray());
        Assert.Equal((3UL, "it is not in the queue group"), (listener.GetProperty("cid").GetUInt64(), listener.GetProperty("refusal").GetString()));
        await using var member = new ExplainedClient(await desk.ConnectAsync("a"));
        await member.Raw.SendAsync("SUB out g 1\r\n");
        for (int i = 0; i < 2; i++) Assert.Equal("s.a", (await member.NextAsync()).Subject);
        answer = await desk.AskConsumerUntilAsync("delivering");
        Assert.EndsWith("to connection 4 (\"a-app\").", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flow_control_that_is_not_answered_is_waited_for()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"flow_control\":true,\"idle_heartbeat\":30000000000");
        await client.Raw.SendAsync("SUB out 5\r\n");
        await client.PublishAsync(5, new string('x', 900_000));
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "flow_control=true");
        (long pending, long window) = Numbers(Finding(answer, "flow_control"));
        Assert.True(pending > window, $"{pending} {window}");
        string asked = await client.Raw.ReadUntilAsync("FlowControl Request");
        string reply = asked.Split("\r\n").Last(static line => line.StartsWith("HMSG", StringComparison.Ordinal) && line.Contains("$JS.FC", StringComparison.Ordinal)).Split(' ')[3];
        await client.Raw.SendAsync($"PUB {reply} 0\r\n\r\n");
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task Priority_groups_say_who_is_pinned_and_what_threshold_is_not_reached()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"priority_groups\":[\"g\"],\"priority_policy\":\"overflow\"");
        await client.PullAsync("""{"batch":5,"expires":60000000000,"group":"g","min_pending":3}""");
        await client.PublishAsync(2);
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "min_pending=3");
        Assert.Equal((2L, 3L), Numbers(Finding(answer, "priority_group")));
        await client.PublishAsync(1);
        Assert.Equal("s.a", (await client.NextAsync()).Subject);

        await client.RequestAsync("$JS.API.CONSUMER.DELETE.S.C", "");
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"priority_groups\":[\"g\"],\"priority_policy\":\"pinned_client\",\"priority_timeout\":600000000000");
        await client.PullAsync("""{"batch":1,"group":"g"}""");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        await client.PullAsync("""{"batch":5,"expires":60000000000,"group":"g"}""");
        answer = await desk.AskConsumerUntilAsync("waiting", "priority_policy=pinned_client");
        Assert.InRange(Numbers(Finding(answer, "priority_group")).Value, 1, 600_000_000_000);
        await client.RequestAsync("$JS.API.CONSUMER.UNPIN.S.C", """{"group":"g"}""");
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task A_filter_that_matches_nothing_is_told_until_something_comes()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"filter_subject\":\"s.b\"");
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        await client.PublishAsync(3);
        JsonElement answer = await desk.AskConsumerUntilAsync("idle");
        Assert.Equal((0L, 3L), Numbers(Finding(answer, "filter")));
        await client.Raw.SendAsync("PUB s.b 1\r\nx\r\n");
        Assert.Equal("s.b", (await client.NextAsync()).Subject);
        Assert.Equal((1L, 4L), Numbers(Finding(await desk.AskConsumerUntilAsync("delivering"), "filter")));
    }

    [Fact]
    public async Task A_rate_limit_holds_messages_back()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk, "\"max_msg_size\":2000");
        await client.Raw.SendAsync("SUB out 5\r\n");
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"rate_limit_bps\":400");
        await client.PublishAsync(3, new string('x', 1500));
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "rate_limit_bps=400");
        Assert.InRange(Numbers(Finding(answer, "rate_limit")).Value, 1, 60_000_000_000);
        await client.RequestAsync("$JS.API.CONSUMER.DELETE.S.C", "");
    }

    [Fact]
    public async Task What_was_given_up_and_who_was_refused_is_told()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"explicit\",\"max_deliver\":1,\"ack_wait\":200000000,\"max_waiting\":1");
        await client.PublishAsync(1);
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        await client.NextAsync();
        await client.PullAsync("1");
        await client.StatusAsync("409 Exceeded MaxWaiting");
        JsonElement answer = default;
        await Eventually.TrueAsync(
            async () => (answer = await desk.AskConsumerAsync()).GetProperty("findings").EnumerateArray().Any(static finding => finding.GetProperty("kind").GetString() == "max_deliver"),
            "the message is given up");
        Assert.Equal((1L, 1L), Numbers(Finding(answer, "max_deliver")));
        Assert.Equal((1L, 1L), Numbers(Finding(answer, "max_waiting")));
        Assert.Contains("connection 2 (\"a-app\", user a) was told \"409 Exceeded MaxWaiting\"", Finding(answer, "last_answer").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_begins_and_when_it_is_deleted_is_told()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.PublishAsync(2);
        await client.ConsumerAsync("\"ack_policy\":\"none\",\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":4");
        await client.PullAsync("""{"batch":5,"expires":60000000000}""");
        JsonElement answer = await desk.AskConsumerUntilAsync("idle", "opt_start_seq=4");
        Assert.Equal((4L, 2L), Numbers(Finding(answer, "start")));
        await client.PublishAsync(2);
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        await client.RequestAsync("$JS.API.CONSUMER.DELETE.S.C", "");

        await client.ConsumerAsync("\"ack_policy\":\"none\",\"deliver_policy\":\"new\",\"inactive_threshold\":2000000000");
        answer = await desk.AskConsumerUntilAsync("idle", "deliver_policy=new");
        Assert.InRange(Finding(answer, "inactive_threshold").GetProperty("value").GetInt64(), 0, 3_000_000_000);
        await Eventually.TrueAsync(async () => Verdict(await desk.AskConsumerAsync()) == "not_found", "it is deleted");
    }

    [Fact]
    public async Task A_consumer_that_is_busy_for_too_long_is_told_as_others_see_it_and_goes_on()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\"");
        Assert.True(desk.Server.JetStream!.TryGetAccount("A", out JetStreamAccount? account));
        Assert.True(account.TryGetStream("S", out Stream? stream));
        Consumer consumer = stream.FindConsumer("C")!;
        Eventually.True(consumer.TryEnter, "the consumer is idle");
        await client.PublishAsync(1);
        await client.PullAsync("1");
        await client.SeenAsync();
        JsonElement answer = await desk.AskConsumerAsync();
        Assert.True(Finding(answer, "busy").GetProperty("value").GetInt64() >= 2);
        consumer.Exit();
        Assert.Equal("s.a", (await client.NextAsync()).Subject);
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task A_mirror_that_gets_nothing_says_so()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk, "\"mirror\":{\"name\":\"ORIGIN\"}", subjects: false);
        await client.ConsumerAsync("\"ack_policy\":\"none\"");
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "mirror=ORIGIN");
        Assert.Contains("has not got the messages of \"ORIGIN\" yet", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_exist_or_is_not_enabled_is_told()
    {
        await using ExplainDesk desk = await StartAsync();
        await using ExplainedClient client = await ExplainedClient.CreateStreamAsync(desk);
        await client.ConsumerAsync("\"ack_policy\":\"none\"");
        JsonElement answer = await desk.AskConsumerAsync("CC");
        Assert.Equal("not_found", Verdict(answer));
        Assert.Equal("C", Finding(answer, "consumer").GetProperty("consumer").GetString());
        await client.RequestAsync("$JS.API.CONSUMER.DELETE.S.C", "");
        Assert.Equal("not_found", Verdict(await desk.AskConsumerAsync()));
        answer = await desk.AskAsync("""{"question":"consumer","account":"B","stream":"S","consumer":"C"}""");
        Assert.Equal(("stopped", "jetstream=disabled", "account B"), (Verdict(answer), RuleOf(answer), SourceOf(answer)));
        answer = await desk.AskAsync("""{"question":"consumer","stream":"S","consumer":"C","cid":2}""");
        Assert.Equal("not_found", Verdict(answer));
        Assert.Empty(desk.Server.Reload(desk.Server.Options with { JetStream = null }).Errors);
        answer = await desk.AskConsumerAsync();
        Assert.Equal(("stopped", "the server"), (Verdict(answer), SourceOf(answer)));
    }

    private Task<ExplainDesk> StartAsync() =>
        ExplainDesk.StartAsync(Basic with { JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = TimeSpan.FromMinutes(2) } }, TimeProvider.System);
}
