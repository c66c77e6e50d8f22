using System.Text.Json;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>What both servers say of their processes: not the same, but in the same form.</summary>
public sealed class ProcessInteropTests
{
    [Fact]
    public async Task Threads_are_a_text_and_variables_are_an_object()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync();
        foreach (string target in (string[])["/stacksz", "/debug/vars", "/ipqueuesz", "/ipqueuesz?all=x", "/ipqueuesz?all=1&queues=none"])
        {
            (int Status, string ContentType, string Body) reference = await MonitoredPair.Get(pair.Reference, target);
            (int Status, string ContentType, string Body) ours = await MonitoredPair.Get(pair.Ours, target);
            Assert.Equal((target, reference.Status, reference.ContentType), (target, ours.Status, ours.ContentType));
            if (target.StartsWith("/ipqueuesz", StringComparison.Ordinal)) Assert.Equal(reference.Body, ours.Body);
        }

        (_, _, string theirs) = await MonitoredPair.Get(pair.Reference, "/debug/vars");
        (_, _, string vars) = await MonitoredPair.Get(pair.Ours, "/debug/vars");
        using JsonDocument first = JsonDocument.Parse(theirs);
        using JsonDocument second = JsonDocument.Parse(vars);
        Assert.Equal(first.RootElement.EnumerateObject().Select(static x => x.Name), second.RootElement.EnumerateObject().Select(static x => x.Name));
        Dictionary<string, JsonValueKind> known = first.RootElement.GetProperty("memstats").EnumerateObject().ToDictionary(static x => x.Name, static x => KindOf(x.Value), StringComparer.Ordinal);
        Assert.All(second.RootElement.GetProperty("memstats").EnumerateObject(), x => Assert.Equal(known[x.Name], KindOf(x.Value)));
        (_, _, string threads) = await MonitoredPair.Get(pair.Ours, "/stacksz");
        Assert.Contains("thread that answers:\n", threads, StringComparison.Ordinal);
        Assert.Contains(nameof(NATS.Server.Monitoring), threads, StringComparison.Ordinal);
    }

    private static JsonValueKind KindOf(JsonElement value) => value.ValueKind == JsonValueKind.False ? JsonValueKind.True : value.ValueKind;

    [Fact]
    public async Task Queues_are_named_alike_where_both_have_them()
    {
        using var folder = new TemporaryFolder();
        await using MonitoredPair pair = await MonitoredPair.StartAsync(server => $"jetstream: {{ store_dir: \"{folder.Path}/{server}\" }}\n");
        await pair.OnBoth(static async server =>
        {
            RawClient client = await server.Connect("", "SUB answer 1\r\n");
            const string stream = "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"]}";
            await client.SendAsync($"PUB $JS.API.STREAM.CREATE.ORDERS answer {stream.Length}\r\n{stream}\r\n");
            await client.ReadUntilAsync("\"type\":");
            await client.PingAsync();
        });
        foreach (string target in (string[])["/ipqueuesz?all=1&queues=JetStream%20API", "/ipqueuesz?all=1&queues=messages"]) await pair.AssertSameJson(target);
    }

    [Fact]
    public async Task Secrets_of_the_command_line_are_not_shown()
    {
        foreach (string server in (string[])[ReferenceServer.Path, OurServer.Path])
        {
            await using ServerProcess process = await ServerProcess.StartAsync(server, new ServerProcessOptions { Config = "http: -1\n", Arguments = ["--user", "joe", "--pass=secret"] });
            var monitored = new MonitoredServer(process);
            (_, _, string vars) = await MonitoredPair.Get(monitored, "/debug/vars");
            Assert.Contains("\"--user\",\"[REDACTED]\",\"--pass=[REDACTED]\"", vars, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", vars, StringComparison.Ordinal);
        }
    }
}
