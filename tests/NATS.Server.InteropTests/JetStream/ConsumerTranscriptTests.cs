using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Clients of consumers: what they say to the real server and to ours, and what both say to them, has to be the same.</summary>
public sealed class ConsumerTranscriptTests
{
    private const string Stream = """{"name":"S","subjects":["s.>"],"storage":"memory"}""";

    [Theory]
    [InlineData("all", "")]
    [InlineData("last", "")]
    [InlineData("last", ",\"filter_subject\":\"s.a\"")]
    [InlineData("last", ",\"filter_subjects\":[\"s.a\",\"s.b.>\"]")]
    [InlineData("last", ",\"filter_subject\":\"s.none\"")]
    [InlineData("new", "")]
    [InlineData("by_start_sequence", ",\"opt_start_seq\":4")]
    [InlineData("by_start_sequence", ",\"opt_start_seq\":100")]
    [InlineData("by_start_time", ",\"opt_start_time\":\"2020-01-01T00:00:00Z\"")]
    [InlineData("by_start_time", ",\"opt_start_time\":\"2020-01-01T00:00:00Z\",\"filter_subject\":\"s.b.*\"")]
    [InlineData("by_start_time", ",\"opt_start_time\":\"2090-01-01T00:00:00Z\"")]
    [InlineData("last_per_subject", ",\"filter_subject\":\"s.>\"")]
    [InlineData("last_per_subject", ",\"filter_subjects\":[\"s.a\",\"s.b.*\"]")]
    [InlineData("last_per_subject", ",\"filter_subject\":\"s.none\"")]
    public Task Consumers_start_where_the_reference_starts_them(string policy, string more) => ConsumerScript.CompareAsync(async script =>
    {
        string config = $"{{\"stream_name\":\"S\",\"config\":{{\"name\":\"NAME\",\"ack_policy\":\"explicit\",\"deliver_policy\":\"{policy}\"{more}}}}}";
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.EMPTY" + FilterOf(more), config.Replace("NAME", "EMPTY", StringComparison.Ordinal));
        foreach (string subject in (string[])["s.a", "s.b.1", "s.c", "s.b.2", "s.a", "s.b.1", "s.d"]) await script.PublishAsync(subject, "x");
        await script.AskAsync("STREAM.PURGE.S", "{\"seq\":2}");
        await script.AskAsync("CONSUMER.CREATE.S.C" + FilterOf(more), config.Replace("NAME", "C", StringComparison.Ordinal));

        // After a purge the reference counts only the last message of each subject for it, but delivers all.
        string[] names = policy == "last_per_subject" ? ["C"] : ["EMPTY", "C"];
        if (names.Length > 1) await script.AskAsync("CONSUMER.INFO.S.EMPTY");
        foreach (string subject in (string[])["s.b.1", "s.e", "s.a"]) await script.PublishAsync(subject, "y");
        foreach (string name in names)
        {
            await script.SendAsync($"SUB in.{name} {name}|PUB $JS.API.CONSUMER.MSG.NEXT.S.{name} in.{name} 28|{{\"batch\":100,\"no_wait\":true}}|");
            await script.ExpectAsync(1, "404 No Messages");
            await script.AskAsync("CONSUMER.INFO.S." + name);
        }
    });

    [Fact]
    public Task Pull_requests_end_as_those_of_the_reference() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"explicit","max_waiting":2,"max_batch":50,"max_bytes":1000,"max_expires":5000000000}}""");
        await script.SendAsync("SUB in.> in|");
        foreach (string body in (string[])[
            """{"batch":1,"no_wait":true}""",
            """{"batch":51}""",
            """{"batch":1,"max_bytes":1001}""",
            """{"batch":1,"expires":6000000000}""",
            """{"batch":1,"expires":1000000000,"idle_heartbeat":900000000}""",
            """{"batch":1,"no_wait":true,"group":"g"}""",
            """{"batch":1,"no_wait":true,"min_pending":3}""",
            """{"batch":1,"no_wait":true,"id":"x"}""",
            """{"batch":1,"no_wait":true,"priority":11}""",
            """{"batch":x}""",
            """{"batch":3,"expires":100000000}""",
            """{"batch":3,"expires":400000000,"idle_heartbeat":150000000}""",
        ])
        {
            await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 {body.Length}|{body}|");
            await script.ExpectAsync(body.Contains("150000000", StringComparison.Ordinal) ? 3 : 1);
        }

        await script.PublishAsync("s.a", new string('x', 100));
        await script.PublishAsync("s.b", new string('y', 1000));
        string small = """{"batch":5,"max_bytes":400,"expires":2000000000}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.2 {small.Length}|{small}|");
        await script.ExpectAsync(2);
        string one = """{"batch":1,"max_bytes":2000,"expires":2000000000}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.3 {one.Length}|{one}|");
        await script.ExpectAsync(1);
        await script.PublishAsync("s.c", "c");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.4 1|2|");
        await script.ExpectAsync(1);
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.5 0||PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.6 0||PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.7 0||");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.C");
        await script.SendAsync("HPUB $JS.API.CONSUMER.MSG.NEXT.S.C in.8 41 41|NATS/1.0|Nats-Required-Api-Level: 99|||");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.DELETE.S.C");
        await script.ExpectAsync(2);
    });

    [Fact]
    public Task Acknowledgements_do_what_those_of_the_reference_do() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync(
            "CONSUMER.CREATE.S.C",
            """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"explicit","ack_wait":60000000000,"max_deliver":3,"sample_freq":"100%","max_ack_pending":4}}""");
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.> nak|SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.> term|");
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.> max|SUB $JS.EVENT.METRIC.> metric|SUB in.> in|SUB done done|");
        for (int i = 1; i <= 6; i++) await script.PublishAsync($"s.{i}", $"m{i}");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 2|50|");
        await script.ExpectAsync(4);
        await script.SendAsync("PUB {ack:0} done 4|-NAK|");
        await script.ExpectAsync(3);
        await script.SendAsync("PUB {ack:1} done 17|-NAK {\"delay\": 1}|");
        await script.ExpectAsync(3);
        await script.SendAsync("PUB {ack:2} done 13|+TERM because|");
        await script.ExpectAsync(3);
        await script.SendAsync("PUB {ack:3} done 4|+WPI|PUB {ack:3} done 0||PUB {ack:3} done 4|+ACK|");
        await script.ExpectAsync(5);
        await script.SendAsync("PUB {ack:4} 4|-NAK|");
        await script.ExpectAsync(2);
        await script.SendAsync("PUB {ack:-1} 4|-NAK|");
        await script.ExpectAsync(2);
        await script.AskAsync("CONSUMER.INFO.S.C");
        await script.AskAsync("STREAM.MSG.DELETE.S", "{\"seq\":5}");

        // Both tell their consumers of it after they have answered.
        await script.WaitAsync("CONSUMER.INFO.S.C", "\"num_ack_pending\":2,");
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task A_push_consumer_beats_stalls_and_goes_on_as_that_of_the_reference() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync(
            "CONSUMER.CREATE.S.P",
            """{"stream_name":"S","config":{"name":"P","durable_name":"P","ack_policy":"none","deliver_subject":"push","idle_heartbeat":200000000,"flow_control":true}}""");
        await script.PublishAsync("s.a", "a");
        await script.AskAsync("CONSUMER.INFO.S.P");
        await script.SendAsync("SUB push push|");
        await script.ExpectAsync(2);
        await script.AskAsync("CONSUMER.INFO.S.P");
        await script.PublishAsync("s.b", new string('b', 900_000));
        await script.PublishAsync("s.b", new string('b', 900_000));
        await script.ExpectAsync(3);
        await script.ExpectAsync(1);
        await script.PublishAsync("s.b", new string('b', 900_000));
        await script.PublishAsync("s.c", "c");
        await script.ExpectAsync(2);
    });

    [Fact]
    public Task Only_the_headers_are_delivered_if_that_is_wanted() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.H", """{"stream_name":"S","config":{"name":"H","ack_policy":"none","headers_only":true,"deliver_subject":"push","deliver_group":"g"}}""");
        await script.SendAsync("SUB push g push|");
        await script.PublishAsync("s.a", "12345");
        await script.ExpectAsync(1);
        await script.PublishAsync("s.b", "xy", "NATS/1.0|A: b||");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.H");
    });

    [Fact]
    public Task A_pinned_client_gets_everything_until_it_is_let_go() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync(
            "CONSUMER.CREATE.S.C",
            """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"none","priority_policy":"pinned_client","priority_groups":["g"],"priority_timeout":60000000000}}""");
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.PINNED.> pin|SUB $JS.EVENT.ADVISORY.CONSUMER.UNPINNED.> unpin|SUB in.> in|");
        for (int i = 0; i < 4; i++) await script.PublishAsync("s.a", $"m{i}");
        string pull = """{"batch":2,"expires":5000000000,"group":"g"}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 {pull.Length}|{pull}|");
        await script.ExpectAsync(3);
        await script.AskAsync("CONSUMER.INFO.S.C");
        string wrong = """{"batch":1,"expires":5000000000,"group":"g","id":"wrong"}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.2 {wrong.Length}|{wrong}|");
        await script.ExpectAsync(1);
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.3 {pull.Length}|{pull}|");
        await script.ExpectAsync(0);
        await script.AskAsync("CONSUMER.UNPIN.S.C", "{\"group\":\"g\"}");
        await script.ExpectAsync(4);
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task An_overflow_client_waits_until_there_is_enough() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB in.> in|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync(
            "CONSUMER.CREATE.S.C",
            """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"explicit","priority_policy":"overflow","priority_groups":["g"]}}""");
        string pull = """{"batch":1,"expires":5000000000,"group":"g","min_pending":3}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 {pull.Length}|{pull}|");
        await script.PublishAsync("s.a", "1");
        await script.PublishAsync("s.a", "2");
        await script.ExpectAsync(0);
        await script.PublishAsync("s.a", "3");
        await script.ExpectAsync(1);
        string other = """{"batch":1,"expires":5000000000,"group":"g","min_ack_pending":1}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.2 {other.Length}|{other}|");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task A_paused_consumer_says_so_and_goes_on_later() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.PAUSE.> ev|SUB in.> in|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"none"}}""");
        await script.AskAsync("CONSUMER.PAUSE.S.C", """{"pause_until":"2090-01-01T00:00:00Z"}""");
        await script.ExpectAsync(1);
        await script.PublishAsync("s.a", "1");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 26|{\"batch\":1,\"no_wait\":true}|");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.C");
        await script.AskAsync("CONSUMER.PAUSE.S.C", "{}");
        await script.ExpectAsync(1);
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 1|5|");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task A_consumer_begins_again_where_it_is_told() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB in.> in|SUB done done|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"explicit","filter_subject":"s.a"}}""");
        foreach (string subject in (string[])["s.a", "s.b", "s.a", "s.a", "s.b", "s.a", "s.b"]) await script.PublishAsync(subject, "x");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 1|3|");
        await script.ExpectAsync(3);
        await script.SendAsync("PUB {ack:0} done 0||PUB {ack:1} done 0||");
        await script.ExpectAsync(2);
        await script.AskAsync("CONSUMER.INFO.S.C");
        await script.AskAsync("CONSUMER.RESET.S.C");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.2 1|9|");
        await script.ExpectAsync(2);
        await script.AskAsync("CONSUMER.RESET.S.C", "{\"seq\":4}");
        await script.ExpectAsync(2);
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task Replies_have_the_second_format_where_the_flag_says_so() => ConsumerScript.CompareAsync(
        async script =>
        {
            await script.SendAsync("SUB push push|SUB done done|");
            await script.AskAsync("STREAM.CREATE.S", Stream);
            await script.AskAsync("CONSUMER.CREATE.S.P", """{"stream_name":"S","config":{"name":"P","durable_name":"P","ack_policy":"explicit","deliver_subject":"push"}}""");
            await script.PublishAsync("s.a", "a");
            await script.ExpectAsync(1);
            await script.SendAsync("PUB {ack:0} done 0||");
            await script.ExpectAsync(1);
            await script.AskAsync("CONSUMER.INFO.S.P");
        },
        "feature_flags { js_ack_fc_v2: true }");

    [Fact]
    public Task The_reference_purges_what_consumers_still_have() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB in.> in|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        foreach ((string name, string filter) in ((string, string)[])[("A", "s.a"), ("B", "s.b"), ("ALL", "s.>")])
            await script.AskAsync("CONSUMER.CREATE.S." + name, $"{{\"stream_name\":\"S\",\"config\":{{\"name\":\"{name}\",\"durable_name\":\"{name}\",\"ack_policy\":\"explicit\",\"filter_subject\":\"{filter}\"}}}}");
        for (int i = 0; i < 12; i++) await script.PublishAsync(i % 3 == 0 ? "s.b" : "s.a", "x");
        foreach (string name in (string[])["A", "B", "ALL"])
        {
            await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.{name} in.{name} 1|3|");
            await script.ExpectAsync(3);
        }

        foreach (string purge in (string[])["""{"filter":"s.b","keep":1}""", """{"filter":"s.a","seq":6}""", """{"seq":9}""", "{}"])
        {
            await script.AskAsync("STREAM.PURGE.S", purge);
            foreach (string name in (string[])["A", "B", "ALL"]) await script.AskAsync("CONSUMER.INFO.S." + name);
        }
    });

    private static string FilterOf(string more) => more.Contains("filter_subject\"", StringComparison.Ordinal) ? "." + more.Split('"')[^2] : "";
}
