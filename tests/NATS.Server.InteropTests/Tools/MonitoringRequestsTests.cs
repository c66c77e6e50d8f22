using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Server.InteropTests.Monitoring;
using NATS.Server.InteropTests.SystemEvents;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tools;

/// <summary>What tools ask the monitoring port gets the reference's answer: status, type, and JSON with the same fields and values.</summary>
public sealed class MonitoringRequestsTests(MonitoringRequestsTests.Servers servers) : IClassFixture<MonitoringRequestsTests.Servers>
{
    private const string Unordered = "~ ";

    public static TheoryData<string> Tools => [.. ToolRequests.Read("monitoring.txt").Select(static tool => tool.Tool)];

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Tools_see_what_they_see_of_the_reference(string tool)
    {
        var differences = new List<string>();
        foreach (string line in ToolRequests.Read("monitoring.txt").Single(each => each.Tool == tool).Lines)
        {
            bool isUnordered = line.StartsWith(Unordered, StringComparison.Ordinal);
            string target = isUnordered ? line[Unordered.Length..] : line;
            Answer reference = await AskAsync(servers.Pair.Reference, target);
            Answer ours = await AskAsync(servers.Pair.Ours, target);
            if (reference with { Body = "" } != ours with { Body = "" }) differences.Add($"{target}: {reference} in the reference, {ours} in ours");
            else if (reference.ContentType == "application/json") differences.AddRange(Compare(target, reference.Body, ours.Body, isUnordered));
            else if (reference.Body != ours.Body) differences.Add($"{target}: {reference.Body} in the reference, {ours.Body} in ours");
        }

        JsonShape.AssertNone(differences);
    }

    private static IEnumerable<string> Compare(string target, string reference, string ours, bool isUnordered)
    {
        string[] ignored = target.StartsWith("/accountz?", StringComparison.Ordinal) ? ["imports", "exports", "sublist_stats"] : [];
        return JsonShape.Differences(Shape(reference, isUnordered), Shape(ours, isUnordered), ignored).Select(difference => $"{target}: {difference}");
    }

    private static string Shape(string json, bool isUnordered)
    {
        string shape = EventShape.Of(json, ToolSetUp.Figures);
        if (!isUnordered) return shape;
        JsonObject root = JsonNode.Parse(shape)!.AsObject();
        JsonNode[] connections = [.. root["connections"]!.AsArray().Select(static connection => connection!.DeepClone()).OrderBy(static connection => (string?)connection["name"], StringComparer.Ordinal)];
        root["connections"] = new JsonArray(connections);
        return root.ToJsonString();
    }

    // A tool's HTTP client goes where it is sent to.
    private static async Task<Answer> AskAsync(MonitoredServer server, string target)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Process.MonitorPort);
        await client.SendAsync($"GET {target} HTTP/1.0\r\n\r\n");
        string[] answer = (await client.ReadToCloseAsync()).Split("\r\n\r\n", 2);
        int status = int.Parse(answer[0].Split(' ')[1]);
        string Header(string name) => answer[0].Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..] ?? "";
        if (Header("Location") is { Length: > 0 } location) return (await AskAsync(server, location)) with { Redirect = $"{status} {location}" };
        string body = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(answer[1]));
        return new Answer(status, Header("Content-Type"), Header("Access-Control-Allow-Origin"), body.Replace("/reference/jetstream", "/ours/jetstream", StringComparison.Ordinal), "");
    }

    private sealed record Answer(int Status, string ContentType, string AllowedOrigin, string Body, string Redirect);

    /// <summary>The two servers, filled alike.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal MonitoredPair Pair { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Pair = await MonitoredPair.StartAsync(server => ToolSetUp.Config($"{_folder.Path}/{server}"));
            await Pair.OnBoth(static async server =>
            {
                await ToolSetUp.FillAsync(await server.Connect("\"user\":\"a\",\"pass\":\"a\",\"name\":\"filler\""));
                await ToolSetUp.TalkAsync(await server.Connect("\"user\":\"b\",\"pass\":\"b\",\"name\":\"talker\",\"lang\":\"go\",\"version\":\"1.50.0\""));
                RawClient leaver = await server.Connect("\"user\":\"b\",\"pass\":\"b\",\"name\":\"leaver\"", "SUB gone 1\r\n");
                await leaver.DisposeAsync();
                await MonitoredPair.WaitFor(server, "/connz?state=closed", static closed => closed.GetProperty("num_connections").GetInt32() == 1);
            });
        }

        public async ValueTask DisposeAsync()
        {
            await Pair.DisposeAsync();
            _folder.Dispose();
        }
    }
}
