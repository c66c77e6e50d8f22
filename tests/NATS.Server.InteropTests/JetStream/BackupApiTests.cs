using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Backups over the wire between the reference and our server, and what both say to receivers and senders that do not do their part.</summary>
public sealed partial class BackupApiTests
{
    private const string Config = "jetstream { store_dir: $FOLDER/js, max_mem: 1GB, max_file: 1GB }";

    [Theory]
    [InlineData(false, true, "file")]
    [InlineData(true, false, "file")]
    [InlineData(true, true, "file")]
    [InlineData(true, true, "memory")]
    [InlineData(true, false, "memory")]
    public async Task A_backup_over_the_wire_is_restored_over_the_wire(bool isFromOurs, bool isToOurs, string storage)
    {
        await using ServerProcess from = await StartAsync(isFromOurs);
        await using ServerProcess to = await StartAsync(isToOurs);
        await using JetStreamScript source = await JetStreamScript.ConnectAsync(from);
        await using JetStreamScript target = await JetStreamScript.ConnectAsync(to);
        await source.RequestAsync("$JS.API.STREAM.CREATE.S", $$$"""{"name":"S","subjects":["s.>"],"storage":"{{{storage}}}","metadata":{"a":"b"}}""");
        string filler = new('x', 3000);
        await source.PublishAsync([.. Enumerable.Range(1, 300).Select(i => (string.Create(CultureInfo.InvariantCulture, $"s.{i % 7}"), i % 3 == 0 ? "NATS/1.0\r\nK: v\r\n\r\n" : "", filler + i))]);
        await source.RequestAsync("$JS.API.STREAM.MSG.DELETE.S", """{"seq":5}""");
        await source.RequestAsync("$JS.API.STREAM.PURGE.S", """{"filter":"s.3","keep":2}""");
        await source.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
        await source.RequestAsync("$JS.API.CONSUMER.CREATE.S.E", """{"stream_name":"S","config":{"durable_name":"E","ack_policy":"all","filter_subject":"s.1"}}""");
        List<string> acks = await source.FetchAsync("S", "C", 10);
        foreach (string ack in acks.Take(4)) await source.SendAsync(ack, "+ACK");
        await source.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
        byte[] backup = await source.BackUpAsync("S");
        JsonElement info = await source.RequestAsync("$JS.API.STREAM.INFO.S", "");
        JsonElement restored = await target.RestoreAsync("S", $$"""{"config":{{info.GetProperty("config")}},"state":{{info.GetProperty("state")}}}""", backup);
        Assert.Equal("io.nats.jetstream.api.v1.stream_create_response", restored.GetProperty("type").GetString());
        Assert.False(restored.TryGetProperty("did_create", out _));
        JsonElement after = await target.RequestAsync("$JS.API.STREAM.INFO.S", "");
        Assert.Equal(info.GetProperty("config").ToString(), after.GetProperty("config").ToString());
        Assert.Equal(info.GetProperty("state").ToString(), after.GetProperty("state").ToString());
        foreach (string consumer in (string[])["C", "E"])
            Assert.Equal(EssenceOf(await source.RequestAsync($"$JS.API.CONSUMER.INFO.S.{consumer}", "")), EssenceOf(await target.RequestAsync($"$JS.API.CONSUMER.INFO.S.{consumer}", "")));
        foreach (int sequence in (int[])[1, 6, 150, 300])
        {
            string request = string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{sequence}}}");
            Assert.Equal((await source.AskAsync("$JS.API.STREAM.MSG.GET.S", request)).ToString(), (await target.AskAsync("$JS.API.STREAM.MSG.GET.S", request)).ToString());
        }
    }

    [Fact]
    public async Task Backups_and_restores_are_told_as_by_the_reference()
    {
        await using ServerProcess reference = await StartAsync(isOurs: false);
        await using ServerProcess ours = await StartAsync(isOurs: true);
        byte[] backup = [];
        List<string> theirs = await WatchAsync(reference);
        List<string> mine = await WatchAsync(ours);

        // Streams and consumers tell of themselves, each in its order.
        Assert.Equal(StreamEventsOf(theirs), StreamEventsOf(mine));
        Assert.Equal(theirs.Order(StringComparer.Ordinal), mine.Order(StringComparer.Ordinal));
        Assert.Equal(4, theirs.Count(static told => told.Contains(".SNAPSHOT_", StringComparison.Ordinal) || told.Contains(".RESTORE_", StringComparison.Ordinal)));

        static IEnumerable<string> StreamEventsOf(List<string> events) => events.Select(static told => told.Split(' ')[0]).Where(static subject => subject.Contains(".STREAM.", StringComparison.Ordinal));

        async Task<List<string>> WatchAsync(ServerProcess server)
        {
            await using RawClient watcher = await RawClient.HandshakeAsync(server.Port);
            await watcher.SendAsync("SUB $JS.EVENT.ADVISORY.STREAM.> 1\r\nSUB $JS.EVENT.ADVISORY.CONSUMER.> 2\r\n");
            await watcher.PingAsync();
            await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
            await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
            await script.PublishAsync([.. Enumerable.Range(1, 20).Select(static i => ("s.a", "", "message"))]);
            await script.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
            byte[] made = await script.BackUpAsync("S");
            if (backup.Length == 0) backup = made;
            JsonElement info = await script.RequestAsync("$JS.API.STREAM.INFO.S", "");
            await script.RequestAsync("$JS.API.STREAM.DELETE.S", "");
            await script.RestoreAsync("S", $$"""{"config":{{info.GetProperty("config")}},"state":{{info.GetProperty("state")}}}""", backup);
            List<string> events = [];
            while (!events.Exists(static told => told.Contains("RESTORE_COMPLETE", StringComparison.Ordinal)))
            {
                ReceivedMessage told = await watcher.ReadMessageAsync();
                events.Add($"{told.Subject} {Changing().Replace(told.Text, "${name}=?")}");
            }

            return events;
        }
    }

    [Fact]
    public async Task A_receiver_that_confirms_nothing_is_told_what_the_reference_tells_it()
    {
        await using ServerProcess reference = await StartAsync(isOurs: false);
        await using ServerProcess ours = await StartAsync(isOurs: true);
        string[] said = await Task.WhenAll(WaitForEndAsync(reference), WaitForEndAsync(ours));
        Assert.Equal("NATS/1.0 408 No Flow Response\r\n\r\n", said[0]);
        Assert.Equal(said[0], said[1]);
    }

    [Fact]
    public async Task A_backup_that_is_damaged_is_refused_as_the_reference_refuses_it()
    {
        await using ServerProcess reference = await StartAsync(isOurs: false);
        await using ServerProcess ours = await StartAsync(isOurs: true);
        await using JetStreamScript theirs = await JetStreamScript.ConnectAsync(reference);
        await using JetStreamScript mine = await JetStreamScript.ConnectAsync(ours);
        await theirs.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
        await theirs.PublishAsync([.. Enumerable.Range(1, 20).Select(static i => ("s.a", "", "message"))]);
        byte[] backup = await theirs.BackUpAsync("S");
        const string request = """{"config":{"name":"S","subjects":["s.>"]},"state":{}}""";
        await theirs.RequestAsync("$JS.API.STREAM.DELETE.S", "");
        foreach (byte[] broken in (byte[][])[[1, 2, 3], backup[..^20], [.. backup[..20], .. backup[21..]]])
        {
            string? expected = await theirs.TryRestoreAsync("S", request, broken);
            string? actual = await mine.TryRestoreAsync("S", request, broken);
            Assert.NotNull(expected);
            Assert.NotNull(actual);
            Assert.StartsWith("restore failed: ", expected, StringComparison.Ordinal);
            Assert.StartsWith("restore failed: ", actual, StringComparison.Ordinal);
            Assert.False((await mine.AskAsync("$JS.API.STREAM.NAMES", "")).GetProperty("streams").ValueKind == JsonValueKind.Array);
        }

        Assert.Null(await mine.TryRestoreAsync("S", request, backup));
        Assert.Equal(20, (await mine.RequestAsync("$JS.API.STREAM.INFO.S", "")).GetProperty("state").GetProperty("messages").GetInt32());
    }

    private static Task<ServerProcess> StartAsync(bool isOurs) =>
        isOurs ? OurServer.StartAsync(new ServerProcessOptions { Config = Config }) : ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config });

    private static async Task<string> WaitForEndAsync(ServerProcess server)
    {
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
        var random = new Random(1);
        await script.PublishAsync([.. Enumerable.Range(1, 20).Select(_ => ("s.a", "", string.Concat(Enumerable.Range(0, 1000).Select(_ => (char)random.Next('0', 'z')))))]);
        await using RawClient receiver = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await receiver.SendAsync("SUB backup 1\r\n");
        await receiver.PingAsync();
        await script.RequestAsync("$JS.API.STREAM.SNAPSHOT.S", """{"deliver_subject":"backup","chunk_size":1024,"window_size":1024}""");
        string chunk = await receiver.ReadLineAsync();
        Assert.StartsWith("MSG backup 1 $JS.SNAPSHOT.ACK.S.", chunk, StringComparison.Ordinal);
        Assert.EndsWith(".1024.1 1024", chunk, StringComparison.Ordinal);
        await receiver.ReadExactlyAsync(1024 + 2);
        ReceivedMessage end = await receiver.ReadMessageAsync();
        Assert.Equal("HMSG backup", $"{end.Operation} {end.Subject}");
        return end.Text;
    }

    private static string EssenceOf(JsonElement info) =>
        string.Join(' ', ((string[])["config", "num_ack_pending", "num_redelivered", "num_pending"]).Select(name => info.GetProperty(name).ToString()))
        + PairOf(info.GetProperty("delivered")) + PairOf(info.GetProperty("ack_floor"));

    private static string PairOf(JsonElement pair) => $" {pair.GetProperty("consumer_seq")}/{pair.GetProperty("stream_seq")}";

    [GeneratedRegex("(?<name>\"(id|timestamp|start|stop|end|rtt|server|first_ts|last_ts)\"):(\"[^\"]*\"|[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();
}
