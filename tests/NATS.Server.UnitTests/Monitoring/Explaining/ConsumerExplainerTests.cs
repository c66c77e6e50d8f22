using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Testing.JetStream;
using Xunit;
using static NATS.Server.UnitTests.Monitoring.Explaining.ExplainedConsumer;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Why a consumer delivers or not: each reason is brought about, told, and taken away again.</summary>
public sealed class ConsumerExplainerTests
{
    [Fact]
    public void Without_a_pull_request_it_waits_and_says_who_asked_last()
    {
        var it = new ExplainedConsumer();
        it.Expect("idle");
        it.Publish(3);
        Explanation explanation = it.Expect("waiting", "pull=");
        Assert.Equal("Consumer C on stream S delivers nothing: no client asks for messages: no pull request waits. 3 messages wait for it.", explanation.Summary);
        Assert.Contains("none has come since the server started", Of(explanation, "pull_requests").Text, StringComparison.Ordinal);
        it.Listen("in");
        it.Pull("2");
        Assert.Equal(2, it.Received.Count);
        it.Advance(3);
        explanation = it.Expect("waiting", "pull=");
        Finding pulls = Of(explanation, "pull_requests");
        Assert.Equal("no pull request waits; the last one came 3s ago from connection 7 (\"worker\", user alice) and asked for 2 messages, of which it got 2", pulls.Text);
        Assert.Equal((7UL, "worker", "alice", true), (pulls.Cid!.Value, pulls.Name, pulls.User, pulls.Decides));
        it.Pull("1");
        Assert.Equal(3, it.Received.Count);
        Assert.Equal("delivering", it.Explain().Verdict);
    }

    [Fact]
    public void A_request_that_waits_is_told_with_its_client_and_messages_flow()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        it.Pull("""{"batch":5,"expires":60000000000}""");
        Finding pulls = Of(it.Expect("idle"), "pull_requests");
        Assert.Equal("1 pull request waits, ready for messages", pulls.Text);
        Finding pull = Assert.Single(pulls.Findings!);
        Assert.Equal((7UL, 5L, "in", null), (pull.Cid!.Value, pull.Value!.Value, pull.Subject, pull.Refusal));
        it.Publish(2);
        Assert.Equal(2, it.Received.Count);
        Explanation explanation = it.Expect("delivering");
        Assert.Equal("Consumer C on stream S delivers: 2 deliveries so far; the last delivery was less than 1ms ago, to connection 7 (\"worker\", user alice).", explanation.Summary);
        Assert.Equal("2 messages of at most 1,000 are delivered and not acknowledged; the first of them is message 1, delivered 1 time; the next one is delivered again 2026-01-01T00:00:30Z (in 30s) unless it is acknowledged (by ack_wait, or the delay of a NAK)", Of(explanation, "ack_pending").Text);
    }

    [Fact]
    public void How_fast_it_delivers_is_told_of_the_last_seconds()
    {
        var it = new ExplainedConsumer(static config => config with { AckPolicy = AckPolicy.None });
        it.Listen("in");
        it.Pull("""{"batch":1000}""");
        it.Advance(100);
        it.Publish(1);
        for (int i = 0; i < 12; i++)
        {
            it.Publish(10);
            it.Advance(1);
        }

        Explanation explanation = it.Expect("delivering");
        Assert.Contains("of them in the last 12s (10", Of(explanation, "last_delivery").Text, StringComparison.Ordinal);
        Assert.StartsWith("Consumer C on stream S delivers: 1", explanation.Summary, StringComparison.Ordinal);
        Assert.Contains("in the last 12s", explanation.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_paused_one_is_stopped_until_its_time_comes()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        it.Update(config => config with { PauseUntil = it.In(90) });
        it.Pull("""{"batch":5}""");
        it.Publish(1);
        Explanation explanation = it.Expect("stopped", "pause_until=2026-01-01T00:01:30Z");
        Assert.Equal("Consumer C on stream S delivers nothing: it is paused until 2026-01-01T00:01:30Z (in 1m30s). 1 message waits for it.", explanation.Summary);
        Assert.Equal(90_000_000_000, Of(explanation, "paused").Value);
        Assert.Empty(it.Received);
        it.Advance(91);
        Assert.Single(it.Received);
        Assert.Contains("which is over", Of(it.Expect("delivering"), "paused").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void With_as_many_messages_unacknowledged_as_may_be_it_waits_for_acknowledgements()
    {
        var it = new ExplainedConsumer(static config => config with { MaxAckPending = 2 });
        it.Listen("in");
        it.Pull("""{"batch":5}""");
        it.Publish(3);
        Explanation explanation = it.Expect("waiting", "max_ack_pending=2");
        Finding acks = Of(explanation, "ack_pending");
        Assert.Equal((2L, 2L, true), (acks.Value!.Value, acks.Limit!.Value, acks.Decides));
        Assert.Contains("as many messages wait for their acknowledgement as may (2 of 2)", explanation.Summary, StringComparison.Ordinal);
        it.Answer(it.Received[0]);
        Assert.Equal(3, it.Received.Count);
        it.Expect("delivering");
    }

    [Fact]
    public void Several_reasons_are_told_together()
    {
        var it = new ExplainedConsumer(static config => config with { MaxAckPending = 1 });
        it.Listen("in");
        it.Pull("1");
        it.Publish(2);
        Explanation explanation = it.Expect("waiting", "pull=");
        Assert.Equal(["pull_requests", "ack_pending"], explanation.Findings.Where(static finding => finding.Decides).Select(static finding => finding.Kind));
        Assert.Contains("no pull request waits and as many messages wait for their acknowledgement as may (1 of 1)", explanation.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void When_all_is_delivered_it_waits_for_acknowledgements_and_says_when_it_delivers_again()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        it.Pull("""{"batch":5}""");
        it.Publish(1);
        it.Advance(20);
        Explanation explanation = it.Expect("waiting", "ack_wait=30s");
        Assert.Equal("Consumer C on stream S delivers nothing: everything has been delivered, and 1 message waits for its acknowledgement.", explanation.Summary);
        Assert.Contains("is delivered again 2026-01-01T00:00:30Z (in 10s) unless", Of(explanation, "ack_pending").Text, StringComparison.Ordinal);
        it.Advance(11);
        Assert.Equal(2, it.Received.Count);
        Assert.Contains("delivered 2 times", Of(it.Expect("delivering"), "ack_pending").Text, StringComparison.Ordinal);
        it.Answer(it.Received[^1]);
        it.Advance(11);
        Assert.Equal("everything up to message 1 of the stream has been delivered, the last one 12s ago", it.Expect("idle").Summary.Split(": ")[1].TrimEnd('.'));
    }

    [Fact]
    public void A_message_that_waits_for_the_delay_of_a_nak_is_told_and_one_that_waits_for_a_request_too()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        it.Pull("1");
        it.Publish(1);
        it.Answer(it.Received[0], """-NAK {"delay":60000000000}""");
        it.Advance(15);
        Assert.Contains("(in 45s)", Of(it.Expect("waiting", "ack_wait=30s"), "ack_pending").Text, StringComparison.Ordinal);
        it.Advance(46);
        Explanation explanation = it.Expect("waiting", "pull=");
        Assert.Equal("Consumer C on stream S delivers nothing: no client asks for messages: no pull request waits. 1 message waits to be delivered again.", explanation.Summary);
        Assert.Equal("1 message waits to be delivered again, message 1 first", Of(explanation, "redelivery").Text);
        Assert.Contains("message 1 is next, once more", Of(explanation, "next_message").Text, StringComparison.Ordinal);
        it.Pull("1");
        Assert.Equal(2, it.Received.Count);
    }

    [Fact]
    public void Messages_that_were_delivered_as_often_as_may_be_are_counted()
    {
        var it = new ExplainedConsumer(static config => config with { MaxDeliver = 1, AckWaitNs = 1_000_000_000 });
        it.Listen("in");
        it.Pull("""{"batch":5}""");
        it.Publish(2);
        it.Advance(12);
        Finding given = Of(it.Expect("idle"), "max_deliver");
        Assert.Equal((2L, 1L), (given.Value!.Value, given.Limit!.Value));
    }

    [Fact]
    public void A_request_that_takes_too_few_bytes_is_told_with_the_size_that_is_needed()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        it.Publish(1, payload: new string('x', 300));
        it.Pull("""{"batch":5,"max_bytes":100}""");
        Explanation explanation = it.Expect("waiting", "max_bytes=100");
        long size = Of(explanation, "pull_requests").Value!.Value;
        Assert.Contains("409 Message Size Exceeds MaxBytes", Of(explanation, "last_answer").Text, StringComparison.Ordinal);
        it.Received.Clear();
        it.Pull($$"""{"batch":1,"max_bytes":{{size - 1}}}""");
        Assert.Single(it.Received);
        Assert.NotEqual("s.a", it.Received[0].Subject);
        it.Pull($$"""{"batch":1,"max_bytes":{{size}}}""");
        Assert.Equal("s.a", it.Received[1].Subject);
    }

    [Fact]
    public void Requests_that_nobody_listens_to_count_as_none()
    {
        var it = new ExplainedConsumer();
        object subscription = it.Listen("in");
        it.Pull("""{"batch":5}""");
        it.World.Port.Unsubscribe(subscription);
        it.Server.SubscriptionsTo.Clear();
        Finding pulls = Of(it.Explain(), "pull_requests");
        Assert.Equal("nobody listens for its answers", Assert.Single(pulls.Findings!).Refusal);
        it.Publish(1);
        it.Expect("waiting", "pull=");
    }

    [Fact]
    public void A_pinned_client_that_does_not_ask_holds_the_others_up()
    {
        var it = new ExplainedConsumer(static config => config with { PriorityPolicy = PriorityPolicy.PinnedClient, PriorityGroups = ["g"], PriorityTimeoutNs = 60_000_000_000 });
        it.Listen("in");
        it.Pull("""{"batch":1,"group":"g"}""");
        it.Publish(1);
        Assert.Single(it.Received);
        it.Pull("""{"batch":5,"group":"g"}""", "other");
        it.Listen("other", cid: 8);
        it.Pull("""{"batch":5,"group":"g"}""", "other");
        it.Publish(1);
        Explanation explanation = it.Expect("waiting", "priority_policy=pinned_client");
        Finding group = Of(explanation, "priority_group");
        Assert.Equal(60_000_000_000, group.Limit);
        Assert.Contains("the pin ends 2026-01-01T00:01:00Z (in 1m0s) unless it asks before", group.Text, StringComparison.Ordinal);
        Assert.Equal("another client is pinned", Assert.Single(group.Findings!).Refusal);
        it.Advance(61);
        Assert.Contains(it.Received.Skip(1), static message => message.Subject == "s.a");
    }

    [Fact]
    public void Clients_that_help_out_get_nothing_below_their_threshold()
    {
        var it = new ExplainedConsumer(static config => config with { PriorityPolicy = PriorityPolicy.Overflow, PriorityGroups = ["g"] });
        it.Listen("in");
        it.Pull("""{"batch":5,"group":"g","min_pending":3}""");
        it.Publish(2);
        Explanation explanation = it.Expect("waiting", "min_pending=3");
        Assert.Contains("the waiting clients want messages only when 3 messages are pending (min_pending; 2 are)", explanation.Summary, StringComparison.Ordinal);
        Assert.Equal((2L, 3L), (Of(explanation, "priority_group").Value!.Value, Of(explanation, "priority_group").Limit!.Value));
        it.Publish(1);
        Assert.NotEmpty(it.Received);
    }

    [Fact]
    public void As_many_requests_as_may_wait_are_told()
    {
        var it = new ExplainedConsumer(static config => config with { MaxWaiting = 2 });
        it.Listen("in");
        for (int i = 0; i < 3; i++) it.Pull("1");
        Explanation explanation = it.Expect("idle");
        Assert.Equal((2L, 2L), (Of(explanation, "max_waiting").Value!.Value, Of(explanation, "max_waiting").Limit!.Value));
        Assert.Contains("was told \"409 Exceeded MaxWaiting\"", Of(explanation, "last_answer").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_very_many_requests_some_are_told_one_by_one()
    {
        var it = new ExplainedConsumer();
        it.Listen("in");
        for (int i = 0; i < 25; i++) it.Pull("1");
        Finding pulls = Of(it.Expect("idle"), "pull_requests");
        Assert.Equal(("25 pull requests wait, ready for messages", 25L, 21, 5L), (pulls.Text, pulls.Value!.Value, pulls.Findings!.Count, pulls.Findings[^1].Value!.Value));
    }

    [Fact]
    public void A_push_consumer_waits_for_somebody_who_listens()
    {
        var it = new ExplainedConsumer(static config => config with { DeliverSubject = "out", MaxWaiting = 0 });
        it.Expect("idle");
        it.Publish(2);
        Explanation explanation = it.Expect("waiting", "deliver_subject=out");
        Assert.Contains("nobody listens to out", explanation.Summary, StringComparison.Ordinal);
        it.Listen("out");
        Assert.Equal(2, it.Received.Count);
        explanation = it.Expect("delivering");
        Finding client = Assert.Single(Of(explanation, "deliver_subject").Findings!);
        Assert.Equal((7UL, "alice", null), (client.Cid!.Value, client.User, client.Refusal));
        Assert.EndsWith("to connection 7 (\"worker\").", explanation.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Listeners_who_do_not_count_are_told_why()
    {
        var it = new ExplainedConsumer(static config => config with { DeliverSubject = "out", DeliverGroup = "g", MaxWaiting = 0 });
        it.Server.SubscriptionsTo["out"] = [FakeMonitoredServer.Subscription(1, "1", "out"), FakeMonitoredServer.Subscription(2, "1", "*", "g"), FakeMonitoredServer.Subscription(3, "1", "out", "h")];
        it.Publish(1);
        Explanation explanation = it.Expect("waiting", "deliver_group=g");
        Assert.Equal(["it is not in the queue group", "it subscribes with a wildcard, which is not counted", "it is not in the queue group"], Of(explanation, "deliver_group").Findings!.Select(static client => client.Refusal));
    }

    [Fact]
    public void A_client_that_does_not_answer_flow_control_is_waited_for()
    {
        var it = new ExplainedConsumer(static config => config with { DeliverSubject = "out", MaxWaiting = 0, FlowControl = true, HeartbeatNs = 5_000_000_000, AckPolicy = AckPolicy.None });
        it.Listen("out");
        it.Publish(5, payload: new string('x', 1_000_000));
        Explanation explanation = it.Expect("waiting", "flow_control=true");
        Finding flow = Of(explanation, "flow_control");
        Assert.True(flow.Value > flow.Limit, flow.Text);
        int before = it.Received.Count(static message => message.Subject == "s.a");
        it.World.Publish((it.Received.First(static message => message.Headers.Contains("FlowControl", StringComparison.Ordinal)).Reply, "", ""));
        it.World.RunUntilIdle();
        Assert.True(it.Received.Count(static message => message.Subject == "s.a") > before);
        it.Expect("delivering");
    }

    [Fact]
    public void A_rate_limit_says_until_when_it_holds_the_next_message_back()
    {
        var it = new ExplainedConsumer(static config => config with { DeliverSubject = "out", MaxWaiting = 0, RateLimit = 8000, AckPolicy = AckPolicy.None }, static stream => stream with { MaxMessageSize = 2000 });
        it.Listen("out");
        it.Publish(3, payload: new string('x', 1500));
        Explanation explanation = it.Expect("waiting", "rate_limit_bps=8000");
        Finding held = Of(explanation, "rate_limit");
        Assert.Equal(8000, held.Limit);
        int before = it.Received.Count;
        it.Advance((held.Value!.Value / 1e9) + 0.01);
        Assert.Equal(before + 1, it.Received.Count);
    }

    [Fact]
    public void Messages_at_their_original_pace_say_when_the_next_one_is_due()
    {
        var it = new ExplainedConsumer(before: 0);
        it.Publish(1);
        it.Advance(60);
        it.Publish(1);
        var replay = new ExplainedReplay(it);
        Explanation explanation = replay.Explain();
        Assert.Equal(("waiting", "replay_policy", "original"), (explanation.Verdict, explanation.Rule!.Name, explanation.Rule.Value));
        Assert.Equal(60_000_000_000, Of(explanation, "replay").Value);
        it.Advance(61);
        Assert.Equal("delivering", replay.Explain().Verdict);
    }

    [Fact]
    public void A_filter_that_matches_nothing_is_told_and_one_that_never_can_too()
    {
        var it = new ExplainedConsumer(static config => config with { FilterSubject = "s.b" });
        it.Publish(3);
        Explanation explanation = it.Expect("idle");
        Assert.Equal("Consumer C on stream S has nothing to deliver: its filter matches none of the stream's 3 messages.", explanation.Summary);
        Assert.Equal((0L, 3L), (Of(explanation, "filter").Value!.Value, Of(explanation, "filter").Limit!.Value));
        Assert.Contains(explanation.Hints!, static hint => hint.StartsWith("No stored message has a subject", StringComparison.Ordinal));
        it.Publish(1, "s.b");
        Assert.Equal(1, Of(it.Expect("waiting", "pull="), "filter").Value);

        var never = new ExplainedConsumer(static config => config with { FilterSubject = "t.b" });
        never.Publish(1);
        Assert.Contains("No subject of the stream (s.>) can ever match filter t.b.", never.Expect("idle").Hints!);
    }

    [Fact]
    public void One_that_begins_later_says_with_which_message()
    {
        var it = new ExplainedConsumer(static config => config with { DeliverPolicy = DeliverPolicy.ByStartSequence, StartSequence = 10 });
        it.Publish(3);
        Explanation explanation = it.Expect("idle", "opt_start_seq=10");
        Assert.Equal("Consumer C on stream S has nothing to deliver: it begins with message 10, and the stream's last one is 3.", explanation.Summary);
        Assert.Equal((10L, 3L), (Of(explanation, "start").Value!.Value, Of(explanation, "start").Limit!.Value));

        var late = new ExplainedConsumer(static config => config with { DeliverPolicy = DeliverPolicy.New }, before: 4);
        explanation = late.Expect("idle", "deliver_policy=new");
        Assert.Contains("with deliver_policy new it began behind the 4 messages that it could deliver", explanation.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_nobody_uses_says_when_it_is_deleted()
    {
        var it = new ExplainedConsumer(static config => config with { Durable = "", InactiveThresholdNs = 60_000_000_000 });
        it.Advance(10);
        Finding left = Of(it.Expect("idle"), "inactive_threshold");
        Assert.InRange(left.Value!.Value, 50_000_000_000, 51_100_000_000);
        it.Advance(left.Value.Value / 1e9 + 2);
        Explanation gone = it.Explain();
        Assert.Equal("not_found", gone.Verdict);
        Assert.Contains(gone.Hints!, static hint => hint.Contains("inactive_threshold", StringComparison.Ordinal));
    }

    [Fact]
    public void Messages_that_are_not_on_the_device_yet_are_waited_for()
    {
        var world = new SimulatedJetStream(seed: 1, isDurable: true);
        var it = new ExplainedConsumer(stream: static stream => stream with { Storage = Core.JetStream.Streams.StorageType.File }, world: world);
        it.Listen("in");
        it.Pull("""{"batch":5}""");
        world.Publish(("s.a", "", "hello"));
        Explanation explanation = it.Expect("waiting", "sync_interval=always");
        Assert.Equal((0L, 1L), (Of(explanation, "durability").Value!.Value, Of(explanation, "durability").Limit!.Value));
        world.RunUntilIdle();
        Assert.Single(it.Received);
        it.Expect("delivering");
    }

    [Fact]
    public void An_empty_mirror_says_where_it_stands()
    {
        var it = new ExplainedConsumer(stream: static stream => stream with { Subjects = null, Mirror = new Core.JetStream.Streams.StreamSource { Name = "ELSEWHERE" } });
        it.Advance(1);
        Explanation explanation = it.Expect("waiting", "mirror=ELSEWHERE");
        Assert.Contains("nothing has been heard of it", Of(explanation, "mirror").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_busy_consumer_is_told_as_others_see_it()
    {
        var it = new ExplainedConsumer();
        it.Publish(1);
        Assert.True(it.Consumer.TryEnter());
        Explanation explanation = it.Explain();
        Assert.Equal("delivering", explanation.Verdict);
        Assert.Equal(1, Of(explanation, "busy").Value);
        Assert.DoesNotContain(explanation.Findings, static finding => finding.Kind == "pull_requests");
        it.Consumer.Exit();
        it.World.RunUntilIdle();
        it.Expect("waiting", "pull=");
    }

    [Fact]
    public void To_ask_changes_nothing()
    {
        var it = new ExplainedConsumer(static config => config with { MaxAckPending = 1 });
        it.Listen("in");
        it.Pull("""{"batch":5,"idle_heartbeat":1000000000,"expires":3000000000}""");
        it.Publish(2);
        int received = it.Received.Count;
        var before = it.Consumer.Info();
        for (int i = 0; i < 3; i++) it.Explain();
        Assert.Equal(before with { Config = it.Consumer.Config }, it.Consumer.Info() with { Config = it.Consumer.Config, PriorityGroups = before.PriorityGroups });
        Assert.Equal(received, it.Received.Count);
    }

    [Fact]
    public void What_does_not_exist_is_not_found_and_what_is_near_is_told()
    {
        var it = new ExplainedConsumer();
        Explanation explanation = it.Explain(consumer: "CC");
        Assert.Equal(("not_found", "Stream \"S\" has no consumer \"CC\"; it has 1 consumer."), (explanation.Verdict, explanation.Summary));
        Assert.Equal("C", Of(explanation, "consumer").Consumer);
        explanation = it.Explain(stream: "SS");
        Assert.Equal(("not_found", "Account \"A\" has no stream \"SS\"; it has 1 stream."), (explanation.Verdict, explanation.Summary));
        explanation = it.Explain(account: "");
        Assert.Equal("idle", explanation.Verdict);
        explanation = it.Explain(account: "", stream: "SS");
        Assert.Equal(("not_found", "No account of this server has a stream \"SS\"; there is 1 stream in all."), (explanation.Verdict, explanation.Summary));
        explanation = it.Explain(account: "AA");
        Assert.Equal(("not_found", "There is no account \"AA\" on this server."), (explanation.Verdict, explanation.Summary));
        explanation = it.Explain(account: "$G");
        Assert.Equal(("stopped", "jetstream", "account $G"), (explanation.Verdict, explanation.Rule!.Name, explanation.Rule.Source));
        it.Server.JetStream = null;
        explanation = it.Explain();
        Assert.Equal(("stopped", "disabled", "the server"), (explanation.Verdict, explanation.Rule!.Value, explanation.Rule.Source));
    }

    [Fact]
    public void A_stream_that_needs_a_newer_server_is_offline()
    {
        var it = new ExplainedConsumer(stream: static stream => stream with { Storage = Core.JetStream.Streams.StorageType.File });
        var folder = it.Stream.Folder!;
        Assert.Null(it.World.Account.DeleteStream(it.Stream));
        it.World.Account.AddOffline(new OfflineStream(folder, it.Stream.Config, "stopped - unsupported consumer \"C\"", new Dictionary<string, string>(StringComparer.Ordinal) { ["C"] = "unsupported - required API level: 99, current API level: 5" }));
        Explanation explanation = it.Expect("stopped", "metadata._nats.req.level=");
        Assert.Equal("Consumer \"C\" needs a newer server than this one, so its stream \"S\" is offline. Nothing of it was touched.", explanation.Summary);
        Assert.Equal("unsupported - required API level: 99, current API level: 5", Of(explanation, "consumer").Refusal);
        Assert.StartsWith("Stream \"S\" is offline: stopped - unsupported consumer", it.Explain(consumer: "D").Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_bounded()
    {
        var it = new ExplainedConsumer();
        for (int i = 0; i < 30; i++)
        {
            var config = it.Consumer.Config with { Name = $"N{i}", Durable = $"N{i}" };
            Assert.Null(it.World.Account.CreateConsumer(it.Stream, new PlannedConsumer($"N{i}", config, config, IsNew: true), out _));
        }

        Explanation explanation = it.Explain(consumer: "N299");
        Assert.Equal(20, explanation.Findings.Count(static finding => finding.Kind == "consumer"));
        Assert.Equal("N29", explanation.Findings[0].Consumer);
        Assert.Equal(11, Of(explanation, "left_out").Value);
    }
}
