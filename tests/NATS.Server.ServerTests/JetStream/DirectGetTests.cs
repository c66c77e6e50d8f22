using System.Globalization;
using System.Text.RegularExpressions;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.JetStream;

/// <summary>Messages that clients ask a stream for by itself, without its API.</summary>
public sealed partial class DirectGetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(StorageType.File)]
    [InlineData(StorageType.Memory)]
    public async Task The_last_message_of_a_subject_is_given_with_its_place(StorageType storage)
    {
        await using NatsServer server = await StartAsync();
        CreateStream(server, storage);
        await using RawClient client = await FilledAsync(server);
        Assert.Equal("HMSG in 1 L L|NATS/1.0|Nats-Stream: S|Nats-Subject: s.a|Nats-Sequence: 3|Nats-Time-Stamp: T||a2", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.a", ""));
        Assert.Equal("HMSG in 1 L L|NATS/1.0 404 Message Not Found||", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.x", ""));
        Assert.Equal("HMSG in 1 L L|NATS/1.0|X: y|Nats-Stream: S|Nats-Subject: s.b|Nats-Sequence: 2|Nats-Time-Stamp: T||b1", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.b", ""));
        Assert.Equal("MSG in 1 2|b1", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.b", """{"no_hdr":true}"""));
        Assert.Equal("HMSG in 1 L L|NATS/1.0 408 Bad Request||", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.b", """{"seq":1}"""));
    }

    [Theory]
    [InlineData("", "HMSG in 1 L L|NATS/1.0 408 Empty Request||")]
    [InlineData("{}", "HMSG in 1 L L|NATS/1.0 408 Empty Request||")]
    [InlineData("{", "HMSG in 1 L L|NATS/1.0 408 Malformed Request||")]
    [InlineData("""{"seq":1,"last_by_subj":"s.a"}""", "HMSG in 1 L L|NATS/1.0 408 Bad Request||")]
    [InlineData("""{"seq":9}""", "HMSG in 1 L L|NATS/1.0 404 Message Not Found||")]
    [InlineData("""{"seq":1}""", "HMSG in 1 L L|NATS/1.0|Nats-Stream: S|Nats-Subject: s.a|Nats-Sequence: 1|Nats-Time-Stamp: T||a1")]
    [InlineData("""{"last_by_subj":"s.*"}""", "HMSG in 1 L L|NATS/1.0|Nats-Stream: S|Nats-Subject: s.c|Nats-Sequence: 4|Nats-Time-Stamp: T||c1")]
    [InlineData("""{"seq":2,"next_by_subj":"s.a"}""", "HMSG in 1 L L|NATS/1.0|Nats-Stream: S|Nats-Subject: s.a|Nats-Sequence: 3|Nats-Time-Stamp: T||a2")]
    public async Task A_request_is_answered_with_a_message_or_a_status(string request, string expected)
    {
        await using NatsServer server = await StartAsync();
        CreateStream(server, StorageType.File);
        await using RawClient client = await FilledAsync(server);
        Assert.Equal(expected, await AskAsync(client, "$JS.API.DIRECT.GET.S", request));
    }

    [Fact]
    public async Task Many_messages_come_with_what_is_pending_and_an_end()
    {
        await using NatsServer server = await StartAsync();
        CreateStream(server, StorageType.File);
        await using RawClient client = await FilledAsync(server);
        string text = await AskForManyAsync(client, "$JS.API.DIRECT.GET.S", """{"seq":1,"batch":2}""");
        Assert.Contains("Nats-Sequence: 1|Nats-Time-Stamp: T|Nats-Num-Pending: 3|Nats-Last-Sequence: 0||a1", text, StringComparison.Ordinal);
        Assert.Contains("Nats-Sequence: 2|Nats-Time-Stamp: T|Nats-Num-Pending: 2|Nats-Last-Sequence: 1||b1", text, StringComparison.Ordinal);
        Assert.EndsWith("NATS/1.0 204 EOB|Nats-Num-Pending: 2|Nats-Last-Sequence: 2||", text, StringComparison.Ordinal);
        text = await AskForManyAsync(client, "$JS.API.DIRECT.GET.S", """{"multi_last":["s.a","s.b"]}""");
        Assert.Contains("Nats-Sequence: 2|Nats-Time-Stamp: T|Nats-Num-Pending: 1|Nats-Last-Sequence: 0||b1", text, StringComparison.Ordinal);
        Assert.Contains("Nats-Sequence: 3|Nats-Time-Stamp: T|Nats-Num-Pending: 0|Nats-Last-Sequence: 2||a2", text, StringComparison.Ordinal);
        Assert.EndsWith("NATS/1.0 204 EOB|Nats-Num-Pending: 0|Nats-Last-Sequence: 3|Nats-UpTo-Sequence: 4||", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_for_the_last_messages_of_subjects_sees_an_atomic_batch_whole_or_not_at_all()
    {
        const int Rounds = 300;
        await using NatsServer server = await StartAsync();
        Stream stream = CreateStream(server, StorageType.File);
        JetStreamAccount.UpdateStream(stream, stream.Config with { AllowAtomicPublish = true });
        await using RawClient publisher = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await publisher.SendAsync("SUB ack 1\r\n" + Batch(0));
        await publisher.ReadUntilAsync("\"count\":3}");
        await client.SendAsync("SUB in 1\r\n");
        Task publishing = Task.Run(
            async () =>
            {
                for (int i = 1; i <= Rounds; i++) await publisher.SendAsync(Batch(i));
                await publisher.ReadUntilAsync(string.Create(CultureInfo.InvariantCulture, $"\"batch\":\"b{Rounds}\",\"count\":3}}"));
            },
            TestContext.Current.CancellationToken);
        for (int i = 0; i < Rounds; i++)
        {
            string[] values = [.. PayloadOf.Matches(await AskForManyAsync(client, "$JS.API.DIRECT.GET.S", """{"multi_last":["s.a","s.b","s.c"]}""")).Select(static match => match.Groups[1].Value)];
            Assert.Equal(3, values.Length);
            Assert.Single(values.Distinct(StringComparer.Ordinal));
        }

        await publishing;
    }

    [Fact]
    public async Task Too_many_requests_that_wait_are_told_so()
    {
        await using NatsServer server = await StartAsync();
        Stream stream = CreateStream(server, StorageType.File);
        await using RawClient client = await FilledAsync(server);
        const string Request = """{"seq":1,"batch":1}""";
        string requests = string.Concat(Enumerable.Repeat($"PUB $JS.API.DIRECT.GET.S in {Request.Length}\r\n{Request}\r\n", 1200));

        // While nobody can read, all of them wait.
        string refused = await Task.Run(
            () => stream.Isolated(_ =>
            {
                client.SendAsync(requests).GetAwaiter().GetResult();
                return client.ReadUntilAsync("NATS/1.0 429 Too Many Requests\r\n\r\n").GetAwaiter().GetResult();
            }),
            TestContext.Current.CancellationToken);
        Assert.DoesNotContain("204 EOB", refused, StringComparison.Ordinal);
        await client.ReadUntilAsync("204 EOB");
    }

    [Fact]
    public async Task Nobody_answers_when_the_stream_does_not_allow_it()
    {
        await using NatsServer server = await StartAsync();
        Stream stream = CreateStream(server, StorageType.Memory);
        await using RawClient client = await FilledAsync(server);
        JetStreamAccount.UpdateStream(stream, stream.Config with { AllowDirect = false });
        Assert.Equal("HMSG in 1 L L|NATS/1.0 503|Nats-Subject: $JS.API.DIRECT.GET.S.s.a||", await AskAsync(client, "$JS.API.DIRECT.GET.S.s.a", ""));
    }

    [GeneratedRegex(@"Time-Stamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex TimeStamp { get; }

    [GeneratedRegex(@"\|\|(\d+)\|HMSG")]
    private static partial Regex PayloadOf { get; }

    [GeneratedRegex(@"HMSG in 1 \d+ \d+")]
    private static partial Regex HeadersAndPayload { get; }

    private static string Batch(int number)
    {
        var text = new System.Text.StringBuilder();
        string payload = number.ToString("0000", CultureInfo.InvariantCulture);
        for (int i = 1; i <= 3; i++)
        {
            string headers = string.Create(CultureInfo.InvariantCulture, $"NATS/1.0\r\nNats-Batch-Id: b{number}\r\nNats-Batch-Sequence: {i}\r\n{(i == 3 ? "Nats-Batch-Commit: 1\r\n" : "")}\r\n");
            text.Append(CultureInfo.InvariantCulture, $"HPUB s.{(char)('a' + i - 1)} ack {headers.Length} {headers.Length + payload.Length}\r\n{headers}{payload}\r\n");
        }

        return text.ToString();
    }

    private static async Task<string> AskAsync(RawClient client, string subject, string request)
    {
        int before = client.Received.Length;
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} in {request.Length}\r\n{request}\r\n"));
        await client.ReadUntilAsync("MSG in ");
        await client.SendAsync("PING\r\n");
        await client.ReadUntilAsync("PONG\r\n");
        return Shown(client.Received[before..]);
    }

    private static async Task<string> AskForManyAsync(RawClient client, string subject, string request)
    {
        int before = client.Received.Length;
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} in {request.Length}\r\n{request}\r\n"));
        await client.ReadUntilAsync("204 EOB");
        await client.ReadUntilAsync("\r\n\r\n\r\n");
        return Shown(client.Received[before..]);
    }

    private static string Shown(string received) =>
        HeadersAndPayload.Replace(TimeStamp.Replace(received.Replace("PONG\r\n", "", StringComparison.Ordinal), "Time-Stamp: T"), "HMSG in 1 L L")
            .Replace("\r\n", "|", StringComparison.Ordinal)[..^1];

    private static async Task<RawClient> FilledAsync(NatsServer server)
    {
        RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n");
        await client.SendAsync("SUB in 1\r\nSUB ack 2\r\nPUB s.a 2\r\na1\r\nHPUB s.b 18 20\r\nNATS/1.0\r\nX: y\r\n\r\nb1\r\nPUB s.a 2\r\na2\r\nPUB s.c ack 2\r\nc1\r\n");
        await client.ReadUntilAsync("\"seq\":4}\r\n");
        return client;
    }

    private static Stream CreateStream(NatsServer server, StorageType storage)
    {
        Assert.True(server.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        Assert.Null(account.CreateStream(new StreamConfig { Name = "S", Subjects = ["s.*"], Replicas = 1, Storage = storage, AllowDirect = true }, out Stream? stream));
        return stream!;
    }

    private Task<NatsServer> StartAsync() => NatsServer.StartAsync(new ServerOptions
    {
        Port = ServerOptions.RandomPort,
        JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, SyncInterval = TimeSpan.FromMinutes(2) },
    });
}
