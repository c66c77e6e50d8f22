using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// A store directory with streams and consumers that a newer server made: what this one does not know stays as it is, and who asks for it is told why it is not served, as by the reference.
/// </summary>
public sealed partial class OfflineAssetsTests : IDisposable
{
    private const string Config = "server_name: SERVER\njetstream { store_dir: \"FOLDER\" }\n";
    private const string Fence = "$JS.API.INFO";
    private const string LateFence = "$JS.API.STREAM.INFO.TEXT";

    private static readonly (string Subject, string Payload)[] Requests =
    [
        ("$JS.API.INFO", ""),
        ("$JS.API.STREAM.NAMES", ""),
        ("$JS.API.STREAM.NAMES", """{"subject":"LEVEL"}"""),
        ("$JS.API.STREAM.LIST", ""),
        .. OfStream("LEVEL"),
        .. OfStream("FIELD"),
        .. OfStream("ODD"),
        .. OfStream("TEXT"),
        .. OfStream("CONSUMER"),
        ("$JS.API.STREAM.CREATE.OTHER", """{"name":"OTHER","subjects":["LEVEL"]}"""),
        ("$JS.API.STREAM.NAMES", ""),
    ];

    private static readonly (string Subject, string Payload)[] Deletions =
    [
        ("$JS.API.CONSUMER.DELETE.LEVEL.BAD", ""),
        ("$JS.API.CONSUMER.DELETE.CONSUMER.GOOD", ""),
        ("$JS.API.CONSUMER.DELETE.CONSUMER.BAD", ""),
        ("$JS.API.STREAM.INFO.CONSUMER", ""),
        ("$JS.API.STREAM.DELETE.CONSUMER", ""),
        ("$JS.API.STREAM.DELETE.LEVEL", ""),
        ("$JS.API.STREAM.NAMES", ""),
        ("$JS.API.STREAM.CREATE.LEVEL", """{"name":"LEVEL"}"""),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Streams_and_consumers_of_newer_servers_are_shown_offline_and_stay_as_they_are()
    {
        string prepared = Path.Combine(_folder.Path, "prepared");
        await PrepareAsync(prepared);
        string theirs = Copy(prepared, "theirs");
        string ours = Copy(prepared, "ours");
        string expected = await RunAsync(ReferenceServer.Path, theirs, Requests);
        Assert.Equal(expected, await RunAsync(OurServer.Path, ours, Requests));
        Dictionary<string, string> left = ConfigurationsOf(ours);
        foreach ((string path, string content) in ConfigurationsOf(prepared)) Assert.Equal($"{path} {content}", $"{path} {left.GetValueOrDefault(path, "gone")}");

        // Also to the reference nothing has happened to the directory; and what is deleted is gone for both.
        Assert.Equal(expected, await RunAsync(ReferenceServer.Path, ours, Requests));
        Assert.Equal(await RunAsync(ReferenceServer.Path, theirs, Deletions), await RunAsync(OurServer.Path, ours, Deletions));
        await using ServerProcess server = await StartAsync(OurServer.Path, ours);
        await using RawClient client = await ConnectAsync(server);
        await client.SendAsync("PUB LEVEL answers.0 7\r\nmessage\r\n");
        await client.ReadUntilAsync("""{"stream":"LEVEL","seq":1}""");
        await client.SendAsync("PUB $JS.API.STREAM.NAMES answers.0 0\r\n\r\n");
        await client.ReadUntilAsync("\"streams\":[\"FIELD\",\"FINE\",\"LEVEL\",\"ODD\",\"TEXT\"]");
    }

    // Where the reference says nothing, that the stream is closed, or that it was created.
    [Fact]
    public async Task Whoever_wants_something_else_of_what_is_offline_is_told_so()
    {
        string prepared = Path.Combine(_folder.Path, "prepared");
        await PrepareAsync(prepared);
        await using ServerProcess server = await StartAsync(OurServer.Path, prepared);
        await using RawClient client = await ConnectAsync(server);
        string answers = await AskAsync(
            client,
            ("$JS.API.STREAM.CREATE.LEVEL", """{"name":"LEVEL"}"""),
            ("$JS.API.STREAM.PURGE.LEVEL", ""),
            ("$JS.API.STREAM.MSG.GET.LEVEL", """{"seq":1}"""),
            ("$JS.API.STREAM.MSG.DELETE.LEVEL", """{"seq":1}"""),
            ("$JS.API.STREAM.SNAPSHOT.LEVEL", """{"deliver_subject":"x"}"""),
            ("$JS.API.CONSUMER.PAUSE.CONSUMER.BAD", """{"pause_until":"2099-01-01T00:00:00Z"}"""),
            ("$JS.API.CONSUMER.UNPIN.CONSUMER.BAD", """{"group":"g"}"""));
        Assert.Equal(["10194", "10194", "10194", "10194", "10194", "10195", "10195"], ErrorCode().Matches(answers).Select(static match => match.Groups["code"].Value));
        Assert.Contains("already in use", await AskAsync(client, ("$JS.API.STREAM.RESTORE.LEVEL", """{"config":{"name":"LEVEL"},"state":{}}""")), StringComparison.Ordinal);
        Assert.Contains("Detected unsupported stream '$G > LEVEL': unsupported - required API level: 99, current API level: 5", server.LogText(), StringComparison.Ordinal);
        Assert.Contains("Detected unsupported consumer '$G > CONSUMER > BAD': unsupported - required API level: 99, current API level: 5", server.LogText(), StringComparison.Ordinal);
    }

    private static string ConsumerOf(string stream, string consumer) => $$$"""{"stream_name":"{{{stream}}}","config":{"durable_name":"{{{consumer}}}","ack_policy":"explicit"}}""";

    private static IEnumerable<(string Subject, string Payload)> OfStream(string stream) =>
    [
        ($"$JS.API.STREAM.INFO.{stream}", ""),
        ($"$JS.API.STREAM.CREATE.{stream}", $$"""{"name":"{{stream}}","description":"another"}"""),
        ($"$JS.API.STREAM.UPDATE.{stream}", $$"""{"name":"{{stream}}","description":"new"}"""),
        ($"$JS.API.DIRECT.GET.{stream}", """{"seq":1}"""),
        ($"$JS.API.CONSUMER.NAMES.{stream}", ""),
        ($"$JS.API.CONSUMER.LIST.{stream}", ""),
        ($"$JS.API.CONSUMER.CREATE.{stream}.NEW", ConsumerOf(stream, "NEW")),
        .. ((string[])["BAD", "GOOD", "NONE"]).SelectMany(consumer => ((string, string)[])
        [
            ($"$JS.API.CONSUMER.INFO.{stream}.{consumer}", ""),
            ($"$JS.API.CONSUMER.CREATE.{stream}.{consumer}", ConsumerOf(stream, consumer)),
            ($"$JS.API.CONSUMER.RESET.{stream}.{consumer}", ""),
            ($"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", """{"no_wait":true}"""),
        ]),
        (stream, "a message"),
    ];

    // By the reference: streams with a message and two consumers each. Then the level and the fields of another time.
    private static async Task PrepareAsync(string directory)
    {
        await using (ServerProcess server = await StartAsync(ReferenceServer.Path, directory))
        {
            await using RawClient client = await ConnectAsync(server);
            foreach (string stream in (string[])["LEVEL", "FIELD", "ODD", "TEXT", "CONSUMER", "FINE"])
            {
                await AskAsync(client, ($"$JS.API.STREAM.CREATE.{stream}", $$"""{"name":"{{stream}}"}"""));
                await AskAsync(client, (stream, "a message"));
                foreach (string consumer in (string[])["BAD", "GOOD"])
                    await AskAsync(client, ($"$JS.API.CONSUMER.CREATE.{stream}.{consumer}", ConsumerOf(stream, consumer)));
            }

            await server.StopAsync();
        }

        Change(directory, "LEVEL", null, "\"_nats.req.level\":\"0\"", "\"_nats.req.level\":\"99\"");
        Change(directory, "FIELD", null, "\"_nats.req.level\":\"0\"}", "\"_nats.req.level\":\"99\"},\"of_the_future\":true");
        Change(directory, "ODD", null, "\"_nats.req.level\":\"0\"}", "\"_nats.req.level\":\"0\"},\"of_the_future\":true");
        Change(directory, "TEXT", null, "\"_nats.req.level\":\"0\"", "\"_nats.req.level\":\"text\"");
        Change(directory, "CONSUMER", "BAD", "\"_nats.req.level\":\"0\"", "\"_nats.req.level\":\"99\"");
    }

    private static void Change(string directory, string stream, string? consumer, string before, string after)
    {
        string path = $"{directory}/jetstream/$G/streams/{stream}{(consumer is null ? "" : $"/obs/{consumer}")}";
        using var disk = new SystemDisk();
        var encryption = new AssetEncryption { Random = new Random(1) };
        using AssetMetadata metadata = AssetMetadata.Read(disk, path, consumer is null ? new AssetIdentity(stream) : new AssetIdentity(stream, consumer), encryption, []);
        string content = Encoding.UTF8.GetString(metadata.Content!);
        Assert.Contains(before, content, StringComparison.Ordinal);
        metadata.Save(Encoding.UTF8.GetBytes(content.Replace(before, after, StringComparison.Ordinal)));
    }

    private static Dictionary<string, string> ConfigurationsOf(string directory) =>
        Directory.GetFiles(directory, "meta.*", SearchOption.AllDirectories)
            .Where(static path => path.EndsWith("meta.inf", StringComparison.Ordinal) || path.EndsWith("meta.sum", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(directory, path), File.ReadAllText, StringComparer.Ordinal);

    private string Copy(string from, string name)
    {
        string to = Path.Combine(_folder.Path, name);
        foreach (string path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }

        return to;
    }

    private static Task<ServerProcess> StartAsync(string executable, string directory) =>
        ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = Config.Replace("FOLDER", directory, StringComparison.Ordinal), Arguments = ["-m", "-1"] });

    private static async Task<string> RunAsync(string executable, string directory, (string Subject, string Payload)[] requests)
    {
        await using ServerProcess server = await StartAsync(executable, directory);
        await using RawClient client = await ConnectAsync(server);
        string answers = await AskAsync(client, requests);
        using var http = new HttpClient();
        using HttpResponseMessage health = await http.GetAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/healthz?details=1"), TestContext.Current.CancellationToken);
        string body = await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string counted = CountedOf(await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/jsz?streams=1"), TestContext.Current.CancellationToken));
        await server.StopAsync();
        return $"{answers}healthz {health.StatusCode} {body}\njsz {counted}\n";
    }

    // Offline streams count too, and are listed; what is in one whose consumer is the reason only the reference tells.
    private static string CountedOf(string json)
    {
        using JsonDocument jsz = JsonDocument.Parse(json);
        IEnumerable<string> totals = jsz.RootElement.EnumerateObject().Where(static field => field.Name is "streams" or "consumers").Select(static field => field.ToString());
        IEnumerable<JsonElement> streams = jsz.RootElement.GetProperty("account_details")[0].GetProperty("stream_detail").EnumerateArray()
            .OrderBy(static stream => stream.GetProperty("name").GetString(), StringComparer.Ordinal)
            .Where(static stream => stream.GetProperty("name").GetString() != "CONSUMER");
        return string.Join('\n', totals.Concat(streams.Select(static stream => Changing().Replace(JsonSerializer.Serialize(stream), "${name}=?"))));
    }

    private static async Task<RawClient> ConnectAsync(ServerProcess server)
    {
        RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n");
        await client.SendAsync("SUB answers.* 1\r\n");
        await client.PingAsync();
        return client;
    }

    // One after the other; who is told that something is offline may be told so late.
    private static async Task<string> AskAsync(RawClient client, params (string Subject, string Payload)[] requests)
    {
        List<string>[] answers = [.. requests.Select(static _ => new List<string>())];
        for (int i = 0; i < requests.Length; i++)
        {
            (string subject, string payload) = requests[i];
            await client.SendAsync($"PUB {subject} answers.{i} {payload.Length}\r\n{payload}\r\n");
            await ReadUntilAsync(client, Fence, answers);
        }

        await ReadUntilAsync(client, LateFence, answers);
        return string.Concat(requests.Select((request, i) => $"{request.Subject} {request.Payload}\n  {(answers[i].Count == 0 ? "(silence)" : string.Join(' ', answers[i]))}\n"));
    }

    private static async Task ReadUntilAsync(RawClient client, string fence, List<string>[] answers)
    {
        await client.SendAsync($"PUB {fence} answers.fence 0\r\n\r\n");
        while (true)
        {
            ReceivedMessage message = await client.ReadMessageAsync();
            string about = message.Subject["answers.".Length..];
            if (about == "fence") return;
            answers[int.Parse(about, CultureInfo.InvariantCulture)].Add(Changing().Replace(message.Text, "${name}=?"));
        }
    }

    [GeneratedRegex("(?<name>\"(ts|created|first_ts|last_ts|time)\"):\"[^\"]*\"|\"(total|errors)\":[0-9]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();

    [GeneratedRegex("\"err_code\":(?<code>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorCode();
}
