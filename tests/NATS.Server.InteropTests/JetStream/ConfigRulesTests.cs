using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using TierClaims = NATS.Server.Core.Jwt.JetStreamLimits;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// What the rules about configurations say to the requests in <c>JetStream/Requests</c>, against what the reference answers: errors as a whole, configurations byte for byte, and
/// <c>meta.inf</c> of all that there is at the end of a scenario.
/// </summary>
public sealed class ConfigRulesTests
{
    private const long Gibibyte = 1L << 30;

    // Roomy enough not to be in the way, small enough to be free on any disk.
    private static readonly ServerLimits Roomy = new() { MaxMemory = Gibibyte, MaxStorage = Gibibyte };

    private static readonly ServerLimits Limited = Roomy with { MaxDuplicateWindowNs = 60_000_000_000, MaxAckPending = 400, MaxRequestBatch = 50 };

    private static readonly AccountLimits LimitedAccount = new()
    {
        MaxMemory = 600_000, MaxStorage = 1_100_000, MaxStreams = 5, MaxConsumers = 5, MaxAckPending = 300,
        MaxMemoryStreamBytes = 500_000, MaxStorageStreamBytes = 1_000_000, IsMaxBytesRequired = true,
    };

    [Theory]
    [InlineData("json.txt")]
    [InlineData("streams.txt")]
    [InlineData("consumers.txt")]
    public Task The_rules_say_what_the_reference_answers(string file) => CompareAsync(file, "", "enabled", Roomy, new AccountLimits(), isStrict: true);

    [Fact]
    public Task Unknown_fields_are_forgiven_where_the_reference_forgives_them() => CompareAsync("lenient.txt", "strict: false", "enabled", Roomy, new AccountLimits(), isStrict: false);

    [Fact]
    public Task Limits_of_server_and_account_hold_as_in_the_reference() => CompareAsync(
        "limits.txt",
        "limits { max_ack_pending: 400, max_request_batch: 50, duplicate_window: 60s }",
        """
        { max_mem: 600000, max_file: 1100000, max_streams: 5, max_consumers: 5, max_ack_pending: 300
          memory_max_stream_bytes: 500000, disk_max_stream_bytes: 1000000, max_bytes_required: true }
        """,
        Limited,
        LimitedAccount,
        isStrict: true);

    [Fact]
    public async Task Limits_of_tiers_hold_as_in_the_reference()
    {
        var one = new TierClaims { MemoryStorage = 1000, DiskStorage = 1000, Streams = 2, Consumers = 3, MaxAckPending = 70 };
        var three = new TierClaims { MemoryStorage = 2000, DiskStorage = 2000, Streams = 1, Consumers = 1 };
        var owner = new OperatorSetup();
        AccountSetup system = owner.AddAccount("SYS");
        AccountSetup account = owner.AddAccount("A", claims => claims with
        {
            Limits = claims.Limits with { Tiers = new Dictionary<string, TierClaims> { ["R1"] = one, ["R3"] = three } },
        });
        UserSetup user = account.AddUser("u");
        var tiers = new AccountTiers(new Dictionary<string, AccountLimits>
        {
            ["R1"] = new() { MaxMemory = 1000, MaxStorage = 1000, MaxStreams = 2, MaxConsumers = 3, MaxAckPending = 70 },
            ["R3"] = new() { MaxMemory = 2000, MaxStorage = 2000, MaxStreams = 1, MaxConsumers = 1 },
        });
        using var folder = new TemporaryFolder();
        await using ServerProcess server = await StartAsync(folder, "", owner.Configuration(system));
        await using ApiClient client = await ApiClient.ConnectAsync(server, nonce => user.Connect(nonce));
        ApiScenario scenario = Assert.Single(ApiScenario.Read("tiers.txt"));
        NoDifferences(await CompareAsync(scenario, client, Path.Combine(folder.Path, "jetstream", account.Id), new RuledJetStream(Roomy, tiers, isStrict: true)));
    }

    // Each scenario has an account of its own: the reference still removes the files of a stream when it has answered that the stream is deleted.
    private static async Task CompareAsync(string file, string jetStream, string ofAccounts, ServerLimits limits, AccountLimits accountLimits, bool isStrict)
    {
        IReadOnlyList<ApiScenario> scenarios = ApiScenario.Read(file);
        string accounts = string.Join('\n', scenarios.Select((_, i) => $"S{i} {{ users: [{{ user: s{i}, password: p }}], jetstream: {ofAccounts} }}"));
        using var folder = new TemporaryFolder();
        await using ServerProcess server = await StartAsync(folder, jetStream, $"accounts {{ {accounts} }}");
        List<string> differences = [];
        for (int i = 0; i < scenarios.Count; i++)
        {
            string connect = $$"""{"verbose":false,"headers":true,"user":"s{{i}}","pass":"p"}""";
            await using ApiClient client = await ApiClient.ConnectAsync(server, _ => connect);
            var rules = new RuledJetStream(limits, new AccountTiers(accountLimits), isStrict);
            differences.AddRange(await CompareAsync(scenarios[i], client, Path.Combine(folder.Path, "jetstream", $"S{i}"), rules));
        }

        NoDifferences(differences);
    }

    private static async Task<List<string>> CompareAsync(ApiScenario scenario, ApiClient client, string folder, RuledJetStream rules)
    {
        List<string> differences = [];
        foreach (ApiRequest request in scenario.Requests)
        {
            using JsonDocument answer = JsonDocument.Parse(await client.AskAsync(request.Subject, request.Payload, request.Level));
            string expected = Essence(answer.RootElement);
            string actual = rules.Answer(request, FreeName(answer.RootElement), VersionOf(answer.RootElement));
            if (expected != actual) differences.Add($"{request.Line}\n  reference: {expected}\n  rules:     {actual}");
        }

        differences.AddRange(CompareFiles(folder, rules));
        return [.. differences.Select(difference => $"{scenario.Name}: {difference}")];
    }

    private static void NoDifferences(List<string> differences) => Assert.True(differences.Count == 0, $"{differences.Count} differences\n{string.Join('\n', differences)}");

    private static Task<ServerProcess> StartAsync(TemporaryFolder folder, string jetStream, string rest) => ReferenceServer.StartAsync(new ServerProcessOptions
    {
        Config = $"jetstream {{ store_dir: '{folder.Path}', max_mem: {Gibibyte}, max_file: {Gibibyte}\n{jetStream} }}\n{rest}",
    });

    // An error is compared as a whole; of other answers, the configuration is what the rules are about.
    private static string Essence(JsonElement answer) =>
        answer.TryGetProperty("config", out JsonElement config) ? config.GetRawText() : answer.TryGetProperty("success", out _) ? "{\"success\":true}" : answer.GetRawText();

    // Names that the reference made up: of a consumer without one, or the end of that of a mirror's or source's.
    private static string FreeName(JsonElement answer)
    {
        string name = answer.TryGetProperty("stream_name", out _) ? answer.GetProperty("name").GetString()! : "";
        return name[(name.LastIndexOf('-') + 1)..];
    }

    private static string VersionOf(JsonElement answer) => answer.TryGetProperty("config", out JsonElement config) ? config.GetProperty("metadata").GetProperty("_nats.ver").GetString()! : "";

    private static IEnumerable<string> CompareFiles(string folder, RuledJetStream rules)
    {
        foreach ((string name, StreamConfig config) in rules.Streams)
        {
            foreach (string path in Find(folder, name, config.Storage == StorageType.File))
            {
                byte[] file = File.ReadAllBytes(Path.Combine(path, "meta.inf"));
                if (!StreamConfigJson.TryReadFile(file, isStrict: true, out ZonedTime created, out StreamConfig read, out string? problem)) yield return $"{path}: {problem}";
                byte[] written = StreamConfigJson.WriteFile(created, config);
                if (!written.AsSpan().SequenceEqual(file)) yield return $"{path}\n  reference: {Encoding.UTF8.GetString(file)}\n  rules:     {Encoding.UTF8.GetString(written)}";
                if (!StreamConfigJson.WriteFile(created, read).AsSpan().SequenceEqual(file)) yield return $"{path} is read as something else";
            }

            foreach (PlannedConsumer consumer in rules.ConsumersOf(name))
            {
                bool hasFile = config.Storage == StorageType.File && consumer.Config is { MemoryStorage: false, Direct: false };
                foreach (string path in Find(folder, Path.Combine(name, "obs", consumer.Name), hasFile))
                {
                    byte[] file = File.ReadAllBytes(Path.Combine(path, "meta.inf"));
                    if (!ConsumerConfigJson.TryReadFile(file, isStrict: true, out ZonedTime created, out string read, out ConsumerConfig stored, out string? problem)) yield return $"{path}: {problem}";
                    byte[] written = ConsumerConfigJson.WriteFile(created, consumer.Name, consumer.Stored);
                    if (!written.AsSpan().SequenceEqual(file)) yield return $"{path}\n  reference: {Encoding.UTF8.GetString(file)}\n  rules:     {Encoding.UTF8.GetString(written)}";
                    if (!ConsumerConfigJson.WriteFile(created, read, stored).AsSpan().SequenceEqual(file)) yield return $"{path} is read as something else";
                }
            }
        }
    }

    // The folder of an asset of an account, if it must have one.
    private static string[] Find(string folder, string asset, bool isThere) => isThere ? [Path.Combine(folder, "streams", asset)] : [];
}
