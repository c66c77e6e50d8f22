using System.Diagnostics;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The official JavaScript client for streams, consumers, key-value buckets and object stores sees no difference between the reference and our server.</summary>
public sealed class JetStreamScriptTests
{
    public static TheoryData<string> Streams { get; } =
    [
        "stream-manage", "stream-all-fields", "stream-pages", "stream-messages", "stream-limits", "stream-denials", "retention-workqueue", "retention-interest",
        "mirror", "sources", "republish", "subject-transform", "direct-get", "counters", "message-ttl", "delete-markers", "schedules",
    ];

    public static TheoryData<string> Publishing { get; } =
    [
        "publish", "publish-many-publishers", "message-ids", "expectations", "rollup", "no-ack", "atomic-batch", "fast-batch",
    ];

    public static TheoryData<string> Consumers { get; } =
    [
        "consumer-manage", "fetch", "next", "consume", "consume-bytes", "ordered", "deliver-policies", "ack-kinds", "ack-next", "ack-all", "redelivery", "backoff",
        "max-ack-pending", "ephemeral", "push", "push-queue", "push-waits-for-interest", "pull-statuses", "priority-groups", "pause", "headers-only", "filters",
        "samples", "reset", "advisories",
    ];

    public static TheoryData<string> Values { get; } =
    [
        "kv-basics", "kv-watch", "kv-many", "kv-concurrent", "kv-ttl", "kv-limits", "kv-mirror", "kv-republish", "kv-without-direct",
    ];

    public static TheoryData<string> Objects { get; } = ["object-basics", "object-large", "object-watch", "object-links", "object-seal", "object-options"];

    public static TheoryData<string> Accounts { get; } = ["account-limits", "account-separation", "domain"];

    [Theory]
    [MemberData(nameof(Streams))]
    public Task Client_sees_the_same_of_streams(string scenario) => CompareAsync(scenario, JetStreamServers.Plain);

    [Theory]
    [MemberData(nameof(Publishing))]
    public Task Client_sees_the_same_when_it_publishes(string scenario) => CompareAsync(scenario, JetStreamServers.Plain);

    [Theory]
    [MemberData(nameof(Consumers))]
    public Task Client_sees_the_same_of_consumers(string scenario) => CompareAsync(scenario, JetStreamServers.Plain);

    [Theory]
    [MemberData(nameof(Values))]
    public Task Client_sees_the_same_of_key_value_buckets(string scenario) => CompareAsync(scenario, JetStreamServers.Plain);

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Client_sees_the_same_of_object_stores(string scenario) => CompareAsync(scenario, JetStreamServers.Plain);

    [Theory]
    [MemberData(nameof(Accounts))]
    public Task Client_sees_the_same_of_accounts(string scenario) => CompareAsync(scenario, JetStreamServers.Accounts);

    [Fact]
    public async Task Client_finds_everything_again_after_a_restart()
    {
        List<ServerProcess> successors = [];
        try
        {
            await CompareAsync(
                "restart",
                JetStreamServers.Plain,
                new Dictionary<string, Func<ServerProcess, Task>>(StringComparer.Ordinal) { ["restart"] = server => RestartAsync(server, successors) });
        }
        finally
        {
            foreach (ServerProcess successor in successors) await successor.DisposeAsync();
        }
    }

    // A scenario that no test runs would be proof of nothing.
    [Fact]
    public void Every_scenario_is_run()
    {
        IEnumerable<string> run = new[] { Streams, Publishing, Consumers, Values, Objects, Accounts }.SelectMany(static some => some).Select(static row => row.Data).Append("restart");
        Assert.Equal(List().Order(StringComparer.Ordinal), run.Order(StringComparer.Ordinal));
    }

    private static async Task CompareAsync(
        string scenario, ServerProcessOptions options, IReadOnlyDictionary<string, Func<ServerProcess, Task>>? reactions = null)
    {
        if (NodePackages.Missing is { } notInstalled) throw new SkippedTestException(notInstalled);
        await new ClientProgram("node", Script).CompareAsync(scenario, await JetStreamServers.MissingFromOursAsync(), options, reactions);
    }

    private static async Task RestartAsync(ServerProcess server, List<ServerProcess> successors)
    {
        await server.StopAsync();
        ServerProcess successor = await ServerProcess.StartAsync(server.Executable, new ServerProcessOptions
        {
            RandomPort = false,
            Arguments = ["-a", "127.0.0.1", "-p", server.Port.ToString(), "-c", Path.Combine(server.Folder, "server.conf")],
        });
        lock (successors) successors.Add(successor);
    }

    private static string Script => Path.Combine(NodePackages.Folder, "jetstream.mjs");

    private static List<string> List()
    {
        if (NodePackages.Missing is { } missing) throw new SkippedTestException(missing);
        using Process node = Process.Start(new ProcessStartInfo("node", [Script, "list"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        string names = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return [.. names.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
