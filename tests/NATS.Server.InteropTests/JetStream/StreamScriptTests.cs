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
    public Task A_promoted_mirror_is_a_stream_like_others() => CompareAsync(async script =>
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
    public Task What_comes_from_two_sources_is_kept_once() => CompareAsync(async script =>
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

    private static Task CompareAsync(Func<ConsumerScript, Task> script) => ConsumerScript.CompareAsync("", [""], scripts => script(scripts[0]));
}
