using System.Diagnostics;
using System.Globalization;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>In which order and how fast messages are delivered: the order is that of the reference, and nothing comes before its time.</summary>
public sealed class ConsumerPaceTests
{
    private const string Stream = """{"name":"S","subjects":["s.>"],"storage":"memory"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_replay_takes_as_long_as_the_messages_took_to_come(bool isPushed) => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.CLOCK", """{"stream_name":"S","config":{"durable_name":"CLOCK","ack_policy":"explicit","filter_subject":"s.never"}}""");
        await script.SendAsync("SUB in in|SUB clock clock|");
        await script.PublishAsync("s.a", "1");
        await PassAsync(script);
        await script.PublishAsync("s.b", "2", "NATS/1.0|A: b||");
        await script.PublishAsync("s.a", "3");
        await PassAsync(script);
        await script.PublishAsync("s.c", "4");
        long begin = Stopwatch.GetTimestamp();
        string push = isPushed ? ",\"deliver_subject\":\"in\"" : "";
        await script.AskAsync("CONSUMER.CREATE.S.R", $"{{\"stream_name\":\"S\",\"config\":{{\"durable_name\":\"R\",\"ack_policy\":\"explicit\",\"replay_policy\":\"original\"{push}}}}}");
        if (!isPushed) await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.R in 1|5|");
        await script.ExpectAsync(4);
        AssertTook(begin, 2 * 300);

        // What comes later is delivered as it comes.
        await script.PublishAsync("s.d", "5");
        await script.ExpectAsync(1);
        await script.AskAsync("CONSUMER.INFO.S.R");
    });

    [Fact]
    public Task A_rate_holds_messages_back() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"memory","max_msg_size":10000}""");
        for (int i = 0; i < 10; i++) await script.PublishAsync("s." + i.ToString(CultureInfo.InvariantCulture), new string('x', 9000));
        await script.SendAsync("SUB in in|");
        long begin = Stopwatch.GetTimestamp();
        await script.AskAsync("CONSUMER.CREATE.S.P", """{"stream_name":"S","config":{"durable_name":"P","ack_policy":"none","deliver_subject":"in","rate_limit_bps":400000}}""");
        await script.ExpectAsync(10);

        // 90 kB, of which 10 kB may come at once, at 50 kB a second.
        AssertTook(begin, 1600);
        await script.AskAsync("CONSUMER.INFO.S.P");
    });

    [Theory]
    [InlineData("100", 1, 1)]
    [InlineData("100%", 1, 1)]
    [InlineData("0", 0, 0)]
    [InlineData("0%", 0, 0)]
    [InlineData("10", 0, 1)]
    [InlineData("50%", 0, 1)]
    public async Task So_many_acknowledgements_are_measured_as_are_to_be_sampled(string frequency, int least, int most)
    {
        const int Count = 300;
        foreach (ServerProcess server in (ServerProcess[])[await ReferenceServer.StartAsync(Options), await OurServer.StartAsync(Options)])
        {
            await using (server)
            {
                string log = await ConsumerScript.RunAsync(server, [""], async scripts =>
                {
                    ConsumerScript script = scripts[0];
                    await script.AskAsync("STREAM.CREATE.S", Stream);
                    await script.AskAsync("CONSUMER.CREATE.S.C", $"{{\"stream_name\":\"S\",\"config\":{{\"durable_name\":\"C\",\"ack_policy\":\"explicit\",\"sample_freq\":\"{frequency}\"}}}}");
                    await script.SendAsync("SUB $JS.EVENT.METRIC.CONSUMER.ACK.S.C metric|SUB in in|SUB done done|");
                    for (int i = 0; i < Count; i++) await script.PublishAsync("s.a");
                    await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 3|300|");
                    await script.ExpectAsync(Count);
                    for (int i = 0; i < Count; i++) await script.SendAsync($"PUB {{ack:{i.ToString(CultureInfo.InvariantCulture)}}} 4|+ACK|");
                    await script.SendAsync("PUB {ack:0} done 0||");
                    await script.ExpectAsync(1, "done done");
                });
                int measured = log.Split("metric $JS.EVENT.METRIC.CONSUMER.ACK.S.C").Length - 1;
                Assert.InRange(measured, least == most ? least * Count : 1, least == most ? most * Count : Count - 1);
            }
        }
    }

    [Fact]
    public Task A_silent_client_loses_its_pin() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.PINNED.> pin|SUB $JS.EVENT.ADVISORY.CONSUMER.UNPINNED.> unpin|SUB in.> in|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync(
            "CONSUMER.CREATE.S.C",
            """{"stream_name":"S","config":{"name":"C","durable_name":"C","ack_policy":"none","priority_policy":"pinned_client","priority_groups":["g"],"priority_timeout":1000000000}}""");
        await script.PublishAsync("s.a", "1");
        await script.WaitAsync("CONSUMER.INFO.S.C", "\"num_pending\":1,");
        const string Pull = """{"batch":1,"expires":20000000000,"group":"g"}""";
        long begin = Stopwatch.GetTimestamp();
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.1 {Pull.Length}|{Pull}|");
        await script.ExpectAsync(2);
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in.2 {Pull.Length}|{Pull}|");
        await script.PublishAsync("s.a", "2");
        await script.ExpectAsync(3, "in s.a");
        AssertTook(begin, 1000);
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public Task What_is_refused_comes_again_in_the_order_of_the_refusals_and_before_anything_new() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB in in|SUB done done|");
        await script.AskAsync("STREAM.CREATE.S", Stream);
        await script.AskAsync("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit","max_ack_pending":6}}""");
        for (int i = 0; i < 12; i++) await script.PublishAsync("s." + i.ToString(CultureInfo.InvariantCulture));
        await script.WaitAsync("CONSUMER.INFO.S.C", "\"num_pending\":12,");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 1|6|");
        await script.ExpectAsync(6);

        // Nobody asks for more yet.
        foreach (int index in (int[])[4, 2, 0])
        {
            await script.SendAsync($"PUB {{ack:{index}}} done 4|-NAK|");
            await script.ExpectAsync(1);
        }

        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 1|2|");
        await script.ExpectAsync(2);

        // The window is full: this request gets what is delivered again, and nothing new until something is acknowledged.
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 1|7|");
        await script.ExpectAsync(1);
        foreach (int index in (int[])[5, 1, 3])
        {
            await script.SendAsync($"PUB {{ack:{index}}} done 4|-NAK|");
            await script.ExpectAsync(2, "in s");
        }

        await script.AskAsync("CONSUMER.INFO.S.C");
        await script.SendAsync("PUB {ack:0} done 4|+ACK|");
        await script.ExpectAsync(2, "in s");
        await script.SendAsync("PUB {ack:1} done 5|+TERM|");
        await script.ExpectAsync(2, "in s");
        await script.AskAsync("CONSUMER.INFO.S.C");
    });

    [Fact]
    public async Task A_consumer_in_memory_is_gone_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        string expected = await RestartAsync(ReferenceServer.Path, folder.Path + "/theirs");
        ConsumerScript.AssertSame(expected, await RestartAsync(OurServer.Path, folder.Path + "/ours"));
        Assert.Contains("consumer not found", expected, StringComparison.Ordinal);
    }

    private static ServerProcessOptions Options => new() { Config = "jetstream { store_dir: $FOLDER/js, sync_interval: 2m }\n" };

    private static async Task<string> RestartAsync(string executable, string directory)
    {
        var options = new ServerProcessOptions { Config = $"jetstream {{ store_dir: \"{directory}\" }}\n" };
        string before;
        await using (ServerProcess first = await ServerProcess.StartAsync(executable, options))
        {
            before = await ConsumerScript.RunAsync(first, [""], async scripts =>
            {
                ConsumerScript script = scripts[0];
                await script.SendAsync("SUB in in|SUB done done|");
                await script.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
                for (int i = 0; i < 5; i++) await script.PublishAsync("s.a");
                foreach (string isInMemory in (string[])["true", "false"])
                {
                    await script.AskAsync("CONSUMER.CREATE.S.M" + isInMemory, $"{{\"stream_name\":\"S\",\"config\":{{\"durable_name\":\"M{isInMemory}\",\"ack_policy\":\"explicit\",\"mem_storage\":{isInMemory}}}}}");
                    await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.M{isInMemory} in 1|3|");
                    await script.ExpectAsync(3);
                    await script.SendAsync("PUB {ack:-3} done 0||PUB {ack:-2} done 0||");
                    await script.ExpectAsync(2);
                    await script.AskAsync("CONSUMER.INFO.S.M" + isInMemory);
                }
            });
            Assert.Equal(0, await first.StopAsync());
        }

        await using ServerProcess second = await ServerProcess.StartAsync(executable, options);
        return before + await ConsumerScript.RunAsync(second, [""], async scripts =>
        {
            await scripts[0].SendAsync("SUB in in|");
            foreach (string isInMemory in (string[])["true", "false"])
            {
                await scripts[0].AskAsync("CONSUMER.INFO.S.M" + isInMemory);
                await scripts[0].SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.M{isInMemory} in 1|1|");
                await scripts[0].ExpectAsync(1);
            }
        });
    }

    // Lets time go by: a request that nothing answers ends after it.
    private static async Task PassAsync(ConsumerScript script)
    {
        const string Request = """{"batch":1,"expires":300000000}""";
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.CLOCK clock {Request.Length}|{Request}|");
        await script.ExpectAsync(1, "408");
    }

    // Only that nothing comes too early, with a tenth for clocks that do not agree.
    private static void AssertTook(long begin, int milliseconds) => Assert.True(Stopwatch.GetElapsedTime(begin).TotalMilliseconds >= milliseconds * 0.9, "It came too early.");
}
