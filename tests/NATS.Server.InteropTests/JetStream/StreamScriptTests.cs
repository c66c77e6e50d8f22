using System.Text.Json;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Streams that become something else: backups and what is told of them, mirrors that are promoted, several sources of the same messages.</summary>
public sealed class StreamScriptTests
{
    [Fact]
    public async Task Backups_and_restores_are_told_as_by_the_reference()
    {
        var options = new ServerProcessOptions { Config = "server_name: SERVER\njetstream { store_dir: $FOLDER/js, domain: hub }\n" };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        await using ServerProcess ours = await OurServer.StartAsync(options);
        string expected = await WatchAsync(reference);
        Assert.Equal(6, expected.Split("io.nats.jetstream.advisory.v1.").Length - 1);
        ConsumerScript.AssertSame(expected, await WatchAsync(ours));
    }

    [Fact]
    public Task A_promoted_mirror_is_a_stream_like_others() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.O", """{"name":"O","subjects":["o.>"],"storage":"memory"}""");
        for (int i = 0; i < 3; i++) await script.PublishAsync("o.a", "x");
        await script.AskAsync("STREAM.CREATE.M", """{"name":"M","mirror":{"name":"O"},"storage":"memory"}""");
        await script.WaitAsync("STREAM.INFO.M", "\"messages\":3,");
        await script.AskAsync("STREAM.UPDATE.M", """{"name":"M","mirror":{"name":"P"},"storage":"memory"}""");
        await script.AskAsync("STREAM.UPDATE.M", """{"name":"M","subjects":["m.>"],"storage":"memory"}""");
        await script.PublishAsync("m.a", "y");
        await script.PublishAsync("o.a", "x");
        await script.PublishAsync("m.b", "z");
        await script.AskAsync("STREAM.INFO.M");
        await script.AskAsync("STREAM.MSG.GET.M", """{"seq":4}""");
        await script.AskAsync("STREAM.MSG.GET.M", """{"seq":5}""");
        await script.AskAsync("CONSUMER.NAMES.O");
    });

    [Fact]
    public Task What_comes_from_two_sources_is_kept_once() => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB in in|");
        await script.AskAsync("STREAM.CREATE.A", """{"name":"A","subjects":["a"],"storage":"memory"}""");
        await script.AskAsync("STREAM.CREATE.B", """{"name":"B","subjects":["b"],"storage":"memory"}""");
        await script.AskAsync("STREAM.CREATE.ALL", """{"name":"ALL","subjects":["all"],"storage":"memory","sources":[{"name":"A"},{"name":"B"}],"duplicate_window":120000000000}""");
        await script.PublishAsync("a", "1", "NATS/1.0|Nats-Msg-Id: one||");
        await script.WaitAsync("STREAM.INFO.ALL", "\"messages\":1,");
        await script.PublishAsync("b", "1", "NATS/1.0|Nats-Msg-Id: one||");
        await script.PublishAsync("b", "2", "NATS/1.0|Nats-Msg-Id: two||");
        await script.WaitAsync("STREAM.INFO.ALL", "\"messages\":2,");
        await script.PublishAsync("a", "2", "NATS/1.0|Nats-Msg-Id: two||");
        await script.PublishAsync("a", "3");
        await script.WaitAsync("STREAM.INFO.ALL", "\"messages\":3,");
        await script.AskAsync("CONSUMER.CREATE.ALL.C", """{"stream_name":"ALL","config":{"durable_name":"C","ack_policy":"none"}}""");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.ALL.C in 27|{\"batch\":10,\"no_wait\":true}|");
        await script.ExpectAsync(4, "404");
    });

    [Theory]
    [InlineData("workqueue")]
    [InlineData("interest")]
    public Task A_consumer_that_is_there_empties_a_stream_into_another(string retention) => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.Q", $$"""{"name":"Q","subjects":["q.>"],"storage":"memory","retention":"{{retention}}"}""");
        foreach (string policy in (string[])["none", "explicit", "flow_control"])
        {
            string consumer = $$$"""{"stream_name":"Q","config":{"durable_name":"C{{{policy}}}","deliver_subject":"to.{{{policy}}}","ack_policy":"{{{policy}}}","flow_control":true,"idle_heartbeat":500000000,"filter_subject":"q.{{{policy}}}"}}""";
            await script.AskAsync("CONSUMER.DURABLE.CREATE.Q.C" + policy, consumer);
        }

        await script.AskAsync("STREAM.CREATE.COPY", """{"name":"COPY","storage":"memory","sources":[{"name":"Q","consumer":{"name":"Cflow_control","deliver_subject":"to.flow_control"}}]}""");
        for (int i = 0; i < 20; i++) await script.PublishAsync("q.flow_control", $"m{i}");
        await script.WaitAsync("STREAM.INFO.COPY", "\"messages\":20,");
        await script.WaitAsync("STREAM.INFO.Q", "\"messages\":0,");
        await ReadAsync(script, "COPY", 20);
        await script.AskAsync("STREAM.CREATE.WRONG", """{"name":"WRONG","storage":"memory","sources":[{"name":"Q","consumer":{"name":"Cnone"}}]}""");
        await script.AskAsync("STREAM.CREATE.OTHER", """{"name":"OTHER","storage":"memory","sources":[{"name":"Q","consumer":{"name":"Cexplicit","deliver_subject":"to.explicit"}}]}""");
        await script.WaitAsync("STREAM.INFO.OTHER", "10217");
    });

    [Fact]
    public Task A_source_that_was_created_anew_is_read_from_its_start() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.O", """{"name":"O","subjects":["o.>"],"storage":"memory"}""");
        await script.AskAsync("STREAM.CREATE.COPY", """{"name":"COPY","storage":"memory","sources":[{"name":"O"}]}""");
        for (int i = 0; i < 5; i++) await script.PublishAsync("o.a", $"old{i}");
        await script.WaitAsync("STREAM.INFO.COPY", "\"messages\":5,");
        await script.AskAsync("STREAM.DELETE.O");
        await script.AskAsync("STREAM.CREATE.O", """{"name":"O","subjects":["o.>"],"storage":"memory"}""");
        for (int i = 0; i < 3; i++) await script.PublishAsync("o.a", $"new{i}");
        await script.WaitAsync("STREAM.INFO.COPY", "\"messages\":8,");
        await ReadAsync(script, "COPY", 8);
    });

    [Fact]
    public Task Storing_may_come_after_the_acknowledgement_where_a_stream_says_so() => ConsumerScript.CompareAsync(async script =>
    {
        await script.AskAsync("STREAM.CREATE.M", """{"name":"M","storage":"memory","persist_mode":"async"}""");
        await script.AskAsync("STREAM.CREATE.B", """{"name":"B","persist_mode":"async","allow_atomic":true}""");
        await script.AskAsync("STREAM.CREATE.R", """{"name":"R","persist_mode":"async","num_replicas":3}""");
        await script.AskAsync("STREAM.CREATE.X", """{"name":"X","persist_mode":"later"}""");
        await script.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s"],"persist_mode":"async"}""");
        await script.AskAsync("STREAM.UPDATE.S", """{"name":"S","subjects":["s"],"persist_mode":"default"}""");
        await script.AskAsync("STREAM.UPDATE.S", """{"name":"S","subjects":["s","t"],"persist_mode":"async"}""");
        for (int i = 0; i < 50; i++) await script.PublishAsync(i % 2 == 0 ? "s" : "t", $"m{i}");
        await script.AskAsync("STREAM.INFO.S");
        foreach (int sequence in (int[])[1, 50]) await script.AskAsync("STREAM.MSG.GET.S", $$"""{"seq":{{sequence}}}""");
    });

    [Theory]
    [InlineData("")]
    [InlineData(",\"persist_mode\":\"async\"")]
    public async Task A_compressed_stream_of_either_server_is_read_by_the_other(string mode)
    {
        using var folder = new TemporaryFolder();
        string[] executables = [ReferenceServer.Path, OurServer.Path];
        List<string> seen = [];
        foreach (string maker in executables)
        {
            var options = new ServerProcessOptions { Config = $"server_name: SERVER\njetstream {{ store_dir: \"{folder.Path}/{seen.Count}\" }}\n" };
            await using (ServerProcess first = await ServerProcess.StartAsync(maker, options))
            {
                await ConsumerScript.RunAsync(first, [""], async scripts =>
                {
                    await scripts[0].AskAsync("STREAM.CREATE.S", $$"""{"name":"S","subjects":["s.>"],"compression":"s2"{{mode}}}""");
                    for (int i = 0; i < 100; i++) await scripts[0].PublishAsync($"s.{i % 7}", string.Concat(Enumerable.Repeat($"message {i} ", 40)));
                });
                Assert.Equal(0, await first.StopAsync());
            }

            foreach (string reader in executables)
            {
                await using ServerProcess second = await ServerProcess.StartAsync(reader, options);
                seen.Add(await ConsumerScript.RunAsync(second, [""], async scripts =>
                {
                    await scripts[0].AskAsync("STREAM.INFO.S");
                    for (int i = 1; i <= 100; i++) await scripts[0].AskAsync("STREAM.MSG.GET.S", $$"""{"seq":{{i}}}""");
                }));
                Assert.Equal(0, await second.StopAsync());
            }
        }

        Assert.Contains("\"compression\":\"s2\"", seen[0], StringComparison.Ordinal);
        Assert.All(seen, log => ConsumerScript.AssertSame(seen[0], log));
    }

    private static async Task ReadAsync(ConsumerScript script, string stream, int count)
    {
        await script.SendAsync("SUB in in|");
        await script.AskAsync($"CONSUMER.CREATE.{stream}.READ", $$$"""{"stream_name":"{{{stream}}}","config":{"durable_name":"READ","ack_policy":"none"}}""");
        await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.{stream}.READ in 27|{{\"batch\":99,\"no_wait\":true}}|");
        await script.ExpectAsync(count + 1, "404");
    }

    private static async Task<string> WatchAsync(ServerProcess server)
    {
        await using JetStreamScript client = await JetStreamScript.ConnectAsync(server);
        return await ConsumerScript.RunAsync(server, [""], async scripts =>
        {
            ConsumerScript script = scripts[0];
            await client.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
            await client.PublishAsync([.. Enumerable.Range(1, 20).Select(static _ => ("s.a", "", "message"))]);
            foreach (string name in (string[])["CREATED", "DELETED", "SNAPSHOT_CREATE", "SNAPSHOT_COMPLETE", "RESTORE_CREATE", "RESTORE_COMPLETE"]) await script.SendAsync($"SUB $JS.EVENT.ADVISORY.STREAM.{name}.S {name}|");

            // Another client asks for the backup: the subscriptions have to be there before.
            await script.WaitAsync("STREAM.INFO.S", "\"messages\":20,");
            byte[] backup = await client.BackUpAsync("S");
            await script.ExpectAsync(2, "SNAPSHOT_COMPLETE");
            JsonElement info = await client.RequestAsync("$JS.API.STREAM.INFO.S", "");
            await client.RequestAsync("$JS.API.STREAM.DELETE.S", "");
            await script.ExpectAsync(1, "DELETED");
            await client.RestoreAsync("S", $$"""{"config":{{info.GetProperty("config")}},"state":{{info.GetProperty("state")}}}""", backup);
            await script.ExpectAsync(3, "RESTORE_COMPLETE");
        });
    }
}
