using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using TierClaims = NATS.Server.Core.Jwt.JetStreamLimits;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>The requests in <c>JetStream/Requests</c>, sent to the reference and to our server: the answers are the same, but for times and names that a server makes up.</summary>
public sealed partial class ApiReplayTests
{
    private const long Gibibyte = 1L << 30;

    [Theory]
    [InlineData("api.txt")]
    [InlineData("json.txt")]
    [InlineData("streams.txt")]
    [InlineData("consumers.txt")]
    public Task Our_server_answers_as_the_reference(string file) => ReplayAsync(file, "", "enabled");

    [Fact]
    public Task Our_server_answers_as_the_reference_where_unknown_fields_are_forgiven() => ReplayAsync("lenient.txt", "strict: false", "enabled");

    [Fact]
    public Task Our_server_answers_as_the_reference_within_limits() => ReplayAsync(
        "limits.txt",
        "limits { max_ack_pending: 400, max_request_batch: 50, duplicate_window: 60s }",
        """
        { max_mem: 600000, max_file: 1100000, max_streams: 5, max_consumers: 5, max_ack_pending: 300
          memory_max_stream_bytes: 500000, disk_max_stream_bytes: 1000000, max_bytes_required: true }
        """);

    [Fact]
    public async Task Our_server_answers_as_the_reference_within_tiers()
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
        await ReplayAsync(ApiScenario.Read("tiers.txt"), Configuration("", owner.Configuration(system)), (_, nonce) => user.Connect(nonce));
    }

    private static async Task ReplayAsync(string file, string jetStream, string ofAccounts)
    {
        IReadOnlyList<ApiScenario> scenarios = ApiScenario.Read(file);
        string accounts = string.Join('\n', scenarios.Select((_, i) => $"S{i} {{ users: [{{ user: s{i}, password: p }}], jetstream: {ofAccounts} }}"));
        await ReplayAsync(scenarios, Configuration(jetStream, $"accounts {{ {accounts} }}"), (i, _) => $$"""{"verbose":false,"headers":true,"user":"s{{i}}","pass":"p"}""");
    }

    private static async Task ReplayAsync(IReadOnlyList<ApiScenario> scenarios, string configuration, Func<int, string, string> connect)
    {
        await using ServerProcess reference = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = configuration });
        await using ServerProcess ours = await OurServer.StartAsync(new ServerProcessOptions { Config = configuration });
        List<string> differences = [];
        int count = 0;
        for (int i = 0; i < scenarios.Count; i++)
        {
            int scenario = i;
            await using ApiClient theirClient = await ApiClient.ConnectAsync(reference, nonce => connect(scenario, nonce));
            await using ApiClient ourClient = await ApiClient.ConnectAsync(ours, nonce => connect(scenario, nonce));
            foreach (ApiRequest request in scenarios[i].Requests)
            {
                count++;
                if (request.IsSilent)
                {
                    await theirClient.AskInVainAsync(request.Subject, request.Payload, request.Level);
                    await ourClient.AskInVainAsync(request.Subject, request.Payload, request.Level);
                    continue;
                }

                string expected = Essence(request, await theirClient.AskAsync(request.Subject, request.Payload, request.Level));
                string actual = Essence(request, await ourClient.AskAsync(request.Subject, request.Payload, request.Level));
                if (scenarios[i].Name == "mirrors") (expected, actual) = (WithoutSequences(expected), WithoutSequences(actual));
                if (expected != actual) differences.Add($"{scenarios[i].Name}: {request.Line}\n  reference: {expected}\n  ours:      {actual}");
            }
        }

        Assert.True(differences.Count == 0, string.Create(CultureInfo.InvariantCulture, $"{differences.Count} of {count} answers differ\n{string.Join('\n', differences)}"));
    }

    private static string Configuration(string jetStream, string rest) => $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js, max_mem: {Gibibyte}, max_file: {Gibibyte}\n{jetStream} }}\n{rest}";

    private static string Essence(ApiRequest request, byte[] answer)
    {
        string text = WithoutProgress(Encoding.UTF8.GetString(answer));
        text = Times().Replace(text, "\"${name}\":\"TIME\"");
        text = Durations().Replace(text, "\"${name}\":\"DURATION\"");
        text = RestoreSubject().Replace(text, "${start}ID");
        return MadeUpName(request, text) is { Length: > 0 } name ? text.Replace($"\"{name}\"", "\"NAME\"", StringComparison.Ordinal) : text;
    }

    // A mirror that begins later than its origin has no sequences before, as soon as it has begun.
    private static string WithoutSequences(string answer) => Sequences().Replace(answer, "");

    // How far mirrors and sources have got by now, and in which order the reference happens to name sources.
    private static string WithoutProgress(string answer)
    {
        if (!answer.Contains("\"lag\":", StringComparison.Ordinal)) return answer;
        JsonObject root = JsonNode.Parse(answer)!.AsObject();
        foreach (JsonNode? info in (JsonNode?[])[root["mirror"], .. root["sources"]?.AsArray() ?? []])
        {
            info?.AsObject().Remove("active");
            info?.AsObject().Remove("error");
        }

        root["mirror"]?.AsObject().Remove("filter_subject");
        if (root["sources"] is JsonArray sources) root["sources"] = new JsonArray([.. sources.Select(static source => source!.DeepClone()).OrderBy(static source => source.ToJsonString(), StringComparer.Ordinal)]);
        return root.ToJsonString();
    }

    // The name of a consumer that neither the subject nor the payload of its request says.
    private static string MadeUpName(ApiRequest request, string answer)
    {
        if (!request.Subject.StartsWith("$JS.API.CONSUMER.CREATE.", StringComparison.Ordinal)) return "";
        using JsonDocument document = JsonDocument.Parse(answer);
        if (!document.RootElement.TryGetProperty("name", out JsonElement value)) return "";
        string name = value.GetString()!;
        return request.Subject.EndsWith("." + name, StringComparison.Ordinal) || Encoding.UTF8.GetString(request.Payload).Contains($"\"{name}\"", StringComparison.Ordinal) ? "" : name;
    }

    [GeneratedRegex("\"(?<name>created|ts|first_ts|last_ts|time|last_active|pinned_ts)\":\"20[^\"]*\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Times();

    [GeneratedRegex("\"(first_seq|last_seq)\":[0-9]+,", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sequences();

    [GeneratedRegex("\"(?<name>pause_remaining|active)\":[0-9]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Durations();

    [GeneratedRegex(@"(?<start>\$JS\.SNAPSHOT\.RESTORE\.[^.]*\.)[0-9A-Za-z]{22}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RestoreSubject();
}
