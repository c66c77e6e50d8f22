using System.Globalization;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.JetStream;

/// <summary>Mirrors and sources on a running server: by the API, over the account's subjects, from the first message to a restart.</summary>
public sealed class SourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mirror_and_a_source_follow_a_stream_also_after_a_restart(bool isRelaxed)
    {
        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            Stream origin = Create(server, new StreamConfig { Name = "O", Subjects = ["o.>"], AllowDirect = true });
            await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
            await PublishAsync(client, "o.a", 20);
            origin.Store.Remove(5);
            Stream mirror = Create(server, new StreamConfig { Name = "M", Mirror = new StreamSource { Name = "O" }, MirrorDirect = true });
            Stream sourced = Create(server, new StreamConfig
            {
                Name = "S",
                Sources = [new StreamSource { Name = "O", SubjectTransforms = [new SubjectTransformConfig { Source = "o.b", Destination = "s.b" }] }],
            });
            await PublishAsync(client, "o.b", 20);
            await HasAsync(mirror, last: 40, messages: 39);
            await HasAsync(sourced, last: 20, messages: 20);
            Assert.Equal(StoreResult.Ok, mirror.Store.Load(40, out StoredMessage copied));
            Assert.Equal(StoreResult.Ok, origin.Store.Load(40, out StoredMessage original));
            Assert.Equal((original.TimestampNs, "o.b"), (copied.TimestampNs, Encoding.UTF8.GetString(copied.Subject)));
            Assert.Equal(StoreResult.Ok, sourced.Store.Load(20, out StoredMessage sourcedCopy));
            Assert.StartsWith("NATS/1.0\r\nNats-Stream-Source: O 40 o.b s.b o.b ", Encoding.UTF8.GetString(sourcedCopy.Headers), StringComparison.Ordinal);
            Assert.True(mirror.AnswersForMirrored);
        }

        await using (NatsServer server = await StartAsync(isRelaxed))
        {
            await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
            await PublishAsync(client, "o.b", 5);
            await HasAsync(Find(server, "M"), last: 45, messages: 44);
            await HasAsync(Find(server, "S"), last: 25, messages: 25);
        }
    }

    [Theory]
    [InlineData(RetentionPolicy.WorkQueue)]
    [InlineData(RetentionPolicy.Interest)]
    public async Task A_mirror_takes_messages_out_of_a_stream_that_keeps_them_only_until_they_are_acknowledged(RetentionPolicy retention)
    {
        await using NatsServer server = await StartAsync(isRelaxed: true);
        Stream origin = Create(server, new StreamConfig { Name = "O", Subjects = ["o.>"], Retention = retention });
        Stream mirror = Create(server, new StreamConfig { Name = "M", Mirror = new StreamSource { Name = "O" } });
        Eventually.True(() => origin.Consumers.Count == 1, "the mirror has its consumer");
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await PublishAsync(client, "o.a", 10);
        await HasAsync(mirror, last: 10, messages: 10);
        Eventually.True(() => origin.Store.State.Messages == 0, "what is copied is acknowledged");
    }

    [Fact]
    public async Task A_source_of_another_account_comes_by_its_exports()
    {
        await using NatsServer server = await StartAsync("""
            accounts {
              A {
                jetstream: enabled
                users: [{user: a, password: p}]
                exports: [{service: "$JS.API.CONSUMER.>", response_type: stream}, {service: "$JS.FC.>"}, {stream: "deliver.>"}]
              }
              B {
                jetstream: enabled
                users: [{user: b, password: p}]
                imports: [
                  {service: {account: A, subject: "$JS.API.CONSUMER.>"}, to: "a.api.CONSUMER.>"}
                  {service: {account: A, subject: "$JS.FC.>"}}
                  {stream: {account: A, subject: "deliver.>"}}
                ]
              }
            }
            """);
        Create(server, new StreamConfig { Name = "O", Subjects = ["o.>"] }, "A");
        var external = new ExternalStream { ApiPrefix = "a.api", DeliverPrefix = "deliver.b" };
        Stream mirror = Create(server, new StreamConfig { Name = "M", Mirror = new StreamSource { Name = "O", External = external } }, "B");
        Stream sourced = Create(server, new StreamConfig { Name = "S", Sources = [new StreamSource { Name = "O", External = external, FilterSubject = "o.a" }] }, "B");
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"p\"}\r\n");
        await PublishAsync(client, "o.a", 10);
        await PublishAsync(client, "o.b", 10);
        await HasAsync(mirror, last: 20, messages: 20);
        await HasAsync(sourced, last: 10, messages: 10);
        Assert.Equal(StoreResult.Ok, mirror.Store.Load(20, out StoredMessage copied));
        Assert.Equal("o.b", Encoding.UTF8.GetString(copied.Subject));
    }

    [Fact]
    public async Task Requests_may_name_the_domain_of_the_server()
    {
        await using NatsServer server = await StartAsync("jetstream { domain: hub }");
        Create(server, new StreamConfig { Name = "O", Subjects = ["$KV.O.>"], AllowDirect = true });
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n");
        await client.SendAsync("SUB in 1\r\nPUB $JS.hub.API.$KV.O.k in 2\r\nhi\r\n");
        await client.ReadUntilAsync("\"domain\":\"hub\"");
        await client.SendAsync("PUB $JS.hub.API.DIRECT.GET.O.$KV.O.k in 0\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\nhi\r\n");
        await client.SendAsync("PUB $JS.hub.API.STREAM.INFO.O in 0\r\n\r\n");
        string info = await client.ReadUntilAsync("stream_info_response");
        Assert.DoesNotContain("error", info, StringComparison.Ordinal);
    }

    private static async Task PublishAsync(RawClient client, string subject, int count)
    {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) text.Append(CultureInfo.InvariantCulture, $"PUB {subject} 2\r\n{i:00}\r\n");
        await client.SendAsync(text.ToString());
        await client.PingAsync();
    }

    private static async Task HasAsync(Stream stream, ulong last, ulong messages)
    {
        Eventually.True(() => stream.Store.State.LastSequence == last, $"{stream.Name} has {last}");
        Assert.Equal(messages, stream.Store.State.Messages);
    }

    private static Stream Create(NatsServer server, StreamConfig config, string account = "$G")
    {
        Assert.True(server.JetStream!.TryGetAccount(account, out JetStreamAccount? known));
        config = config with { Replicas = 1, Storage = StorageType.File, MaxMessageSize = -1, MaxConsumers = -1, MaxMessages = -1, MaxBytes = -1 };
        Assert.Null(known.CreateStream(config, out Stream? stream));
        return stream!;
    }

    private static Stream Find(NatsServer server, string name)
    {
        Assert.True(server.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        Assert.True(account.TryGetStream(name, out Stream? stream));
        return stream;
    }

    private Task<NatsServer> StartAsync(bool isRelaxed) => NatsServer.StartAsync(new ServerOptions
    {
        Port = ServerOptions.RandomPort,
        JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = isRelaxed ? TimeSpan.FromMinutes(2) : null },
    });

    private Task<NatsServer> StartAsync(string config)
    {
        string text = $"{(config.Contains("jetstream {", StringComparison.Ordinal) ? "" : "jetstream {}\n")}store_dir: '{_folder.Path}'\n{config}";
        LoadResult loaded = new OptionsLoader(_ => new ConfigFile(Encoding.UTF8.GetBytes(text)), _ => null).Load("test.conf", FlagOverrides.None);
        Assert.Empty(loaded.Errors);
        return NatsServer.StartAsync(loaded.Options! with { Port = ServerOptions.RandomPort });
    }
}
