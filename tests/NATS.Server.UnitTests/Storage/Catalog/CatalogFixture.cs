using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Catalog;

/// <summary>Owned by one test. A catalog on a simulated disk, after a start: what there is was listed.</summary>
internal sealed class CatalogFixture
{
    public const string Root = "/data/jetstream";
    public const string Streams = Root + "/ACC/streams";
    public const long Now = 1_700_000_000_000_000_000;

    public CatalogFixture(SimulatedDisk? disk = null, string kind = "plain", Action<int, Action<int>>? inParallel = null, string key = "k")
    {
        Disk = disk ?? NewDisk();
        Catalog = new StreamCatalog(new CatalogOptions
        {
            Disk = Disk,
            Directory = Root,
            EncryptionOf = account => new AssetEncryption
            {
                Keys = kind == "plain" ? null : new StoreKeys(key, account),
                PreviousKeys = kind == "plain" ? null : new StoreKeys("k", account),
                Cipher = kind == "aes" ? StoreCipher.Aes : StoreCipher.ChaCha,
                Random = new LockedRandom(7),
            },
            InParallel = inParallel,
        });
        Catalog.ListAll(Findings);
    }

    public SimulatedDisk Disk { get; }

    public StreamCatalog Catalog { get; }

    public List<StoreFinding> Findings { get; } = [];

    public JsonCatalogReader Reader { get; init; } = new() { BlockSize = 4000, Listener = new RecordingStoreListener() };

    public AccountFolder Account => Catalog.Account("ACC")!;

    /// <summary>Where only the configured directory is.</summary>
    public static SimulatedDisk NewDisk()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory("/data");
        disk.SyncDirectory("/");
        return disk;
    }

    public static byte[] ConfigurationOf(string stream) => Encoding.UTF8.GetBytes($$"""{"Created":"2026-01-01T00:00:00Z","name":"{{stream}}","subjects":["s.>"],"max_msgs":-1}""");

    public static byte[] ConsumerConfigurationOf(string consumer) =>
        Encoding.UTF8.GetBytes($$"""{"Created":"2026-01-01T00:00:00Z","Name":"{{consumer}}","durable_name":"{{consumer}}","ack_policy":"explicit"}""");

    /// <summary>The account and stream directories that a catalog lists, as a start would see them.</summary>
    public static string NamesOn(SimulatedDisk disk) => string.Join(' ', new CatalogFixture(disk).Account.Streams.Select(stream => stream.Name));

    public CatalogFixture Open()
    {
        Catalog.OpenAll(Reader, Now);
        return this;
    }

    public StreamFolder Stream(string name) => Account.TryGet(name, out StreamFolder? stream) ? stream : throw new InvalidOperationException(name);

    public ConsumerFolder Consumer(string stream, string name) =>
        Stream(stream).TryGetConsumer(name, out ConsumerFolder? consumer) ? consumer : throw new InvalidOperationException(name);

    /// <summary>Creates and opens a stream with messages and consumers that have pending ones.</summary>
    public StreamFolder Fill(string name, int messages = 20, int consumers = 2, string account = "ACC")
    {
        Assert.Equal(CatalogResult.Ok, Catalog.Account(account)!.Create(name, ConfigurationOf(name), out StreamFolder? stream));
        stream!.Open(Reader, Now);
        Assert.Null(stream.Failure);
        for (int i = 1; i <= messages; i++) Append(stream, $"s.{i % 5}", $"{name} {i}");
        for (int i = 1; i <= consumers; i++)
        {
            string consumer = $"C{i}";
            Assert.Equal(CatalogResult.Ok, stream.CreateConsumer(consumer, ConsumerConfigurationOf(consumer), out ConsumerFolder? created));
            ConsumerStore state = created!.Open(new ConsumerSettings(AckPolicy.Explicit, 0));
            for (ulong sequence = 1; sequence <= (ulong)(3 + i); sequence++) state.UpdateDelivered(sequence, sequence, 1, Now);
            state.UpdateAcks(1, 1);
            state.UpdateDelivered(9, 3, 2, Now);
        }

        return stream;
    }

    public static void Append(StreamFolder stream, string subject, string payload) => Assert.Equal(
        StoreResult.Ok,
        stream.Messages!.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes(subject), Payload = Encoding.ASCII.GetBytes(payload), TimestampNs = Now }, out _));

    /// <summary>Everything that is served, as text.</summary>
    public string Contents()
    {
        var text = new StringBuilder();
        foreach (AccountFolder account in Catalog.Accounts.OrderBy(account => account.Name, StringComparer.Ordinal))
        {
            foreach (StreamFolder stream in account.Streams) Describe(text, stream);
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, StreamFolder stream)
    {
        text.AppendLine($"{stream.Account.Name} {stream.Name}: {Encoding.UTF8.GetString(stream.Configuration ?? [])} {stream.Failure}");
        if (stream.Messages is { } messages)
        {
            text.AppendLine($"{messages.State}");
            for (ulong sequence = 1; sequence <= messages.State.LastSequence; sequence++)
            {
                if (messages.Load(sequence, out StoredMessage message) == StoreResult.Ok) text.AppendLine($"{sequence} {Encoding.ASCII.GetString(message.Subject)} {Encoding.ASCII.GetString(message.Payload)}");
            }
        }

        foreach (ConsumerFolder consumer in stream.Consumers)
        {
            text.AppendLine($"{consumer.Name}: {Encoding.UTF8.GetString(consumer.Configuration ?? [])} {consumer.Failure}");
            if (consumer.State?.State is not { } state) continue;
            text.AppendLine($"{state.DeliveredConsumer} {state.DeliveredStream} {state.AckFloorConsumer} {state.AckFloorStream}");
            text.AppendLine(string.Join(' ', state.Pending.OrderBy(pending => pending.StreamSequence)));
            text.AppendLine(string.Join(' ', state.Redelivered.OrderBy(redelivered => redelivered.StreamSequence)));
        }
    }

    /// <summary>The same numbers for the same seed, from any thread.</summary>
    private sealed class LockedRandom(int seed) : Random(seed)
    {
        private readonly Lock _lock = new();

        public override void NextBytes(byte[] buffer)
        {
            lock (_lock) base.NextBytes(buffer);
        }

        public override void NextBytes(Span<byte> buffer)
        {
            lock (_lock) base.NextBytes(buffer);
        }
    }
}
