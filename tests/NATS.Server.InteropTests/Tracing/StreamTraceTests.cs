using System.Text;
using System.Text.Json.Nodes;
using NATS.Server.InteropTests.Auth;
using NATS.Server.InteropTests.JetStream;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tracing;

/// <summary>Traced messages into streams: what the trace says, and what is stored.</summary>
public sealed class StreamTraceTests(StreamTraceTests.Servers servers) : IClassFixture<StreamTraceTests.Servers>
{
    private const string Only = "Nats-Trace-Only: true\r\n";

    public static TheoryData<string, string, string[]> Scenarios => new()
    {
        { "stored", "", ["|", "Nats-Msg-Id: 1\r\n|", "x-Other: 2\r\n|body"] },
        { "only traced", "", [Only + "|", "|", Only + "|"] },
        { "duplicate", "", ["Nats-Msg-Id: 1\r\n|", "Nats-Msg-Id: 1\r\n|", Only + "Nats-Msg-Id: 1\r\n|", Only + "Nats-Msg-Id: 2\r\n|", "Nats-Msg-Id: 2\r\n|"] },
        { "without acknowledgements", ",\"no_ack\":true", ["Nats-Msg-Id: 1\r\n|", "Nats-Msg-Id: 1\r\n|"] },
        { "full", ",\"max_msgs\":1,\"discard\":\"new\"", ["|", "|", Only + "|"] },
        { "full of bytes", ",\"max_bytes\":100,\"discard\":\"new\"", ["|" + new string('b', 200)] },
        { "full of a subject", ",\"max_msgs_per_subject\":1,\"discard\":\"new\",\"discard_new_per_subject\":true", ["|", "|"] },
        { "too large", ",\"max_msg_size\":60", ["|" + new string('b', 50), Only + "|" + new string('b', 50), "|"] },
        { "expectations", "",
            ["|", "Nats-Expected-Last-Sequence: 7\r\n|", "Nats-Expected-Last-Sequence: x\r\n|", "Nats-Expected-Last-Subject-Sequence: 7\r\n|",
            "Nats-Expected-Last-Subject-Sequence: 1\r\nNats-Expected-Last-Sequence: 9\r\n|", "Nats-Expected-Stream: OTHER\r\n|", "Nats-Expected-Last-Msg-Id: a\"b\r\n|",
            "Nats-Expected-Last-Subject-Sequence-Subject: x\r\n|", Only + "Nats-Expected-Last-Sequence: 7\r\n|", Only + "Nats-Expected-Last-Sequence: 1\r\n|"] },
        { "lifetimes that are not allowed", "", ["Nats-TTL: 5s\r\n|"] },
        { "lifetimes", ",\"allow_msg_ttl\":true", ["Nats-TTL: x\r\n|", Only + "Nats-TTL: x\r\n|", "Nats-TTL: 5s\r\n|"] },
        { "rollups that are not allowed", "", ["Nats-Rollup: sub\r\n|"] },
        { "rollups", ",\"allow_rollup_hdrs\":true", ["Nats-Rollup: Foo\r\n|", "|", "Nats-Rollup: sub\r\n|", Only + "Nats-Rollup: sub\r\n|"] },
        { "counters that are not allowed", "", ["Nats-Incr: 5\r\n|", "Nats-Incr: x\r\n|"] },
        { "counters", ",\"allow_msg_counter\":true", ["|", "Nats-Incr: 5\r\n|", Only + "Nats-Incr: 5\r\n|", "Nats-Incr: 1\r\n|x"] },
        { "schedules that are not allowed", "", ["Nats-Schedule: @at 2040-01-01T00:00:00Z\r\n|"] },
        { "sources that are claimed", "", ["Nats-Stream-Source: x\r\n|"] },
        { "sealed", ",\"sealed\":true", ["|"] },
        { "interest", ",\"retention\":\"interest\"", ["|", Only + "|"] },
        { "another subject", ",\"subject_transform\":{\"src\":\"S.*\",\"dest\":\"T.{{wildcard(1)}}\"}", ["|", Only + "|"] },
        { "end of an atomic batch", ",\"allow_atomic\":true", ["Nats-Batch-Id: u\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1\r\n|", "Nats-Batch-Id: v\r\nNats-Batch-Sequence: 7\r\n|"] },
        { "atomic batches that are not allowed", "", ["Nats-Batch-Id: u\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1\r\n|"] },
        { "memory", ",\"storage\":\"memory\"", ["|", Only + "|"] },
    };

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Traces_and_what_is_stored_are_those_of_the_reference(string name, string config, string[] messages)
    {
        string expected = await PlayAsync(await servers.StartedAsync("reference"), config, messages);
        string ours = await PlayAsync(await servers.StartedAsync("ours"), config, messages);
        Assert.Equal($"{name}\n{expected}", $"{name}\n{ours}");
    }

    [Fact]
    public async Task Fast_batches_are_traced_message_by_message()
    {
        string expected = await PlayAsync(await servers.StartedAsync("reference"), ",\"allow_batched\":true", ["|one", "|two"], ["S.a in.fb.10.ok.1.0.$FI", "S.a in.fb.10.ok.2.2.$FI"]);
        string ours = await PlayAsync(await servers.StartedAsync("ours"), ",\"allow_batched\":true", ["|one", "|two"], ["S.a in.fb.10.ok.1.0.$FI", "S.a in.fb.10.ok.2.2.$FI"]);
        Assert.Equal(expected, ours);
    }

    [Fact]
    public async Task A_message_of_an_atomic_batch_that_is_only_traced_is_not_stored()
    {
        // The reference stores it.
        string ours = await PlayAsync(await servers.StartedAsync("ours"), ",\"allow_atomic\":true", [Only + "Nats-Batch-Id: u\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1\r\n|"]);
        Assert.EndsWith("0 messages, last sequence 0, \n", ours, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"js\",\"ts\":\"String\",\"stream\":\"S\",\"subject\":\"S.a\"}", ours, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$JS.API.INFO")]
    [InlineData("$JS.API.STREAM.NAMES")]
    [InlineData("$JS.API.NONE.SUCH")]
    [InlineData("$JS.API.CONSUMER.MSG.NEXT.S.C")]
    [InlineData("$JS.API.DIRECT.GET.S")]
    public async Task Requests_to_the_api_are_traced_to_the_system_account(string subject)
    {
        Assert.Equal(await RequestAsync(await servers.StartedAsync("reference"), subject), await RequestAsync(await servers.StartedAsync("ours"), subject));
    }

    private static async Task<string> RequestAsync(ServerProcess server, string subject)
    {
        await using TraceClient client = await TraceClient.ConnectAsync(server, Servers.Connect);
        return await client.TraceAsync(subject + " in.1", "") + "\n" + await client.TraceAsync(subject + " in.1", Only);
    }

    [Fact]
    public async Task Services_that_are_streams_are_traced_as_far_as_their_export_allows()
    {
        Assert.Equal(await PublishToServicesAsync(await servers.StartedAsync("reference")), await PublishToServicesAsync(await servers.StartedAsync("ours")));
    }

    private static async Task<string> PublishToServicesAsync(ServerProcess server)
    {
        await using ApiClient api = await ApiClient.ConnectAsync(server, _ => Servers.Connect);
        await CreateAsync(api, "");
        await using TraceClient client = await TraceClient.ConnectAsync(server, Servers.ConnectImporter);
        var seen = new StringBuilder();
        foreach (string subject in (string[])["traced", "untraced"])
        {
            seen.AppendLine(await client.TraceAsync(subject, "")).AppendLine(await client.TraceAsync(subject, Only));
            seen.AppendLine(await StateAsync(api, isAwaited: true, messages: subject == "traced" ? 1 : 2));
        }

        await api.AskAsync("$JS.API.STREAM.DELETE.S", default);
        return seen.ToString();
    }

    private static async Task<string> PlayAsync(ServerProcess server, string config, string[] messages, string[]? subjects = null)
    {
        await using ApiClient api = await ApiClient.ConnectAsync(server, _ => Servers.Connect);
        await using TraceClient client = await TraceClient.ConnectAsync(server, Servers.Connect);
        await CreateAsync(api, config);
        var seen = new StringBuilder();
        for (int i = 0; i < messages.Length; i++)
        {
            string[] parts = messages[i].Split('|');
            seen.Append(await client.TraceAsync(subjects?[i] ?? "S.a", parts[0], parts[1].Length == 0 && !parts[0].Contains("Nats-Incr", StringComparison.Ordinal) ? "body" : parts[1])).Append('\n');
        }

        seen.Append(await StateAsync(api)).Append('\n');
        await api.AskAsync("$JS.API.STREAM.DELETE.S", default);
        return seen.ToString();
    }

    private static async Task CreateAsync(ApiClient api, string config)
    {
        // What a sealed stream has cannot be said when it is made.
        bool isSealed = config.Contains("sealed", StringComparison.Ordinal);
        string asked = "{\"name\":\"S\",\"subjects\":[\"S.*\"]" + (isSealed ? "" : config) + "}";
        string answer = Encoding.UTF8.GetString(await api.AskAsync("$JS.API.STREAM.CREATE.S", Encoding.UTF8.GetBytes(asked)));
        Assert.DoesNotContain("\"error\"", answer, StringComparison.Ordinal);
        if (isSealed) await api.AskAsync("$JS.API.STREAM.UPDATE.S", Encoding.UTF8.GetBytes("{\"name\":\"S\",\"subjects\":[\"S.*\"]" + config + "}"));
    }

    private static async Task<string> StateAsync(ApiClient api, bool isAwaited = false, int messages = 0)
    {
        JsonNode state;
        do state = JsonNode.Parse(await api.AskAsync("$JS.API.STREAM.INFO.S", default))!["state"]!;
        while (isAwaited && state["messages"]!.GetValue<int>() < messages);
        string request = $$"""{"seq":{{state["last_seq"]!}}}""";
        JsonNode last = JsonNode.Parse(await api.AskAsync("$JS.API.STREAM.MSG.GET.S", Encoding.UTF8.GetBytes(request)))!;
        string headers = last["message"]?["hdrs"] is { } block ? Encoding.Latin1.GetString(Convert.FromBase64String(block.GetValue<string>())) : "";
        return $"{state["messages"]} messages, last sequence {state["last_seq"]}, {headers}";
    }

    public sealed class Servers() : ServerPair("""
        jetstream { store_dir: "$FOLDER/js", sync_interval: 2m }
        accounts {
          A { jetstream: enabled, users: [{ user: a, password: p }], exports: [{ service: S.traced, allow_trace: true }, { service: S.untraced }] }
          B { users: [{ user: b, password: p }], imports: [{ service: { account: A, subject: S.traced }, to: traced }, { service: { account: A, subject: S.untraced }, to: untraced }] }
        }
        """)
    {
        public const string Connect = """{"verbose":false,"user":"a","pass":"p","headers":true,"no_responders":true}""";
        public const string ConnectImporter = """{"verbose":false,"user":"b","pass":"p","headers":true,"no_responders":true}""";
    }
}
