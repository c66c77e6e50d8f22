using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Testing;
using Xunit;

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
    public Task The_rules_say_what_the_reference_answers(string file) => CompareAsync(file, "", "", new RuledJetStream(Roomy, new AccountLimits(), isStrict: true));

    [Fact]
    public Task Unknown_fields_are_forgiven_where_the_reference_forgives_them() =>
        CompareAsync("lenient.txt", "strict: false", "", new RuledJetStream(Roomy, new AccountLimits(), isStrict: false));

    [Fact]
    public Task Limits_of_server_and_account_hold_as_in_the_reference() => CompareAsync(
        "limits.txt",
        "limits { max_ack_pending: 400, max_request_batch: 50, duplicate_window: 60s }",
        """
        accounts { A { users: [{ user: a, password: a }], jetstream {
          max_mem: 600000, max_file: 1100000, max_streams: 5, max_consumers: 5, max_ack_pending: 300
          memory_max_stream_bytes: 500000, disk_max_stream_bytes: 1000000, max_bytes_required: true
        } } }
        no_auth_user: a
        """,
        new RuledJetStream(Limited, LimitedAccount, isStrict: true));

    private static async Task CompareAsync(string file, string jetStream, string rest, RuledJetStream rules)
    {
        using var folder = new TemporaryFolder();
        string config = $"jetstream {{ store_dir: '{folder.Path}', max_mem: {Gibibyte}, max_file: {Gibibyte}\n{jetStream} }}\n{rest}";
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = config });
        await using ApiClient client = await ApiClient.ConnectAsync(server);
        List<string> differences = [];
        foreach (ApiScenario scenario in ApiScenario.Read(file))
        {
            foreach (ApiRequest request in scenario.Requests)
            {
                using JsonDocument answer = JsonDocument.Parse(await client.AskAsync(request.Subject, request.Payload, request.Level));
                string expected = Essence(answer.RootElement);
                string actual = rules.Answer(request, FreeName(answer.RootElement), VersionOf(answer.RootElement));
                if (expected != actual) differences.Add($"{scenario.Name}: {request.Line}\n  reference: {expected}\n  rules:     {actual}");
            }

            differences.AddRange(CompareFiles(folder.Path, rules).Select(difference => $"{scenario.Name}: {difference}"));
            foreach (string stream in await StreamsAsync(client)) await client.AskAsync($"$JS.API.STREAM.DELETE.{stream}", default);
            rules.Clear();
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences\n{string.Join('\n', differences)}");
    }

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

    private static async Task<List<string>> StreamsAsync(ApiClient client)
    {
        using JsonDocument answer = JsonDocument.Parse(await client.AskAsync("$JS.API.STREAM.NAMES", default));
        return [.. answer.RootElement.GetProperty("streams") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.GetString()!) : []];
    }

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

    // The folder of an asset that must have one, in whichever account it is.
    private static string[] Find(string folder, string asset, bool isThere) => isThere
        ? [Directory.GetDirectories(Path.Combine(folder, "jetstream")).Select(account => Path.Combine(account, "streams", asset)).Single(Directory.Exists)]
        : [];
}
