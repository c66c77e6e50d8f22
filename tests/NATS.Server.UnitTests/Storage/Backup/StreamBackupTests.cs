using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using NATS.Server.Testing.Storage.Backups;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Backup;

/// <summary>Streams that are backed up and restored are as they were. <c>NATS_BACKUP_SEEDS</c> sets how many random workloads of each kind there are.</summary>
public sealed class StreamBackupTests
{
    private const long Second = 1_000_000_000;
    private const long Now = 1_700_000_000 * Second;
    private const string Config = "{\"durable_name\":\"C\",\"name\":\"C\",\"ack_policy\":\"explicit\",\"max_deliver\":5,\"metadata\":{\"a\":\"b\"}}";

    [Theory]
    [InlineData("plain", false)]
    [InlineData("plain", true)]
    [InlineData("ChaCha", false)]
    [InlineData("Aes", false)]
    public void Random_streams_are_restored_as_they_were(string kind, bool inOldForm)
    {
        StoreCipher? cipher = Enum.TryParse(kind, out StoreCipher parsed) ? parsed : null;
        int seeds = int.TryParse(Environment.GetEnvironmentVariable("NATS_BACKUP_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 40;
        Parallel.For(0, seeds, seed => StoreRun.Run(() => new RestoringSource(cipher, inOldForm), 20261122 + seed, 400));
    }

    [Fact]
    public void Streams_in_memory_are_restored_as_they_were()
    {
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        Fill(store, 300);
        for (ulong sequence = 1; sequence <= 300; sequence += 3) store.Remove(sequence);
        store.Remove(300);
        byte[] backup = Backups.Of(store, new Random(1), Now, ConsumerOf(300));
        using StreamRestore restore = Backups.Restore(backup, Backups.OptionsFor(new SimulatedDisk(), new StoreLimits(), Now, isMemory: true), new Random(2));
        Assert.Null(restore.Failure);
        using MessageStore restored = restore.Store!;
        Assert.Equal(store.State, restored.State);
        AssertSameMessages(store, restored);
        BackupConsumer consumer = Assert.Single(restore.Consumers);
        Assert.Equal(Config, Encoding.UTF8.GetString(consumer.Config.Span));
        AssertSame(ConsumerOf(300).State, consumer.State);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(StoreCipher.ChaCha)]
    [InlineData(StoreCipher.Aes)]
    public void Consumers_and_configuration_are_restored(StoreCipher? cipher)
    {
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        Fill(store, 50);
        byte[] backup = Backups.Of(store, new Random(1), Now, ConsumerOf(50), ConsumerOf(50) with { Name = "D", Config = "{\"name\":\"D\",\"ack_policy\":\"all\"}"u8.ToArray() });
        var disk = new SimulatedDisk();
        RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now, cipher);
        using (StreamRestore restore = Backups.Restore(backup, options, new Random(2))) Assert.Null(restore.Failure);

        disk = disk.Crash(3);
        List<StoreFinding> findings = [];
        var encryption = new AssetEncryption { Keys = options.Files!.Keys, Cipher = options.Files.Cipher, Random = new Random(1) };
        using AssetMetadata stream = AssetMetadata.Read(disk, Backups.Directory, new AssetIdentity("S"), encryption, findings);
        Assert.Equal(options.Metadata.ToArray(), stream.Content);
        foreach (string name in (string[])["C", "D"])
        {
            var identity = new AssetIdentity("S", name);
            string directory = $"{Backups.Directory}/obs/{name}";
            using AssetMetadata consumer = AssetMetadata.Read(disk, directory, identity, encryption, findings);
            Assert.StartsWith("{\"Created\":\"2023-11-14T22:13:20Z\",\"Name\":\"" + name + "\",", Encoding.UTF8.GetString(consumer.Content!), StringComparison.Ordinal);
            if (name == "C") Assert.Equal(Config, Encoding.UTF8.GetString(ConsumerDocument.FromMetadata(consumer.Content!)!));
            using ConsumerStore state = ConsumerStore.Open(
                new ConsumerStoreOptions { Disk = disk, Directory = directory, Identity = identity, AckPolicy = AckPolicy.Explicit, Key = consumer.Key, Random = new Random(1) }, findings);
            AssertSame(ConsumerOf(50).State, state.State);
        }

        Assert.Empty(findings);
        Assert.DoesNotContain(disk.Files, path => path.StartsWith("/store/__snapshots__", StringComparison.Ordinal));
    }

    [Fact]
    public void What_comes_while_the_backup_is_read_is_not_in_it()
    {
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        Fill(store, 10);
        using var backup = new StreamBackup(store, [ConsumerOf(20)], Now);
        Fill(store, 10);
        store.Remove(10);
        store.Remove(4);
        byte[] bytes = new byte[1 << 16];
        int length = backup.Read(bytes);
        using StreamRestore restore = Backups.Restore(bytes.AsSpan(0, length), Backups.OptionsFor(new SimulatedDisk(), new StoreLimits(), Now, isMemory: true), new Random(2));
        Assert.Null(restore.Failure);
        using MessageStore restored = restore.Store!;
        Assert.Equal(10UL, restored.State.LastSequence);
        Assert.Equal(8UL, restored.State.Messages);
        ConsumerSnapshot state = restore.Consumers[0].State;
        Assert.Equal(10UL, state.DeliveredStream);
        Assert.All(state.Pending, message => Assert.InRange(message.StreamSequence, 1UL, 10UL));
        Assert.All(state.Redelivered, message => Assert.InRange(message.StreamSequence, 1UL, 10UL));
    }

    [Fact]
    public void Streams_without_messages_keep_their_sequences_and_times()
    {
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        Fill(store, 7);
        store.Purge(out _);
        byte[] backup = Backups.Of(store, new Random(1), Now);
        var disk = new SimulatedDisk();
        RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now);
        using (StreamRestore restore = Backups.Restore(backup, options, new Random(2))) Assert.Null(restore.Failure);
        using MessageStore restored = FileStore.Open(options.Files!, options.Limits, null, Now);
        Assert.Equal(store.State, restored.State);
        Assert.Equal(Now + 7, restored.State.LastTimeNs);
    }

    [Fact]
    public void What_has_outlived_its_time_is_left_out_and_keeps_its_sequence()
    {
        var limits = new StoreLimits { AllowTtl = true };
        using MessageStore store = MessageStore.InMemory(limits);
        ReadOnlySpan<byte> headers = "NATS/1.0\r\nNats-TTL: 5\r\n\r\n"u8;
        store.Append(new NewMessage { Subject = "a"u8, TimestampNs = Now }, out _);
        store.Append(new NewMessage { Subject = "a"u8, Headers = headers, TtlSeconds = 5, TimestampNs = Now }, out _);
        store.Append(new NewMessage { Subject = "a"u8, Headers = headers, TtlSeconds = 5, TimestampNs = Now + (3 * Second) }, out _);
        byte[] backup = Backups.Of(store, new Random(1), Now);
        using StreamRestore restore = Backups.Restore(backup, Backups.OptionsFor(new SimulatedDisk(), limits, Now + (6 * Second), isMemory: true), new Random(2));
        using MessageStore restored = restore.Store!;
        Assert.Equal(3UL, restored.State.LastSequence);
        Assert.Equal(2UL, restored.State.Messages);
        restored.Expire(Now + (9 * Second));
        Assert.Equal(1UL, restored.State.Messages);
    }

    [Fact]
    public void A_damaged_message_ends_the_backup_and_is_found_by_the_check()
    {
        var disk = new SimulatedDisk();
        FileStoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now).Files!;
        disk.CreateDirectory(options.Directory);
        using (MessageStore store = FileStore.Open(options, new StoreLimits(), null, Now))
        {
            Fill(store, 100);
            store.Stop(Now);
        }

        disk.FlipBit($"{options.Directory}/msgs/2.blk", 8 * 60);
        using (MessageStore store = FileStore.Open(options, new StoreLimits(), null, Now))
        {
            using var backup = new StreamBackup(store, [], Now);
            byte[] bytes = new byte[1 << 20];
            backup.Read(bytes);
            Assert.StartsWith("couldn't load next message after seq ", backup.Failure, StringComparison.Ordinal);
        }

        using (MessageStore store = FileStore.Open(options, new StoreLimits(), null, Now))
        {
            Assert.Equal("snapshot check detected 1 bad messages", StreamBackup.Check(store));

            // Now it is known, and what is left can be backed up.
            Assert.Null(StreamBackup.Check(store));
            Assert.NotEmpty(Backups.Of(store, new Random(1), Now));
        }
    }

    internal static void Fill(IMessageStore store, int messages)
    {
        for (int i = 1; i <= messages; i++)
        {
            ulong next = store.State.LastSequence + 1;
            ReadOnlySpan<byte> headers = i % 4 == 0 ? "NATS/1.0\r\nKey: value\r\n\r\n"u8 : default;
            byte[] payload = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"payload of {next}"));
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = i % 3 == 0 ? "a.b"u8 : "a"u8, Headers = headers, Payload = payload, TimestampNs = Now + i }, out _));
        }
    }

    internal static BackupConsumer ConsumerOf(ulong delivered)
    {
        var state = new ConsumerSnapshot { DeliveredConsumer = delivered + 3, DeliveredStream = delivered, AckFloorConsumer = 3, AckFloorStream = 2 };
        foreach (ulong sequence in (ulong[])[3, 5, 9, 10, delivered]) state.Pending.Add(new PendingMessage(sequence, sequence + 1, (Now / Second * Second) + ((long)sequence * Second)));
        state.Redelivered.Add(new RedeliveredMessage(5, 2));
        state.Redelivered.Add(new RedeliveredMessage(delivered, 1));
        return new BackupConsumer("C", Encoding.UTF8.GetBytes(Config), state);
    }

    internal static void AssertSame(ConsumerSnapshot expected, ConsumerSnapshot actual)
    {
        Assert.Equal(expected.DeliveredConsumer, actual.DeliveredConsumer);
        Assert.Equal(expected.DeliveredStream, actual.DeliveredStream);
        Assert.Equal(expected.AckFloorConsumer, actual.AckFloorConsumer);
        Assert.Equal(expected.AckFloorStream, actual.AckFloorStream);
        Assert.Equal(expected.Pending.OrderBy(message => message.StreamSequence), actual.Pending.OrderBy(message => message.StreamSequence));
        Assert.Equal(expected.Redelivered.OrderBy(message => message.StreamSequence), actual.Redelivered.OrderBy(message => message.StreamSequence));
    }

    internal static void AssertSameMessages(IMessageStore expected, IMessageStore actual)
    {
        for (ulong sequence = expected.State.FirstSequence; sequence <= expected.State.LastSequence; sequence++)
        {
            StoreResult result = expected.Load(sequence, out StoredMessage message);
            Assert.Equal(result, actual.Load(sequence, out StoredMessage other));
            if (result != StoreResult.Ok) continue;
            Assert.Equal(message.TimestampNs, other.TimestampNs);
            Assert.True(message.Subject.SequenceEqual(other.Subject) && message.Headers.SequenceEqual(other.Headers) && message.Payload.SequenceEqual(other.Payload));
        }
    }
}
