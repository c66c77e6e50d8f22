using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.Testing;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>A whole store directory: several accounts with streams and consumers, written by one server and opened by the other.</summary>
public sealed class CatalogDirectoryTests
{
    private const string Accounts = """
        accounts {
          A { jetstream: enabled, users: [{ user: A, password: x }] }
          "odd$name" { jetstream: enabled, users: [{ user: B, password: x }] }
          NONE { users: [{ user: C, password: x }] }
        }
        """;

    private const int Messages = 20;

    private static readonly (string Account, string User)[] Users = [("A", "A"), ("odd$name", "B")];
    private static readonly string[] Streams = ["S", "größe-☃"];
    private static readonly string[] Consumers = ["explicit", "all"];

    [Theory]
    [InlineData("plain")]
    [InlineData("chacha")]
    [InlineData("aes")]
    public async Task Everything_that_the_reference_stored_is_listed_and_opened_here(string variantName)
    {
        StoreVariant variant = StoreVariant.Of(variantName);
        using var folder = new TemporaryFolder();
        Dictionary<string, string> expected = [];
        Dictionary<string, StoreContents> messages = [];
        await using (ServerProcess server = await StartAsync(folder, variant))
        {
            foreach ((string account, string user) in Users)
            {
                await using JetStreamScript script = await ConnectAsync(server, user);
                foreach (string stream in Streams) await FillAsync(script, stream);
                foreach (string stream in Streams) expected[$"{account}/{stream}"] = await DescribeAsync(script, stream);
                messages[account] = await StoreContents.OfAsync(script);
            }

            await server.StopAsync();
        }

        // What else may lie there.
        Directory.CreateDirectory(Path.Combine(folder.Path, "jetstream", "A", "streams", ".DELETED", "msgs"));
        using var disk = new SystemDisk();
        StreamCatalog catalog = CatalogOf(disk, folder, variant);
        List<StoreFinding> findings = [];
        catalog.ListAll(findings);
        var reader = new JsonCatalogReader { BlockSize = 2 << 20, Listener = new RecordingStoreListener() };
        catalog.OpenAll(reader, NowNs);

        Assert.Empty(findings);
        Assert.Empty(((RecordingStoreListener)reader.Listener).Damages);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), reader.OpenedStreams.Select(stream => $"{stream.Account.Name}/{stream.Name}").Order(StringComparer.Ordinal));
        foreach (StreamFolder stream in reader.OpenedStreams)
        {
            Assert.Null(stream.Failure);
            Assert.All(stream.Findings.Concat(stream.Consumers.SelectMany(consumer => consumer.Findings)), finding => Assert.Equal(StoreFindingKind.Note, finding.Kind));
            Assert.Equal(expected[$"{stream.Account.Name}/{stream.Name}"], Describe(stream));
            if (stream.Name == "S") StoreContents.AssertEqual(messages[stream.Account.Name], StoreContents.Of(stream.Messages!));

            // Which messages are pending, and how often they were delivered.
            ConsumerSnapshot state = stream.Consumers.Single(consumer => consumer.Name == "explicit").State!.State;
            Assert.Equal((ulong[])[3, 5, 6], state.Pending.Select(pending => pending.StreamSequence).Order());
            Assert.Equal(new RedeliveredMessage(5, 1), Assert.Single(state.Redelivered));
            Assert.All(state.Pending, pending => Assert.InRange(NowNs - pending.TimeNs, -2_000_000_000, 120_000_000_000));
        }

        Assert.Equal(1, catalog.DirectoriesToRemove);
        catalog.StopAll(NowNs);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("chacha")]
    [InlineData("aes")]
    public async Task Everything_that_was_stored_here_is_served_by_the_reference_and_both_go_on_with_it(string variantName)
    {
        StoreVariant variant = StoreVariant.Of(variantName);
        using var folder = new TemporaryFolder();
        using var disk = new SystemDisk();
        var reader = new JsonCatalogReader { BlockSize = 2 << 20, Listener = new RecordingStoreListener() };
        StreamCatalog catalog = CatalogOf(disk, folder, variant);
        foreach ((string account, _) in Users)
        {
            foreach (string stream in Streams) Fill(catalog.Account(account)!, stream);
            Assert.Equal(CatalogResult.Ok, catalog.Account(account)!.Create("GONE", ConfigurationOf("GONE"), out _));
            Assert.Equal(CatalogResult.Ok, catalog.Account(account)!.Delete("GONE"));
            Assert.Equal(CatalogResult.Ok, Find(catalog, account, "S").CreateConsumer("gone", ConsumerConfigurationOf("gone", "explicit"), out _));
            Assert.Equal(CatalogResult.Ok, Find(catalog, account, "S").DeleteConsumer("gone"));
        }

        for (int round = 0; round < 2; round++)
        {
            Dictionary<string, string> expected = catalog.Accounts.SelectMany(account => account.Streams).ToDictionary(stream => $"{stream.Account.Name}/{stream.Name}", Describe);
            Dictionary<string, StoreContents> messages = Users.ToDictionary(user => user.Account, user => StoreContents.Of(Find(catalog, user.Account, "S").Messages!));
            catalog.StopAll(NowNs);
            await using (ServerProcess server = await StartAsync(folder, variant))
            {
                foreach ((string account, string user) in Users)
                {
                    await using JetStreamScript script = await ConnectAsync(server, user);
                    JsonElement names = (await script.RequestAsync("$JS.API.STREAM.NAMES", "")).GetProperty("streams");
                    Assert.Equal(Streams.Select(Wire).Order(StringComparer.Ordinal), names.EnumerateArray().Select(name => name.GetString()).Order(StringComparer.Ordinal));
                    foreach (string stream in Streams) Assert.Equal(expected[$"{account}/{stream}"], await DescribeAsync(script, stream));
                    StoreContents.AssertEqual(messages[account], await StoreContents.OfAsync(script));

                    // It goes on: a message, a delivery and an acknowledgement.
                    foreach (string stream in Streams)
                    {
                        await script.PublishAsync([($"{SubjectOf(stream)}.{round}", "", "from the other")]);
                        List<string> replies = await script.FetchAsync(Wire(stream), "explicit", 1);
                        await script.SendAsync(replies[0], "+ACK");
                        await UntilAsync(script, stream, "explicit", pending: 3);
                        expected[$"{account}/{stream}"] = await DescribeAsync(script, stream);
                    }
                }

                Assert.DoesNotContain(server.Log, line => (line.Contains("[WRN]", StringComparison.Ordinal) && !line.Contains("Plaintext passwords", StringComparison.Ordinal)) || line.Contains("[ERR]", StringComparison.Ordinal));
                await server.StopAsync();
            }

            // What was deleted here, the reference has removed.
            Assert.DoesNotContain(
                Directory.EnumerateDirectories(Path.Combine(folder.Path, "jetstream"), ".*", SearchOption.AllDirectories), path => File.Exists(Path.Combine(path, "meta.inf")));
            catalog = CatalogOf(disk, folder, variant);
            catalog.ListAll([]);
            catalog.OpenAll(reader, NowNs);
            Assert.All(catalog.Accounts.SelectMany(account => account.Streams), stream => Assert.Equal(expected[$"{stream.Account.Name}/{stream.Name}"], Describe(stream)));
        }

        Assert.Empty(((RecordingStoreListener)reader.Listener).Damages);
        catalog.StopAll(NowNs);
    }

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static Task<ServerProcess> StartAsync(TemporaryFolder folder, StoreVariant variant) =>
        ReferenceServer.StartAsync(new ServerProcessOptions { Config = variant.ConfigFor(folder.Path) + "\n" + Accounts });

    private static async Task<JetStreamScript> ConnectAsync(ServerProcess server, string user) =>
        new(await RawClient.HandshakeAsync(server.Port, $"CONNECT {{\"verbose\":false,\"headers\":true,\"user\":\"{user}\",\"pass\":\"x\"}}\r\n"));

    private static StreamCatalog CatalogOf(SystemDisk disk, TemporaryFolder folder, StoreVariant variant) => new(new CatalogOptions
    {
        Disk = disk,
        Directory = Path.Combine(folder.Path, "jetstream"),
        EncryptionOf = account => new AssetEncryption
        {
            Keys = variant.Cipher is null ? null : new StoreKeys(StoreVariant.Key, account),
            Cipher = variant.Cipher ?? StoreCipher.ChaCha,
            Random = SecureRandom.Instance,
        },
        InParallel = static (count, action) => Parallel.For(0, count, action),
    });

    private static StreamFolder Find(StreamCatalog catalog, string account, string name) =>
        catalog.Account(account)!.TryGet(name, out StreamFolder? stream) ? stream : throw new InvalidOperationException(name);

    // The client speaks bytes, one a character.
    private static string Wire(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string SubjectOf(string stream) => stream == "S" ? "s" : "t";

    private static byte[] ConfigurationOf(string stream) => Encoding.UTF8.GetBytes(
        $$"""{"Created":"2026-01-02T03:04:05.678901234Z","name":"{{stream}}","subjects":["{{SubjectOf(stream)}}.>"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{},"metadata":{"_nats.req.level":"0"} }""");

    private static byte[] ConsumerConfigurationOf(string name, string policy) => Encoding.UTF8.GetBytes(
        $$"""{"Created":"2026-01-02T03:04:05.678901234Z","Name":"{{name}}","name":"{{name}}","durable_name":"{{name}}","deliver_policy":"all","ack_policy":"{{policy}}","ack_wait":600000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":0,"metadata":{"_nats.req.level":"0"} }""");

    // Six are delivered, of which 1, 2 and 4 are acknowledged, and 5 is delivered again.
    private static async Task FillAsync(JetStreamScript script, string stream)
    {
        string wire = Wire(stream);
        await script.RequestAsync($"$JS.API.STREAM.CREATE.{wire}", $$"""{"name":"{{wire}}","subjects":["{{SubjectOf(stream)}}.>"],"storage":"file"}""");
        await script.PublishAsync([.. Enumerable.Range(1, Messages).Select(number => ($"{SubjectOf(stream)}.{number % 4}", number % 3 == 0 ? "NATS/1.0\r\nA: b\r\n\r\n" : "", $"message {number}"))]);
        foreach (string policy in Consumers)
        {
            await script.RequestAsync(
                $"$JS.API.CONSUMER.DURABLE.CREATE.{wire}.{policy}", $$"""{"stream_name":"{{wire}}","config":{"durable_name":"{{policy}}","ack_policy":"{{policy}}","ack_wait":600000000000} }""");
        }

        List<string> replies = await script.FetchAsync(wire, "explicit", 6);
        foreach (int acknowledged in (int[])[1, 2, 4]) await script.SendAsync(replies[acknowledged - 1], "+ACK");
        await script.SendAsync(replies[4], "-NAK");
        await script.FetchAsync(wire, "explicit", 1);
        await UntilAsync(script, stream, "explicit", pending: 3);
        replies = await script.FetchAsync(wire, "all", 7);
        await script.SendAsync(replies[4], "+ACK");
        await UntilAsync(script, stream, "all", pending: 2);
    }

    // The same here.
    private static void Fill(AccountFolder account, string name)
    {
        Assert.Equal(CatalogResult.Ok, account.Create(name, ConfigurationOf(name), out StreamFolder? stream));
        MessageStore messages = stream!.Open(new StreamSettings { BlockSize = 2 << 20, Limits = new StoreLimits() }, NowNs);
        for (int number = 1; number <= Messages; number++)
        {
            var message = new NewMessage
            {
                Subject = Encoding.ASCII.GetBytes($"{SubjectOf(name)}.{number % 4}"),
                Headers = number % 3 == 0 ? "NATS/1.0\r\nA: b\r\n\r\n"u8 : [],
                Payload = Encoding.ASCII.GetBytes($"message {number}"),
                TimestampNs = NowNs,
            };
            Assert.Equal(StoreResult.Ok, messages.Append(message, out _));
        }

        foreach (string policy in Consumers)
        {
            Assert.Equal(CatalogResult.Ok, stream.CreateConsumer(policy, ConsumerConfigurationOf(policy, policy), out ConsumerFolder? consumer));
            ConsumerStore state = consumer!.Open(new ConsumerSettings(policy == "all" ? AckPolicy.All : AckPolicy.Explicit, -1));
            ulong delivered = policy == "all" ? 7UL : 6;
            for (ulong sequence = 1; sequence <= delivered; sequence++) Assert.Equal(ConsumerStoreResult.Ok, state.UpdateDelivered(sequence, sequence, 1, NowNs));
            foreach (ulong sequence in policy == "all" ? (ulong[])[5] : [1, 2, 4]) Assert.Equal(ConsumerStoreResult.Ok, state.UpdateAcks(sequence, sequence));
            if (policy == "explicit") Assert.Equal(ConsumerStoreResult.Ok, state.UpdateDelivered(7, 5, 2, NowNs));
        }
    }

    // Acknowledgements are handled some time after they were received.
    private static async Task UntilAsync(JetStreamScript script, string stream, string consumer, int pending)
    {
        DateTime deadline = DateTime.UtcNow + Eventually.DefaultTimeout;
        while ((await script.RequestAsync($"$JS.API.CONSUMER.INFO.{Wire(stream)}.{consumer}", "")).GetProperty("num_ack_pending").GetInt32() != pending)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{consumer} has {pending} pending");
        }
    }

    private static async Task<string> DescribeAsync(JetStreamScript script, string stream)
    {
        var text = new StringBuilder();
        JsonElement state = (await script.RequestAsync($"$JS.API.STREAM.INFO.{Wire(stream)}", "")).GetProperty("state");
        text.AppendLine(CultureInfo.InvariantCulture, $"{state.GetProperty("messages")} {state.GetProperty("bytes")} {state.GetProperty("first_seq")} {state.GetProperty("last_seq")} {state.GetProperty("consumer_count")}");
        JsonElement consumers = (await script.RequestAsync($"$JS.API.CONSUMER.LIST.{Wire(stream)}", "")).GetProperty("consumers");
        foreach (JsonElement info in consumers.EnumerateArray().OrderBy(info => info.GetProperty("name").GetString(), StringComparer.Ordinal))
        {
            JsonElement delivered = info.GetProperty("delivered");
            JsonElement floor = info.GetProperty("ack_floor");
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{info.GetProperty("name")} delivered {delivered.GetProperty("consumer_seq")} {delivered.GetProperty("stream_seq")} floor {floor.GetProperty("consumer_seq")} {floor.GetProperty("stream_seq")} pending {info.GetProperty("num_ack_pending")} redelivered {info.GetProperty("num_redelivered")} {info.GetProperty("config").GetProperty("ack_policy")}");
        }

        return text.ToString();
    }

    private static string Describe(StreamFolder stream)
    {
        var text = new StringBuilder();
        StreamState state = stream.Messages!.State;
        text.AppendLine(CultureInfo.InvariantCulture, $"{state.Messages} {state.Bytes} {state.FirstSequence} {state.LastSequence} {stream.Consumers.Count}");
        foreach (ConsumerFolder consumer in stream.Consumers)
        {
            Assert.Null(consumer.Failure);
            ConsumerSnapshot snapshot = consumer.State!.State;
            using JsonDocument configuration = JsonDocument.Parse(consumer.Configuration!);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{consumer.Name} delivered {snapshot.DeliveredConsumer} {snapshot.DeliveredStream} floor {snapshot.AckFloorConsumer} {snapshot.AckFloorStream} pending {snapshot.Pending.Count} redelivered {snapshot.Redelivered.Count} {configuration.RootElement.GetProperty("ack_policy")}");
        }

        return text.ToString();
    }
}
