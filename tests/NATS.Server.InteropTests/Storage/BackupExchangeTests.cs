using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.Testing;
using NATS.Server.Testing.Storage.Backups;
using Xunit;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Backups that the reference makes are restored here, and ours there, with messages, times and consumers equal.</summary>
public sealed class BackupExchangeTests
{
    private const int Steps = 40;
    private const int Fetched = 12;

    [Theory]
    [InlineData("plain", "several blocks")]
    [InlineData("plain", "per subject")]
    [InlineData("plain", "ttl")]
    [InlineData("compressed", "one block")]
    [InlineData("compressed", "several blocks")]
    [InlineData("chacha compressed", "several blocks")]
    [InlineData("aes", "several blocks")]
    public async Task A_backup_of_the_reference_is_restored_here_and_ours_there(string variantName, string setupName)
    {
        (StoreVariant variant, StreamSetup setup) = (StoreVariant.Of(variantName), StreamSetup.Of(setupName));
        using var folder = new TemporaryFolder();
        using var ourFolder = new TemporaryFolder();
        using var otherFolder = new TemporaryFolder();
        StoreContents expected;
        Dictionary<string, string> consumers;
        JsonElement config, state;
        byte[] backup;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await FillAsync(reference, variant, setup);
            JsonElement info = await reference.Script.RequestAsync("$JS.API.STREAM.INFO.S", "");
            (config, state) = (info.GetProperty("config"), info.GetProperty("state"));
            consumers = await ConsumersAsync(reference.Script);
            expected = await reference.ReadAsync();
            backup = await reference.Script.BackUpAsync("S");
        }

        // Here, in a store of the same kind.
        using var disk = new SystemDisk();
        RestoreOptions options = OptionsFor(ourFolder, variant, setup, disk, config);
        Restore(backup, options);
        byte[] ours;
        using (MessageStore store = FileStore.Open(options.Files!, options.Limits, null, NowNs))
        {
            StoreContents.AssertEqual(expected, StoreContents.Of(store));
            ours = Backups.Of(store, new Random(1), NowNs, [.. consumers.Keys.Order(StringComparer.Ordinal).Select(name => ConsumerOf(options, name))]);
            store.Stop(NowNs);
        }

        // The directory that was restored is one that the reference opens.
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(ourFolder, variant))
        {
            StoreContents.AssertEqual(expected, await reference.ReadAsync());
            Assert.Equal(consumers, await ConsumersAsync(reference.Script));
        }

        // And our own backup is one that it restores.
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(otherFolder, variant))
        {
            await reference.Script.RestoreAsync("S", $$"""{"config":{{config}},"state":{{state}}}""", ours);
            StoreContents restored = await reference.ReadAsync();
            Assert.Equal(expected.Messages, restored.Messages);
            Assert.Equal(expected.Deleted, restored.Deleted);

            // It does not restore the time of a last message that is deleted, whoever made the backup.
            Assert.Equal(expected.State with { LastTimeNs = expected.Messages[^1].TimeNs }, restored.State);
            Assert.Equal(consumers, await ConsumersAsync(reference.Script));
        }
    }

    [Theory]
    [InlineData("several blocks")]
    [InlineData("one block")]
    public async Task A_backup_of_the_files_as_older_servers_made_it_is_restored_here_and_there(string setupName)
    {
        (StoreVariant variant, StreamSetup setup) = (StoreVariant.Of("plain"), StreamSetup.Of(setupName));
        using var folder = new TemporaryFolder();
        using var ourFolder = new TemporaryFolder();
        using var otherFolder = new TemporaryFolder();
        StoreContents expected;
        Dictionary<string, string> consumers;
        JsonElement config, state;
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(folder, variant))
        {
            await FillAsync(reference, variant, setup);
            JsonElement info = await reference.Script.RequestAsync("$JS.API.STREAM.INFO.S", "");
            (config, state) = (info.GetProperty("config"), info.GetProperty("state"));
            consumers = await ConsumersAsync(reference.Script);
            expected = await reference.ReadAsync();
            await reference.StopAsync();
        }

        byte[] backup = Backups.OfFiles(FilesBelow(Path.Combine(folder.Path, "jetstream", "$G", "streams", "S")));
        using var disk = new SystemDisk();
        RestoreOptions options = OptionsFor(ourFolder, variant, setup, disk, config);
        Restore(backup, options);
        using (MessageStore store = FileStore.Open(options.Files!, options.Limits, null, NowNs))
        {
            StoreContents.AssertEqual(expected, StoreContents.Of(store));
            store.Stop(NowNs);
        }

        await using (ReferenceWork reference = await ReferenceWork.StartAsync(ourFolder, variant)) Assert.Equal(consumers, await ConsumersAsync(reference.Script));

        // That it is a backup of that kind is what the reference says.
        await using (ReferenceWork reference = await ReferenceWork.StartAsync(otherFolder, variant))
        {
            await reference.Script.RestoreAsync("S", $$"""{"config":{{config}},"state":{{state}}}""", backup);
            StoreContents.AssertEqual(expected, await reference.ReadAsync());
            Assert.Equal(consumers, await ConsumersAsync(reference.Script));
        }
    }

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    // Deleted messages, pending ones, and such as were delivered more than once.
    private static async Task FillAsync(ReferenceWork reference, StoreVariant variant, StreamSetup setup)
    {
        JetStreamScript script = reference.Script;
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", setup.CreateRequest(variant));
        await StreamWork.RunAsync(reference, setup, new Random(3), Steps);
        await script.PublishAsync([.. Enumerable.Range(0, 30).Select(i => ("s.end", i % 3 == 0 ? "NATS/1.0\r\nKey: value\r\n\r\n" : "", $"message {i}"))]);
        foreach (string policy in (string[])["explicit", "all"])
        {
            string options = $$"""{"durable_name":"C-{{policy}}","ack_policy":"{{policy}}","ack_wait":3600000000000,"max_deliver":7,"metadata":{"for":"<a test>"} }""";
            string config = $$"""{"stream_name":"S","config":{{options}} }""";
            await script.RequestAsync($"$JS.API.CONSUMER.DURABLE.CREATE.S.C-{policy}", config);
            List<string> replies = await script.FetchAsync("S", $"C-{policy}", Fetched);
            await script.SendAsync(replies[4], "+ACK");
            await script.SendAsync(replies[1], "-NAK");
            await script.SendAsync(replies[7], "-NAK");
            await script.FetchAsync("S", $"C-{policy}", 1);
        }

        IReadOnlyList<StoreMessage> messages = (await reference.ReadAsync()).Messages;
        await reference.DeleteAsync(messages[^1].Sequence, erase: false);
        await reference.DeleteAsync(messages[^4].Sequence, erase: true);
    }

    private static async Task<Dictionary<string, string>> ConsumersAsync(JetStreamScript script)
    {
        Dictionary<string, string> consumers = [];
        JsonElement names = await script.RequestAsync("$JS.API.CONSUMER.NAMES.S", "");
        foreach (string name in names.GetProperty("consumers").EnumerateArray().Select(item => item.GetString()!))
        {
            JsonElement info = await script.RequestAsync($"$JS.API.CONSUMER.INFO.S.{name}", "");
            JsonElement delivered = info.GetProperty("delivered"), floor = info.GetProperty("ack_floor");
            consumers[name] = string.Create(
                CultureInfo.InvariantCulture,
                $"{info.GetProperty("config")} {delivered.GetProperty("consumer_seq")} {delivered.GetProperty("stream_seq")} {floor.GetProperty("consumer_seq")} {floor.GetProperty("stream_seq")} {info.GetProperty("num_ack_pending")} {info.GetProperty("num_redelivered")} {info.GetProperty("num_pending")}");
        }

        Assert.NotEmpty(consumers);
        return consumers;
    }

    private static RestoreOptions OptionsFor(TemporaryFolder folder, StoreVariant variant, StreamSetup setup, SystemDisk disk, JsonElement config)
    {
        string account = Path.Combine(folder.Path, "jetstream", "$G");
        return new RestoreOptions
        {
            Name = "S",
            Metadata = Encoding.UTF8.GetBytes(string.Concat("{\"Created\":\"2026-01-02T03:04:05Z\",", config.GetRawText().AsSpan(1))),
            Limits = setup.LimitsFor(variant),
            Disk = disk,
            StagingDirectory = Path.Combine(account, StreamRestore.StagingName, "snap-1"),
            Random = SecureRandom.Instance,
            NowNs = NowNs,
            Files = new FileStoreOptions
            {
                Disk = disk,
                Directory = Path.Combine(account, "streams", "S"),
                Name = "S",
                BlockSize = setup.BlockSizeFor(variant),
                Keys = variant.Cipher is null ? null : new StoreKeys(StoreVariant.Key, "$G"),
                Cipher = variant.Cipher ?? StoreCipher.ChaCha,
                Random = SecureRandom.Instance,
            },
        };
    }

    private static void Restore(byte[] backup, RestoreOptions options)
    {
        using StreamRestore restore = Backups.Restore(backup, options, new Random(2));
        Assert.Null(restore.Failure);
        Assert.False(Directory.Exists(options.StagingDirectory));
    }

    private static BackupConsumer ConsumerOf(RestoreOptions options, string name)
    {
        FileStoreOptions files = options.Files!;
        string directory = $"{files.Directory}/obs/{name}";
        var identity = new AssetIdentity("S", name);
        List<StoreFinding> findings = [];
        using AssetMetadata metadata = AssetMetadata.Read(files.Disk, directory, identity, new AssetEncryption { Keys = files.Keys, Cipher = files.Cipher, Random = files.Random }, findings);
        using ConsumerStore store = ConsumerStore.Open(
            new ConsumerStoreOptions { Disk = files.Disk, Directory = directory, Identity = identity, AckPolicy = AckPolicy.Explicit, Key = metadata.Key, Random = files.Random }, findings);
        Assert.Empty(findings);
        return new BackupConsumer(name, ConsumerDocument.FromMetadata(metadata.Content!)!, store.State);
    }

    private static IEnumerable<(string Name, byte[] Content)> FilesBelow(string directory)
    {
        foreach (string name in (string[])["meta.inf", "meta.sum"]) yield return (name, File.ReadAllBytes(Path.Combine(directory, name)));
        foreach (string block in Directory.GetFiles(Path.Combine(directory, "msgs"), "*.blk").Order(StringComparer.Ordinal)) yield return ($"msgs/{Path.GetFileName(block)}", File.ReadAllBytes(block));
        yield return ("msgs/index.db", File.ReadAllBytes(Path.Combine(directory, "msgs", "index.db")));
        foreach (string consumer in Directory.GetDirectories(Path.Combine(directory, "obs")).Order(StringComparer.Ordinal))
        {
            foreach (string name in (string[])["meta.inf", "meta.sum", "o.dat"]) yield return ($"obs/{Path.GetFileName(consumer)}/{name}", File.ReadAllBytes(Path.Combine(consumer, name)));
        }
    }
}
