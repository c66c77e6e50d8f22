using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>The same accounts, treated alike, on the reference and on our server: what monitoring shows of them has to be the same.</summary>
public sealed partial class AccountsInteropTests
{
    private const string Accounts = """
        accounts {
          A {
            users: [ { user: a, password: a } ]
            exports: [
              { service: "svc.a", accounts: [B] }
              { service: "head.a" }
              { service: "many.*", response: stream, threshold: 5s }
              { service: "chunk", response: chunked }
              { service: "tok.*.x", account_token_position: 2 }
              { stream: "st.>" }
              { stream: "priv.>", accounts: [B] }
            ]
            mappings: {
              foo: bar
              "w.*": [ { destination: "x.$1", weight: 40% }, { destination: "y.$1", weight: 50% } ]
              clu: [ { destination: c1, weight: 100%, cluster: C1 }, { destination: c2, weight: 100% } ]
              drop: [ { destination: drop, weight: 50% } ]
            }
          }
          B {
            users: [ { user: b, password: b } ]
            imports: [
              { service: { account: A, subject: "svc.a" }, to: mine, share: true }
              { service: { account: A, subject: "head.a" } }
              { service: { account: A, subject: "many.x" } }
              { service: { account: A, subject: "tok.B.x" }, to: token }
              { stream: { account: A, subject: "st.x" }, prefix: pre }
              { stream: { account: A, subject: "st.y.*" }, to: "loc.$1" }
              { stream: { account: A, subject: "priv.>" } }
            ]
          }
          C { users: [ { user: c, password: c } ] }
        }
        """;

    [Fact]
    public async Task Accounts_look_the_same()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync(Accounts);
        await pair.OnBoth(PlayAsync);
        await AssertSame(pair, "/accountz", "/accountz?acc=A", "/accountz?acc=B", "/accountz?acc=C", "/accountz?acc=$G", "/accountz?acc=NONE", "/accountz?acc=%22");
    }

    // The reference measures latency only with a system account; what it imports from that on its own is not compared.
    [Fact]
    public async Task Measured_services_look_the_same()
    {
        string measured = Accounts.Replace("svc.a\", accounts: [B] }", "svc.a\", accounts: [B], latency: { sampling: 100%, subject: lat } }", StringComparison.Ordinal)
            .Replace("service: \"head.a\" }\n", "service: \"head.a\", latency: { sampling: headers, subject: lat.head } }\n", StringComparison.Ordinal);
        await using MonitoredPair pair = await MonitoredPair.StartAsync(measured + "\nno_sys_acc: false\n");
        await pair.OnBoth(PlayAsync);
        foreach (string account in (string[])["A", "B"])
        {
            string[] seen = new string[2];
            foreach ((int i, MonitoredServer server) in new[] { pair.Reference, pair.Ours }.Index())
            {
                (_, _, string body) = await MonitoredPair.Get(server, "/accountz?acc=" + account);
                using JsonDocument answer = JsonDocument.Parse(Plain(body));
                JsonElement detail = answer.RootElement.GetProperty("account_detail");
                IEnumerable<string> parts = ((string[])["exports", "imports"]).SelectMany(name => detail.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray() : [])
                    .Where(static part => !part.TryGetProperty("account", out JsonElement exporter) || exporter.GetString() != "$SYS").Select(static part => JsonSerializer.Serialize(part)).Order(StringComparer.Ordinal);
                IEnumerable<string> waiting = detail.TryGetProperty("responses", out JsonElement responses) ? responses.EnumerateObject().Select(static response => response.ToString()) : [];
                seen[i] = string.Join('\n', parts.Concat(waiting.Order(StringComparer.Ordinal)));
            }

            Assert.Equal(seen[0], seen[1]);
            Assert.Contains("lat", seen[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_accounts_sent_and_received_is_counted_alike()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync(Accounts);
        await AssertSame(pair, "/accstatz", "/accstatz?unused=1");
        await pair.OnBoth(static server => PlayAsync(server, asks: false));
        await AssertSame(pair, "/accstatz", "/accstatz?unused=1", "/accstatz?unused=x", "/accstatz?unused=0");

        // What those have done that are gone still counts.
        await pair.OnBoth(async server =>
        {
            RawClient leaver = await server.Connect("\"user\":\"b\",\"pass\":\"b\"", "SUB pre.st.x 1\r\nPUB any 7\r\n1234567\r\n");
            RawClient producer = await server.Connect("\"user\":\"a\",\"pass\":\"a\"", "PUB st.x 3\r\nabc\r\n");
            await leaver.ExpectAsync("MSG pre.st.x 1 3\r\nabc\r\n");
            await leaver.DisposeAsync();
            await producer.DisposeAsync();
            await MonitoredPair.WaitFor(server, "/varz", static varz => varz.GetProperty("connections").GetInt32() == 2);
        });
        await AssertSame(pair, "/accstatz?unused=1");
    }

    [Fact]
    public async Task A_server_on_its_own_has_no_routes_gateways_and_leaf_nodes()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync();
        await AssertSame(
            pair,
            "/routez", "/routez?subs=1", "/routez?subs=detail", "/routez?subs=x",
            "/gatewayz", "/gatewayz?accs=1&gw_name=x&acc_name=y&subs=detail", "/gatewayz?accs=x", "/gatewayz?subs=x&accs=y",
            "/leafz", "/leafz?subs=1&acc=none", "/leafz?subs=detail",
            "/raftz", "/raftz?acc=$G", "/raftz?group=x");
    }

    [Fact]
    public async Task With_JetStream_there_are_no_Raft_groups_either()
    {
        using var folder = new TemporaryFolder();
        await using MonitoredPair pair = await MonitoredPair.StartAsync(server => $"jetstream: {{ store_dir: \"{folder.Path}/{server}\" }}\n");
        await AssertSame(pair, "/raftz", "/raftz?acc=$SYS");
    }

    [Fact]
    public async Task What_JetStream_is_to_an_account_is_told_alike()
    {
        using var folder = new TemporaryFolder();
        const string accounts = "accounts { A { jetstream: enabled, users: [ { user: a, password: a } ] }, B { users: [ { user: b, password: b } ] } }";
        await using MonitoredPair pair = await MonitoredPair.StartAsync(server => $"jetstream: {{ store_dir: \"{folder.Path}/{server}\" }}\n{accounts}\n");
        foreach (string target in (string[])["/accountz?acc=A", "/accountz?acc=B", "/accountz?acc=$SYS"])
        {
            // Ours has no subscriptions and imports in between for JetStream's own messages.
            await pair.AssertSameJson(target, "update_time", "imports", "exports", "subscriptions", "sublist_stats");
        }
    }

    // Everybody who takes part is connected at the end; a request waits for its answer.
    private static Task PlayAsync(MonitoredServer server) => PlayAsync(server, asks: true);

    // What comes with a request tells times, which have as many digits as they have.
    private static async Task PlayAsync(MonitoredServer server, bool asks)
    {
        RawClient a = await server.Connect("\"user\":\"a\",\"pass\":\"a\",\"headers\":true", "SUB svc.a 1\r\nSUB many.x 2\r\nSUB bar 3\r\nSUB head.a 4\r\n");
        RawClient b = await server.Connect("\"user\":\"b\",\"pass\":\"b\",\"headers\":true", "SUB pre.st.x 1\r\nSUB loc.* 2\r\nSUB answer.* 3\r\n");
        if (asks)
        {
            await b.SendAsync("PUB mine answer.1 5\r\nhello\r\n");
            await b.PingAsync();
        }

        await a.SendAsync("PUB st.x 4\r\nabcd\r\nPUB st.y.1 2\r\nhi\r\nPUB foo 1\r\nx\r\nPUB bar 2\r\nyy\r\nPUB nobody 3\r\nzzz\r\n");
        await a.PingAsync();
        await b.PingAsync();
    }

    private static async Task AssertSame(MonitoredPair pair, params string[] targets)
    {
        var differences = new List<string>();
        foreach (string target in targets)
        {
            (int Status, string ContentType, string Body) reference = await MonitoredPair.Get(pair.Reference, target);
            (int Status, string ContentType, string Body) ours = await MonitoredPair.Get(pair.Ours, target);
            if ((reference.Status, reference.ContentType) != (ours.Status, ours.ContentType)) differences.Add($"{target}: {reference} in the reference, {ours} in ours");
            else if (reference.ContentType == "application/json") differences.AddRange(JsonShape.Differences(Plain(reference.Body), Plain(ours.Body), "update_time", "num_inserts").Select(x => $"{target}: {x}"));
            else if (reference.Body != ours.Body) differences.Add($"{target}: {reference.Body} in the reference, {ours.Body} in ours");
        }

        JsonShape.AssertNone(differences);
    }

    // Reply subjects have random parts; those of measured requests have a mark.
    private static string Plain(string json) => ReplySubject().Replace(json, static match => match.Groups["mark"].Success ? "_R_.MEASURED" : "_R_.REPLY");

    [GeneratedRegex(@"_R_\.\w+\.\w+(?<mark>\.\w+\.T)?", RegexOptions.ExplicitCapture)]
    private static partial Regex ReplySubject();
}
