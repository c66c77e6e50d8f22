using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.JetStream;

/// <summary>A reload lets JetStream start, stop and grow, for the server and for its accounts, while clients are served.</summary>
public sealed class JetStreamReloadTests : IDisposable
{
    private static readonly StreamConfig Config = new() { Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File };

    private readonly TemporaryFolder _folder = new();
    private readonly LogLines _log = new();

    private JetStreamOptions JetStream => new() { StoreDirectory = _folder.Path, MaxMemory = 1 << 20, MaxStorage = 1 << 20 };

    private ServerOptions On => Embedded.Options with { JetStream = JetStream };

    [Fact]
    public async Task JetStream_is_switched_off_and_on_again_with_its_messages()
    {
        await using NatsServer server = await Embedded.StartAsync(On, _log);
        await using RawClient client = await server.ConnectAsync();
        await client.SendAsync("SUB ack 1\r\n");
        Create(server, "$G");
        await client.SendAsync("PUB s.1 ack 1\r\na\r\n");
        await client.ReadUntilAsync("\"seq\":1}\r\n");

        // A publisher goes on all the time.
        using var ended = new CancellationTokenSource();
        Task<int> publishing = PublishAsync(server, ended.Token);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(server.Reload(On with { JetStream = null }).Succeeded);
            Assert.Null(server.JetStream);
            Assert.Null(server.Monitor.Varz().Jetstream.Config);
            Assert.True(server.Reload(On).Succeeded);
            Stream back = Assert.Single(AccountOf(server, "$G").Streams);
            Assert.True(back.Store.State.Messages >= 1);
        }

        await ended.CancelAsync();
        Assert.True(await publishing > 0);
        Assert.Empty(_log.Exceptions);
        ulong before = Assert.Single(AccountOf(server, "$G").Streams).Store.State.LastSequence;
        await client.SendAsync("PUB s.1 ack 1\r\nb\r\n");
        await client.ReadUntilAsync($"\"seq\":{before + 1}}}\r\n");
        Assert.Equal(["Reloaded: JetStream", "Initiating JetStream Shutdown...", "JetStream Shutdown"], Told("Reloaded: JetStream", 3));
    }

    [Fact]
    public async Task An_account_gets_and_loses_JetStream_and_has_its_streams_again()
    {
        ServerOptions with = WithAccount(AccountTiers.Unlimited);
        ServerOptions without = WithAccount(null);
        await using NatsServer server = await Embedded.StartAsync(without, _log);
        Assert.False(server.JetStream!.TryGetAccount("A", out _));
        Assert.True(server.Reload(with).Succeeded);
        await using RawClient client = await server.ConnectAsync(Embedded.ConnectAs("a"));
        await client.SendAsync("SUB ack 1\r\n");
        Create(server, "A");
        await client.SendAsync("PUB s.1 ack 1\r\na\r\n");
        await client.ReadUntilAsync("\"seq\":1}\r\n");
        long stored = server.JetStream.Storage;
        Assert.True(stored > 0);

        Assert.True(server.Reload(without).Succeeded);
        Assert.False(server.JetStream.TryGetAccount("A", out _));
        Assert.Equal(0, server.JetStream.Storage);
        Assert.True(server.Reload(with).Succeeded);
        Eventually.True(() => AccountOf(server, "A").Streams.Count == 1, "the stream is open");
        await client.SendAsync("PUB s.1 ack 1\r\nb\r\n");
        await client.ReadUntilAsync("\"seq\":2}\r\n");

        Assert.True(server.Reload(without with { Accounts = [] }).Succeeded);
        Assert.False(server.JetStream.TryGetAccount("A", out _));
        Assert.Empty(_log.Exceptions);
    }

    [Fact]
    public async Task Limits_grow_and_accounts_get_no_more_than_there_is()
    {
        await using NatsServer server = await Embedded.StartAsync(WithAccount(Promise(1000)), _log);
        ServerOptions greedy = WithAccount(Promise(2 << 20));
        Assert.True(server.Reload(greedy).Succeeded);
        Assert.Contains("Error: Error enabling jetstream on configured accounts: insufficient memory resources available (10028)", _log.All);
        Assert.Equal(Promise(1000), AccountOf(server, "A").Tiers);

        Assert.True(server.Reload(greedy with { JetStream = JetStream with { MaxMemory = 4 << 20, Limits = new JetStreamLimitOptions { MaxAckPending = 7 } } }).Succeeded);
        Assert.Equal(Promise(2 << 20), AccountOf(server, "A").Tiers);
        Assert.Equal((4 << 20, 7), (server.JetStream!.Limits.MaxMemory, server.JetStream.Limits.MaxAckPending));
        Assert.Equal((4 << 20, 7), (server.Monitor.Varz().Jetstream.Config!.MaxMemory, server.Monitor.Varz().Jetstream.Limits!.MaxAckPending));
        Assert.Contains("Information: Reloaded: JetStream max_mem_store = 4.00 MB", _log.All);
        Assert.Contains("Information: Reloaded: JetStream limits", _log.All);
        Assert.Equal(["config reload not supported for decreasing jetstream max memory and store"], server.Reload(greedy).Errors);
    }

    [Fact]
    public async Task JetStream_that_cannot_start_by_a_reload_is_tried_again_by_the_next()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options, _log);
        string store = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(store, "", TestContext.Current.CancellationToken);
        ServerOptions on = Embedded.Options with { JetStream = JetStream with { StoreDirectory = store } };
        Assert.True(server.Reload(on).Succeeded);
        Assert.Null(server.JetStream);
        Assert.Contains("Warning: Can't start JetStream: storage directory is not a directory", _log.All);

        File.Delete(store);
        Assert.True(server.Reload(on).Succeeded);
        Assert.NotNull(server.JetStream);
    }

    [Fact]
    public async Task Clients_are_told_whether_there_is_JetStream()
    {
        await using NatsServer server = await Embedded.StartAsync(On, _log);
        await using (RawClient client = await server.OpenAsync()) Assert.Contains("\"jetstream\":true", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.True(server.Reload(On with { JetStream = null }).Succeeded);
        await using (RawClient client = await server.OpenAsync()) Assert.DoesNotContain("\"jetstream\"", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.True(server.Reload(On).Succeeded);
        await using (RawClient client = await server.OpenAsync()) Assert.Contains("\"jetstream\":true", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static AccountTiers Promise(long memory) => new(new AccountLimits { MaxMemory = memory });

    private ServerOptions WithAccount(AccountTiers? tiers) => On with
    {
        Accounts = [new AccountOptions { Name = "A", JetStream = tiers, Users = [new UserOptions { Username = "a", Password = "pw", Account = "A" }] }],
    };

    private static async Task<int> PublishAsync(NatsServer server, CancellationToken ended)
    {
        await using RawClient client = await server.ConnectAsync();
        int published = 0;
        while (!ended.IsCancellationRequested)
        {
            await client.SendAsync("PUB s.many 1\r\nx\r\n");
            await client.PingAsync();
            published++;
        }

        return published;
    }

    private static void Create(NatsServer server, string account) => Assert.Null(AccountOf(server, account).CreateStream(Config, out _));

    private static JetStreamAccount AccountOf(NatsServer server, string account)
    {
        Assert.True(server.JetStream!.TryGetAccount(account, out JetStreamAccount? found));
        return found;
    }

    private List<string> Told(string first, int count) =>
        [.. _log.All.Select(static line => line.Split(": ", 2)[1]).SkipWhile(line => line != first).Take(count)];
}
