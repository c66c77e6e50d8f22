using System.Globalization;
using System.Text.Json;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;
using static NATS.Server.ServerTests.Monitoring.ExplainDesk;

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
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"explicit\"");
        await desk.AskConsumerUntilAsync("idle");
        await PublishAsync(client, 3);
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "pull=");
        Assert.Contains("no pull request waits. 3 messages wait for it.", Summary(answer), StringComparison.Ordinal);
        Assert.Equal(0, Finding(answer, "pull_requests").GetProperty("value").GetInt64());
        await PullAsync(client, "3");
        for (int i = 0; i < 3; i++) Assert.Equal("s.a", (await NextAsync(client)).Subject);
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
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"explicit\",\"pause_until\":\"2100-01-01T00:00:00Z\"");
        await PullAsync(client, """{"batch":5,"expires":60000000000}""");
        await PublishAsync(client, 1);
        JsonElement answer = await desk.AskConsumerUntilAsync("stopped", "pause_until=2100-01-01T00:00:00Z");
        Assert.Equal("consumer C on stream S", SourceOf(answer));
        await RequestAsync(client, "$JS.API.CONSUMER.PAUSE.S.C", "{}");
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
        answer = await desk.AskConsumerUntilAsync("delivering");
        Assert.EndsWith("to cid 2 ('a-app', user a).", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unacknowledged_messages_hold_the_others_until_one_is_acknowledged()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"explicit\",\"max_ack_pending\":2");
        await PublishAsync(client, 3);
        await PullAsync(client, """{"batch":5,"expires":60000000000}""");
        ReceivedMessage first = await NextAsync(client);
        await NextAsync(client);
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "max_ack_pending=2");
        Assert.Equal((2L, 2L), Numbers(Finding(answer, "ack_pending")));
        await client.SendAsync($"PUB {first.Reply} 0\r\n\r\n");
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task A_nak_with_a_delay_is_waited_for_and_then_delivered_again()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"explicit\"");
        await PublishAsync(client, 1);
        await PullAsync(client, """{"batch":5,"expires":60000000000}""");
        ReceivedMessage first = await NextAsync(client);
        const string Nak = """-NAK {"delay":1500000000}""";
        await client.SendAsync($"PUB {first.Reply} {Nak.Length}\r\n{Nak}\r\n");
        await client.PingAsync();
        string text = Finding(await desk.AskConsumerAsync(), "ack_pending").GetProperty("text").GetString()!;
        Assert.Matches(@"is message 1, delivered 1 time; the next one is delivered again .* \(in (1\.\d+s|1s|\d+ms)\) unless", text);
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
        Assert.Contains("delivered 2 times", Finding(await desk.AskConsumerAsync(), "ack_pending").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_are_too_small_say_what_is_needed()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"explicit\"");
        await PublishAsync(client, 1, new string('x', 500));
        await PullAsync(client, """{"batch":1,"max_bytes":100}""");
        await StatusAsync(client, "409 Message Size Exceeds MaxBytes");
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "max_bytes=100");
        (long size, long limit) = Numbers(Finding(answer, "pull_requests"));
        Assert.Equal(100, limit);
        await PullAsync(client, $$"""{"batch":1,"max_bytes":{{size - 1}}}""");
        await StatusAsync(client, "409 Message Size Exceeds MaxBytes");
        await PullAsync(client, $$"""{"batch":1,"max_bytes":{{size}}}""");
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
    }

    [Fact]
    public async Task Pushed_messages_wait_for_a_listener()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"deliver_group\":\"g\"");
        await PublishAsync(client, 2);
        await using RawClient alone = await desk.ConnectAsync("a");
        await alone.SendAsync("SUB out 1\r\n");
        await alone.PingAsync();
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "deliver_group=g");
        JsonElement listener = Assert.Single(Finding(answer, "deliver_group").GetProperty("findings").EnumerateArray());
        Assert.Equal((3UL, "it is not in the queue group"), (listener.GetProperty("cid").GetUInt64(), listener.GetProperty("refusal").GetString()));
        await using RawClient member = await desk.ConnectAsync("a");
        await member.SendAsync("SUB out g 1\r\n");
        for (int i = 0; i < 2; i++) Assert.Equal("s.a", (await NextAsync(member)).Subject);
        answer = await desk.AskConsumerUntilAsync("delivering");
        Assert.EndsWith("to cid 4 ('a-app').", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flow_control_that_is_not_answered_is_waited_for()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"flow_control\":true,\"idle_heartbeat\":30000000000");
        await client.SendAsync("SUB out 5\r\n");
        await PublishAsync(client, 5, new string('x', 900_000));
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "flow_control=true");
        (long pending, long window) = Numbers(Finding(answer, "flow_control"));
        Assert.True(pending > window, $"{pending} {window}");
        string asked = await client.ReadUntilAsync("FlowControl Request");
        string reply = asked.Split("\r\n").Last(static line => line.StartsWith("HMSG", StringComparison.Ordinal) && line.Contains("$JS.FC", StringComparison.Ordinal)).Split(' ')[3];
        await client.SendAsync($"PUB {reply} 0\r\n\r\n");
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task Priority_groups_say_who_is_pinned_and_what_threshold_is_not_reached()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"priority_groups\":[\"g\"],\"priority_policy\":\"overflow\"");
        await PullAsync(client, """{"batch":5,"expires":60000000000,"group":"g","min_pending":3}""");
        await PublishAsync(client, 2);
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "min_pending=3");
        Assert.Equal((2L, 3L), Numbers(Finding(answer, "priority_group")));
        await PublishAsync(client, 1);
        Assert.Equal("s.a", (await NextAsync(client)).Subject);

        await RequestAsync(client, "$JS.API.CONSUMER.DELETE.S.C", "");
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"priority_groups\":[\"g\"],\"priority_policy\":\"pinned_client\",\"priority_timeout\":600000000000");
        await PullAsync(client, """{"batch":1,"group":"g"}""");
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
        await PullAsync(client, """{"batch":5,"expires":60000000000,"group":"g"}""");
        answer = await desk.AskConsumerUntilAsync("waiting", "priority_policy=pinned_client");
        Assert.InRange(Numbers(Finding(answer, "priority_group")).Value, 1, 600_000_000_000);
        await RequestAsync(client, "$JS.API.CONSUMER.UNPIN.S.C", """{"group":"g"}""");
        Assert.Equal("s.a", (await NextAsync(client)).Subject);
        await desk.AskConsumerUntilAsync("delivering");
    }

    [Fact]
    public async Task A_filter_that_matches_nothing_is_told_until_something_comes()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"filter_subject\":\"s.b\"");
        await PullAsync(client, """{"batch":5,"expires":60000000000}""");
        await PublishAsync(client, 3);
        JsonElement answer = await desk.AskConsumerUntilAsync("idle");
        Assert.Equal((0L, 3L), Numbers(Finding(answer, "filter")));
        await client.SendAsync("PUB s.b 1\r\nx\r\n");
        Assert.Equal("s.b", (await NextAsync(client)).Subject);
        Assert.Equal((1L, 4L), Numbers(Finding(await desk.AskConsumerUntilAsync("delivering"), "filter")));
    }

    [Fact]
    public async Task A_rate_limit_and_an_original_pace_hold_messages_back()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk, "\"max_msg_size\":2000");
        await client.SendAsync("SUB out 5\r\n");
        await ConsumerAsync(client, "\"ack_policy\":\"none\",\"deliver_subject\":\"out\",\"rate_limit_bps\":400");
        await PublishAsync(client, 3, new string('x', 1500));
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "rate_limit_bps=400");
        Assert.InRange(Numbers(Finding(answer, "rate_limit")).Value, 1, 60_000_000_000);
        await RequestAsync(client, "$JS.API.CONSUMER.DELETE.S.C", "");
    }

    [Fact]
    public async Task A_mirror_that_gets_nothing_says_so()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk, "\"mirror\":{\"name\":\"ORIGIN\"}", subjects: false);
        await ConsumerAsync(client, "\"ack_policy\":\"none\"");
        JsonElement answer = await desk.AskConsumerUntilAsync("waiting", "mirror=ORIGIN");
        Assert.Contains("has not got the messages of 'ORIGIN' yet", Summary(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_exist_or_is_not_enabled_is_told()
    {
        await using ExplainDesk desk = await StartAsync();
        await using RawClient client = await StreamAsync(desk);
        await ConsumerAsync(client, "\"ack_policy\":\"none\"");
        JsonElement answer = await desk.AskConsumerAsync("CC");
        Assert.Equal("not_found", Verdict(answer));
        Assert.Equal("C", Finding(answer, "consumer").GetProperty("consumer").GetString());
        await RequestAsync(client, "$JS.API.CONSUMER.DELETE.S.C", "");
        Assert.Equal("not_found", Verdict(await desk.AskConsumerAsync()));
        answer = await desk.AskAsync("""{"question":"consumer","account":"B","stream":"S","consumer":"C"}""");
        Assert.Equal(("stopped", "jetstream=disabled", "account B"), (Verdict(answer), RuleOf(answer), SourceOf(answer)));
        answer = await desk.AskAsync("""{"question":"consumer","stream":"S","consumer":"C","cid":2}""");
        Assert.Equal("not_found", Verdict(answer));
        Assert.Empty(desk.Server.Reload(desk.Server.Options with { JetStream = null }).Errors);
        answer = await desk.AskConsumerAsync();
        Assert.Equal(("stopped", "the server"), (Verdict(answer), SourceOf(answer)));
    }

    private static async Task<RawClient> StreamAsync(ExplainDesk desk, string more = "\"description\":\"\"", bool subjects = true)
    {
        RawClient client = await desk.ConnectAsync("a");
        await client.SendAsync("SUB api.* 1\r\nSUB in 2\r\n");
        string subject = subjects ? "\"subjects\":[\"s.>\"]," : "";
        await RequestAsync(client, "$JS.API.STREAM.CREATE.S", $$"""{"name":"S",{{subject}}"storage":"memory",{{more}}}""");
        return client;
    }

    private static Task ConsumerAsync(RawClient client, string config) =>
        RequestAsync(client, "$JS.API.CONSUMER.DURABLE.CREATE.S.C", $$"""{"stream_name":"S","config":{"durable_name":"C",{{config}} } }""");

    private static async Task RequestAsync(RawClient client, string subject, string body)
    {
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} api.1 {body.Length}\r\n{body}\r\n"));
        while (true)
        {
            ReceivedMessage? answer = await client.TryReadMessageAsync();
            if (answer?.Subject != "api.1") continue;
            Assert.DoesNotContain("\"error\"", answer.Payload, StringComparison.Ordinal);
            return;
        }
    }

    private static Task PullAsync(RawClient client, string request) =>
        client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in {request.Length}\r\n{request}\r\n"));

    private static async Task PublishAsync(RawClient client, int count, string payload = "hello")
    {
        for (int i = 0; i < count; i++) await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB s.a {payload.Length}\r\n{payload}\r\n"));
    }

    // The next one that is no status and no answer.
    private static async Task<ReceivedMessage> NextAsync(RawClient client)
    {
        while (true)
        {
            ReceivedMessage? message = await client.TryReadMessageAsync();
            if (message is not null && message.Reply.StartsWith("$JS.ACK", StringComparison.Ordinal)) return message;
        }
    }

    private static async Task StatusAsync(RawClient client, string status)
    {
        while (await client.TryReadMessageAsync() is not { } message || !message.Headers.StartsWith($"NATS/1.0 {status}", StringComparison.Ordinal))
        {
        }
    }

    private Task<ExplainDesk> StartAsync() =>
        ExplainDesk.StartAsync(Basic with { JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = TimeSpan.FromMinutes(2) } }, TimeProvider.System);
}
