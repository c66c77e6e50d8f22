using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.JetStream;

/// <summary>Publishing to streams through a server, across restarts, and up to the limits of the account.</summary>
public sealed class PublishingTests : IDisposable
{
    private static readonly StreamConfig Config = new()
    {
        Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File, MaxMessageSize = -1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1, DuplicateWindowNs = 120_000_000_000,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Message_ids_are_known_after_a_restart(bool isRelaxed)
    {
        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            Create(server, Config);
            await using RawClient client = await ConnectAsync(server);
            await PublishAsync(client, "s.a", "Nats-Msg-Id: one", """{"stream":"S","seq":1}""");
            await PublishAsync(client, "s.a", "Nats-Msg-Id: two", """{"stream":"S","seq":2}""");
            await PublishAsync(client, "s.a", "Nats-Msg-Id: one", """{"stream":"S","seq":1,"duplicate": true}""");
        }

        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            await using RawClient client = await ConnectAsync(server);
            await PublishAsync(client, "s.a", "Nats-Msg-Id: one", """{"stream":"S","seq":1,"duplicate": true}""");
            await PublishAsync(client, "s.a", "Nats-Msg-Id: two", """{"stream":"S","seq":2,"duplicate": true}""");
            await PublishAsync(client, "s.a", "Nats-Expected-Last-Msg-Id: two", """{"stream":"S","seq":3}""");
        }
    }

    [Fact]
    public async Task Part_of_an_atomic_batch_is_gone_after_a_restart()
    {
        await using (NatsServer server = await StartAsync(isRelaxed: true))
        {
            Stream stream = Create(server, Config with { AllowAtomicPublish = true });
            await using RawClient client = await ConnectAsync(server);
            await PublishAsync(client, "s.a", "Nats-Batch-Id: a\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1", """{"stream":"S","seq":1,"batch":"a","count":1}""");

            // What a crash in the middle of a commit leaves: messages of the batch without its end.
            foreach (int number in (int[])[1, 2])
            {
                byte[] headers = System.Text.Encoding.ASCII.GetBytes($"NATS/1.0\r\nNats-Batch-Id: b\r\nNats-Batch-Sequence: {number}\r\n\r\n");
                stream.Store.Append(new NATS.Server.JetStream.Storage.NewMessage { Subject = "s.a"u8, Headers = headers, TimestampNs = 1_800_000_000_000_000_000 }, out _);
            }
        }

        await using (NatsServer server = await StartAsync(isRelaxed: true))
        {
            await using RawClient client = await ConnectAsync(server);
            await PublishAsync(client, "s.a", "X: y", """{"stream":"S","seq":2}""");
        }
    }

    [Fact]
    public async Task An_account_may_keep_exactly_what_it_may_keep()
    {
        await using NatsServer server = await StartAsync(isRelaxed: true);
        Create(server, Config with { Storage = StorageType.Memory });
        Account(server).Tiers = new AccountTiers(new AccountLimits { MaxMemory = 100 });
        await using RawClient client = await ConnectAsync(server);

        // 16 bytes, 3 of the subject and 31 of payload: two fit.
        string message = $"PUB s.a inbox 31\r\n{new string('x', 31)}\r\n";
        await client.SendAsync(message + message + message);
        await client.ReadUntilAsync("""{"stream":"S","seq":1}""");
        await client.ReadUntilAsync("""{"stream":"S","seq":2}""");
        await client.ReadUntilAsync("""{"error":{"code":400,"err_code":10002,"description":"resource limits exceeded for account"},"stream":"S","seq":0}""");
    }

    private static Stream Create(NatsServer server, StreamConfig config)
    {
        Assert.Null(Account(server).CreateStream(config, out Stream? stream));
        return stream!;
    }

    private static JetStreamAccount Account(NatsServer server)
    {
        Assert.True(server.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        return account;
    }

    private static async Task<RawClient> ConnectAsync(NatsServer server)
    {
        RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await client.SendAsync("SUB inbox 1\r\n");
        return client;
    }

    private static async Task PublishAsync(RawClient client, string subject, string headers, string answer)
    {
        string block = $"NATS/1.0\r\n{headers}\r\n\r\n";
        await client.SendAsync($"HPUB {subject} inbox {block.Length} {block.Length}\r\n{block}\r\n");
        await client.ExpectAsync($"MSG inbox 1 {answer.Length}\r\n{answer}\r\n");
    }

    private Task<NatsServer> StartAsync(bool isRelaxed) => NatsServer.StartAsync(new ServerOptions
    {
        Port = ServerOptions.RandomPort,
        JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = isRelaxed ? TimeSpan.FromMinutes(2) : null },
    });
}
