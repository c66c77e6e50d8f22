using System.Diagnostics;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tracing;

/// <summary>What listeners in the process learn of messages that belong to a trace of the application, and that nobody else learns of it.</summary>
public sealed class MessageSpanTests
{
    private const string Connect = "CONNECT {\"verbose\":false,\"headers\":true,\"name\":\"publisher\"}\r\n";

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_message_of_a_sampled_trace_has_a_span_and_arrives_as_it_was_sent(ConnectionEngineKind engine)
    {
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, ServerName = "one" });
        await using RawClient client = await server.ConnectAsync(Connect);
        await client.SendAsync("SUB foo 1\r\nSUB foo.> 2\r\nSUB foo q 3\r\nSUB foo q 4\r\n" + recorder.Publish("foo", "hello", "answer", "Nats-Msg-Id: 7\r\n"));
        string block = recorder.Headers[..^2] + "Nats-Msg-Id: 7\r\n\r\n";
        await client.ExpectAsync($"HMSG foo 1 answer {block.Length} {block.Length + 5}\r\n{block}hello\r\n");
        await client.PingAsync();

        Activity span = Assert.Single(recorder.Read(1));
        Assert.Equal(("route", ActivityKind.Server, ActivityStatusCode.Unset), (span.OperationName, span.Kind, span.Status));
        Assert.Equal((recorder.TraceId, recorder.SpanId), (span.TraceId.ToHexString(), span.ParentSpanId.ToHexString()));
        Assert.Equal("2.15.1", span.Source.Version);
        Assert.InRange(span.Duration, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Dictionary<string, object?> tags = span.TagObjects.ToDictionary(StringComparer.Ordinal);
        Assert.InRange(Assert.IsType<int>(tags["network.peer.port"]), 1, 65535);
        Assert.True(tags.Remove("network.peer.port"));
        Dictionary<string, object?> expected = new(StringComparer.Ordinal)
        {
            ["messaging.system"] = "nats",
            ["messaging.operation.name"] = "route",
            ["messaging.operation.type"] = "route",
            ["messaging.destination.name"] = "foo",
            ["messaging.message.body.size"] = 5,
            ["messaging.message.envelope.size"] = block.Length + 5,
            ["messaging.message.conversation_id"] = "answer",
            ["messaging.message.id"] = "7",
            ["messaging.client.id"] = "publisher",
            ["network.peer.address"] = "127.0.0.1",
            ["nats.server.name"] = "one",
            ["nats.account"] = "$G",
            ["nats.connection.id"] = 1L,
            ["nats.deliveries"] = 2L,
        };
        Assert.Equal(expected.OrderBy(static tag => tag.Key, StringComparer.Ordinal), tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal));
        Assert.Empty(span.Events);
    }

    [Fact]
    public async Task Only_messages_of_sampled_traces_have_spans()
    {
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient client = await server.ConnectAsync(Connect);
        string unsampled = recorder.Headers.Replace("-01\r\n", "-00\r\n", StringComparison.Ordinal);
        string broken = recorder.Headers.Replace("00-", "zz-", StringComparison.Ordinal);
        await client.SendAsync("SUB foo 1\r\nPUB foo 2\r\nhi\r\n");
        foreach (string block in (string[])["NATS/1.0\r\na: b\r\n\r\n", unsampled, broken]) await client.SendAsync($"HPUB foo {block.Length} {block.Length + 2}\r\n{block}hi\r\n");
        await client.SendAsync(recorder.Publish("foo", "last"));
        await client.ReadUntilAsync("last\r\n");
        Assert.Equal(4, Assert.Single(recorder.Read(1)).GetTagItem("messaging.message.body.size"));
    }

    [Fact]
    public async Task Who_does_not_want_a_span_gets_none_and_the_message_arrives()
    {
        using var recorder = new SpanRecorder(ActivitySamplingResult.None);
        using var other = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient client = await server.ConnectAsync(Connect);
        await client.SendAsync("SUB foo 1\r\n" + recorder.Publish("foo", "hi") + other.Publish("foo", "ho"));
        await client.ReadUntilAsync("ho\r\n");
        Assert.Single(other.Read(1));
        Assert.Empty(recorder.Read(0));
    }

    [Fact]
    public async Task The_way_over_mappings_and_between_accounts_is_told()
    {
        ServerOptions options = Embedded.Options with
        {
            Accounts =
            [
                new AccountOptions
                {
                    Name = "A",
                    Users = [new UserOptions { Username = "a", Password = "pw", Account = "A" }],
                    Mappings = [new SubjectMappingOptions("foo", [new MappingDestinationOptions("bar", 100, "")])],
                    Exports = [new ExportOptions(ExportKind.Stream, "bar")],
                    Imports = [new ImportOptions(ExportKind.Service, "B", "svc") { To = "ask" }],
                },
                new AccountOptions
                {
                    Name = "B",
                    Users = [new UserOptions { Username = "b", Password = "pw", Account = "B" }],
                    Exports = [new ExportOptions(ExportKind.Service, "svc") { AllowTrace = true }],
                    Imports = [new ImportOptions(ExportKind.Stream, "A", "bar") { To = "from.a", AllowTrace = true }],
                },
            ],
        };
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(options);
        await using RawClient b = await server.ConnectAsync(Embedded.ConnectAs("b"));
        await b.SendAsync("SUB from.a 1\r\nSUB svc 2\r\n");
        await b.PingAsync();
        await using RawClient a = await server.ConnectAsync(Embedded.ConnectAs("a").Replace("{", "{\"headers\":true,", StringComparison.Ordinal));
        await a.SendAsync(recorder.Publish("foo", "hi") + recorder.Publish("ask", "what", "answer"));
        await a.PingAsync();
        IReadOnlyList<Activity> spans = recorder.Read(2);
        Assert.Equal(["nats.mapping nats.subject=bar", "nats.stream_export nats.account=B nats.subject=from.a"], EventsOf(spans[0]));
        Assert.Equal(["nats.service_import nats.account=B nats.subject.from=ask nats.subject=svc"], EventsOf(spans[1]));
        Assert.All(spans, static span => Assert.Equal(("A", 1L), (span.GetTagItem("nats.account"), span.GetTagItem("nats.deliveries"))));
        Assert.DoesNotContain("Nats-Trace-Dest", b.Received + await b.PingAsync() + b.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_refused_has_a_span_that_says_why()
    {
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with
        {
            MaxPayload = 1000,
            Authorization = new AuthorizationOptions
            {
                Users = [new UserOptions { Username = "u", Password = "pw", Permissions = new PermissionsOptions { Publish = new SubjectPermissionOptions { Deny = ["secret"] } } }],
            },
        });
        await using RawClient client = await server.ConnectAsync(Embedded.ConnectAs("u").Replace("{", "{\"headers\":true,", StringComparison.Ordinal));
        await client.SendAsync(recorder.Publish("secret", "hi"));
        await client.ReadUntilAsync("-ERR");
        await client.SendAsync(recorder.Publish("much", new string('x', 1000)));
        await client.ReadUntilAsync("Maximum Payload");
        IReadOnlyList<Activity> spans = recorder.Read(2);
        Assert.Equal((ActivityStatusCode.Error, "Permissions Violation for Publish to \"secret\""), (spans[0].Status, spans[0].StatusDescription));
        Assert.Equal((ActivityStatusCode.Error, "maximum payload exceeded", 1000), (spans[1].Status, spans[1].StatusDescription, spans[1].GetTagItem("messaging.message.body.size")));
        Assert.All(spans, static span => Assert.Equal(("refused", 0L), (span.GetTagItem("error.type"), span.GetTagItem("nats.deliveries"))));
    }

    [Fact]
    public async Task What_a_stream_does_with_a_message_is_told_and_the_message_is_stored_as_it_was_sent()
    {
        using var folder = new TemporaryFolder();
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { JetStream = new JetStreamOptions { StoreDirectory = folder.Path } });
        await using RawClient client = await server.ConnectAsync(Connect);
        await client.SendAsync("SUB answer 1\r\n");
        await AskAsync(client, "STREAM.CREATE.ORDERS", "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"],\"storage\":\"memory\"}");
        foreach (string header in (string[])["Nats-Msg-Id: 1\r\n", "Nats-Msg-Id: 1\r\n", "Nats-Expected-Last-Sequence: 9\r\n"])
        {
            await client.SendAsync(recorder.Publish("orders.new", "hi", "answer", header));
            await client.ReadUntilAsync("\"ORDERS\"");
        }

        string stored = await AskAsync(client, "STREAM.MSG.GET.ORDERS", "{\"seq\":1}");
        string headers = recorder.Headers[..^2] + "Nats-Msg-Id: 1\r\n\r\n";
        Assert.Contains($"\"hdrs\":\"{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(headers))}\"", stored, StringComparison.Ordinal);
        IReadOnlyList<Activity> spans = recorder.Read(3);
        Assert.Equal(["nats.stored nats.stream=ORDERS nats.subject=orders.new"], EventsOf(spans[0]));
        Assert.StartsWith("nats.not_stored nats.stream=ORDERS", Assert.Single(EventsOf(spans[1])), StringComparison.Ordinal);
        Assert.StartsWith("nats.not_stored nats.stream=ORDERS", Assert.Single(EventsOf(spans[2])), StringComparison.Ordinal);
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Unset, ActivityStatusCode.Error], spans.Select(static span => span.Status));
        Assert.Equal("not_stored", spans[2].GetTagItem("error.type"));
    }

    [Fact]
    public async Task A_request_to_the_API_has_a_span_with_the_name_of_its_endpoint()
    {
        using var folder = new TemporaryFolder();
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { JetStream = new JetStreamOptions { StoreDirectory = folder.Path }, ServerName = "one" });
        await using RawClient client = await server.ConnectAsync(Connect);
        await client.SendAsync("SUB answer 1\r\n" + recorder.Publish("$JS.API.CONSUMER.INFO.ORDERS.worker", "", "answer"));
        await client.ReadUntilAsync("\"type\":");
        IReadOnlyList<Activity> spans = recorder.Read(2);
        Activity request = spans.Single(static span => span.OperationName != "route");
        Assert.Equal(("$JS.API.CONSUMER.INFO.*.*", ActivityKind.Server, recorder.SpanId), (request.OperationName, request.Kind, request.ParentSpanId.ToHexString()));
        Assert.Equal((ActivityStatusCode.Error, "stream not found", "10059"), (request.Status, request.StatusDescription, request.GetTagItem("error.type")));
        Assert.Equal(
            ("$JS.API.CONSUMER.INFO.ORDERS.worker", "$JS.API.CONSUMER.INFO.*.*", "$G", "ORDERS", "worker", "one"),
            (request.GetTagItem("messaging.destination.name"), request.GetTagItem("messaging.destination.template"), request.GetTagItem("nats.account"), request.GetTagItem("nats.stream"), request.GetTagItem("nats.consumer"), request.GetTagItem("nats.server.name")));

        await client.SendAsync(recorder.Publish("$JS.API.INFO", "", "answer"));
        await client.ReadUntilAsync("account_info_response");
        Assert.Equal(ActivityStatusCode.Unset, recorder.Read(4).Single(static span => span.OperationName == "$JS.API.INFO").Status);
    }

    [Fact]
    public async Task A_message_that_is_traced_by_its_header_has_a_span_too()
    {
        using var recorder = new SpanRecorder();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { NoSystemAccount = false });
        await using RawClient client = await server.ConnectAsync(Connect);
        await client.SendAsync("SUB foo 1\r\nSUB trace 2\r\n" + recorder.Publish("foo", "hi", headers: "Nats-Trace-Dest: trace\r\n"));
        await client.ReadUntilAsync("\"type\":\"eg\"");
        Assert.Equal(1L, Assert.Single(recorder.Read(1)).GetTagItem("nats.deliveries"));
    }

    private static async Task<string> AskAsync(RawClient client, string subject, string request)
    {
        await client.SendAsync($"PUB $JS.API.{subject} answer {request.Length}\r\n{request}\r\n");
        await client.ReadUntilAsync("\"type\":");
        return await client.ReadUntilAsync("\r\n");
    }

    private static string[] EventsOf(Activity span) => [.. span.Events.Select(static happened => string.Join(' ', happened.Tags.Select(static tag => $"{tag.Key}={tag.Value}").Prepend(happened.Name)))];
}
