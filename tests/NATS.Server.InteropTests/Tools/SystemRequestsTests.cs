using System.Text.Json;
using NATS.Server.InteropTests.Monitoring;
using NATS.Server.InteropTests.SystemEvents;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tools;

/// <summary>What tools ask over connections, of the system account and of others, is answered like by the reference.</summary>
public sealed class SystemRequestsTests(SystemRequestsTests.Servers servers) : IClassFixture<SystemRequestsTests.Servers>
{
    private const string OwnData = "# ";
    private const string Compressed = "+ ";

    public static TheoryData<string> Tools => [.. ToolRequests.Read("system.txt").Select(static tool => tool.Tool)];

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Tools_are_answered_like_by_the_reference(string tool)
    {
        var differences = new List<string>();
        foreach (string line in ToolRequests.Read("system.txt").Single(each => each.Tool == tool).Lines)
        {
            bool hasOwnData = line.StartsWith(OwnData, StringComparison.Ordinal);
            string request = hasOwnData ? line[OwnData.Length..] : line;
            SystemMessage reference = await servers.AskAsync(servers.Pair.Reference, request);
            SystemMessage ours = await servers.AskAsync(servers.Pair.Ours, request);
            if (reference.Headers != ours.Headers) differences.Add($"{line}: headers {reference.Headers} in the reference, {ours.Headers} in ours");
            differences.AddRange(JsonShape.Differences(Shape(reference, hasOwnData), Shape(ours, hasOwnData), IgnoredOf(request)).Select(difference => $"{line}: {difference}"));
        }

        JsonShape.AssertNone(differences);
    }

    // Ours needs no imports and subscriptions in between for JetStream's own messages.
    private static string[] IgnoredOf(string request) => request.Contains(".ACCOUNTZ", StringComparison.Ordinal) || request.EndsWith(".INFO", StringComparison.Ordinal)
        ? ["imports", "exports", "sublist_stats", "responses"]
        : [];

    private static string Shape(SystemMessage answer, bool hasOwnData)
    {
        string text = answer.Decode();
        if (text.Length == 0) return "null";
        string shape = EventShape.Of(text.Replace("/reference/jetstream", "/ours/jetstream", StringComparison.Ordinal), ToolSetUp.Figures);
        if (!hasOwnData) return shape;
        using JsonDocument document = JsonDocument.Parse(shape);
        JsonElement data = document.RootElement.GetProperty("data");
        string server = document.RootElement.GetProperty("server").GetRawText();
        string names = data.TryGetProperty("memstats", out _) || data.TryGetProperty("profile", out _) ? string.Join(',', data.EnumerateObject().Select(static field => $"\"{field.Name}\"")) : "";
        return $"{{\"server\":{server},\"data\":[{names}]}}";
    }

    /// <summary>The two servers, filled alike, each with a client for every user. All tests ask them one after the other.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Dictionary<(SystemPeer Peer, string User), SystemClient> _clients = [];
        private readonly Dictionary<SystemPeer, int> _requests = [];

        internal SystemPair Pair { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Pair = await SystemPair.StartAsync(server => ToolSetUp.Config($"{_folder.Path}/{server}"));
            foreach (SystemPeer peer in (SystemPeer[])[Pair.Reference, Pair.Ours])
            {
                foreach (string user in (string[])["s", "a", "b"]) _clients[(peer, user)] = await peer.ConnectAsync(user, $",\"name\":\"{user}\",\"lang\":\"go\",\"version\":\"1.50.0\"");
                await ToolSetUp.FillAsync(_clients[(peer, "a")].Raw);
                await ToolSetUp.TalkAsync(_clients[(peer, "b")].Raw);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Pair.DisposeAsync();
            _folder.Dispose();
        }

        /// <summary>Sends a recorded request, and waits for the answer.</summary>
        internal async Task<SystemMessage> AskAsync(SystemPeer peer, string line)
        {
            (SystemClient client, string subject, string body, string headers) = await ReadAsync(peer, line);
            int number = _requests[peer] = _requests.GetValueOrDefault(peer) + 1;
            string reply = $"TOLD.{number}";
            string operation = headers.Length == 0
                ? $"PUB {subject} {reply} {body.Length}\r\n{body}\r\n"
                : $"HPUB {subject} {reply} {headers.Length} {headers.Length + body.Length}\r\n{headers}{body}\r\n";
            await client.Raw.SendAsync($"SUB {reply} t{number}\r\n{operation}");
            SystemMessage answer;
            do answer = await client.ReadAsync();
            while (answer.Subject != reply);
            await client.Raw.SendAsync($"UNSUB t{number}\r\n");
            return answer;
        }

        private async Task<(SystemClient Client, string Subject, string Body, string Headers)> ReadAsync(SystemPeer peer, string line)
        {
            bool takesSnappy = line.StartsWith(Compressed, StringComparison.Ordinal);
            string[] words = (takesSnappy ? line[Compressed.Length..] : line).Split(' ', 3);
            SystemClient client = _clients[(peer, words[0])];
            string subject = words[1].Replace(".ID.", $".{client.ServerId}.", StringComparison.Ordinal);
            string body = words.Length > 2 ? words[2] : "";
            if (body.Contains("CID", StringComparison.Ordinal)) body = body.Replace("CID", $"{(await peer.ConnectAsync("b")).Id}", StringComparison.Ordinal);
            return (client, subject, body, takesSnappy ? "NATS/1.0\r\nAccept-Encoding: snappy\r\n\r\n" : "");
        }
    }
}
