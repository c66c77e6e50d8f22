using System.Globalization;
using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Inspection;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Inspection;

/// <summary>Owned by one test. A whole store directory on a simulated disk: one stream S with blocks of a few messages, and a consumer C.</summary>
internal sealed class WrittenStore
{
    public const string Root = "/store";
    public const string Directory = "/store/jetstream/$G/streams/S";
    public const string Consumer = Directory + "/obs/C";
    public const long Now = 1_700_000_000_000_000_000;
    public const int Messages = 60;
    private const string Secret = "secret";

    private static readonly StoreLimits Limits = new() { AllowTtl = true };

    private readonly StoreCipher? _cipher;

    /// <summary>Writes it.</summary>
    /// <param name="cipher">Null: not encrypted.</param>
    /// <param name="isCompressed">Whether all blocks but the last are.</param>
    /// <param name="isClean">It was stopped; else it ended as by a kill.</param>
    public WrittenStore(StoreCipher? cipher = null, bool isCompressed = false, bool isClean = true)
    {
        _cipher = cipher;
        AssetEncryption encryption = Encryption;
        byte[] config = """{"created":"2026-01-01T00:00:00Z","name":"S","subjects":["s.>"],"allow_msg_ttl":true}"""u8.ToArray();
        AssetMetadata.Create(Disk, Directory, new AssetIdentity("S"), encryption, config).Dispose();
        StoreLimits limits = isCompressed ? Limits with { Compression = MessageCompression.S2 } : Limits;
        using (MessageStore store = FileStore.Open(OptionsFor(Disk), limits, null, Now))
        {
            for (int i = 1; i <= Messages; i++) Append(store, i);
            Assert.Equal(StoreResult.Ok, store.Remove(7));
            Assert.Equal(StoreResult.Ok, store.Remove(30));
            Assert.Equal(StoreResult.Ok, store.Flush());
            if (isCompressed) store.Maintain(Now);
            if (isClean) store.Stop(Now);
        }

        var identity = new AssetIdentity("S", "C");
        using AssetMetadata metadata = AssetMetadata.Create(Disk, Consumer, identity, encryption, """{"created":"2026-01-01T00:00:00Z","name":"C","durable_name":"C"}"""u8);
        using ConsumerStore consumer = ConsumerStore.Open(
            new ConsumerStoreOptions { Disk = Disk, Directory = Consumer, Identity = identity, AckPolicy = AckPolicy.Explicit, Key = metadata.Key, Random = new Random(3) }, []);
        for (ulong i = 1; i <= 20; i++) Assert.Equal(ConsumerStoreResult.Ok, consumer.UpdateDelivered(i, i, 1, Now));
        for (ulong i = 1; i <= 10; i++) Assert.Equal(ConsumerStoreResult.Ok, consumer.UpdateAcks(i, i));
        consumer.Stop();
    }

    public SimulatedDisk Disk { get; set; } = new();

    public InspectionOptions Options => new() { Key = _cipher is null ? null : Secret, Cipher = _cipher ?? StoreCipher.ChaCha, Random = new Random(4) };

    private AssetEncryption Encryption => new() { Keys = _cipher is null ? null : new StoreKeys(Secret, "$G"), Cipher = _cipher ?? StoreCipher.ChaCha, Random = new Random(2) };

    public static string BlockPath(uint number) => string.Create(CultureInfo.InvariantCulture, $"{Directory}/msgs/{number}.blk");

    /// <summary>All files.</summary>
    public static Dictionary<string, byte[]> FilesOf(SimulatedDisk disk) => disk.Files.ToDictionary(file => file, file => disk.ContentOf(file)!, StringComparer.Ordinal);

    /// <summary>Checks it, and that nothing was written by that.</summary>
    public StoreReport Verify() => Verify(Disk);

    /// <summary>As <see cref="Verify()"/> for another disk with the same store.</summary>
    public StoreReport Verify(SimulatedDisk disk)
    {
        Assert.True(StoreDirectory.TryOpen(disk, Root, null, null, out StoreDirectory? store, out _));
        Dictionary<string, byte[]> before = FilesOf(disk);
        long changes = disk.Changes;
        StoreReport report = StoreInspection.Verify(disk, store, Options);
        Assert.Equal(changes, disk.Changes);
        Assert.Equal(before, FilesOf(disk));
        return report;
    }

    /// <summary>What a server serves of it.</summary>
    public Dictionary<ulong, string> Serve(SimulatedDisk disk)
    {
        Dictionary<ulong, string> served = [];
        using MessageStore store = FileStore.Open(OptionsFor(disk.Kill()), Limits, null, Now);
        for (ulong sequence = 1; sequence <= store.State.LastSequence; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) == StoreResult.Ok) served[sequence] = Encoding.Latin1.GetString(message.Payload);
        }

        return served;
    }

    /// <summary>How its messages are opened.</summary>
    public FileStoreOptions OptionsFor(IDisk disk) => new()
    {
        Disk = disk,
        Directory = Directory,
        Name = "S",
        BlockSize = 1500,
        Keys = Encryption.Keys,
        Cipher = Encryption.Cipher,
        Random = new Random(5),
    };

    public static string PayloadOf(int number) => string.Create(CultureInfo.InvariantCulture, $"payload of message {number}");

    private static void Append(MessageStore store, int number)
    {
        bool hasTtl = number % 10 == 4;
        var message = new NewMessage
        {
            Subject = Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"s.{number % 5}")),
            Headers = hasTtl ? "NATS/1.0\r\nNats-TTL: 86400\r\n\r\n"u8 : default,
            Payload = Encoding.Latin1.GetBytes(PayloadOf(number)),
            TimestampNs = Now + number,
            TtlSeconds = hasTtl ? 86400 : 0,
        };
        Assert.Equal(StoreResult.Ok, store.Append(message, out _));
    }
}
