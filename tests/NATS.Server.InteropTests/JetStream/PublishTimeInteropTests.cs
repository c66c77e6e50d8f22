using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.JetStream;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What streams publish by themselves when its time has come, as the real server does: seen because they publish everything again.</summary>
public sealed partial class PublishTimeInteropTests
{
    private const string Config =
        """{"name":"S","subjects":["s.>"],"storage":"file","allow_msg_schedules":true,"allow_msg_ttl":true,"subject_delete_marker_ttl":3600000000000,"republish":{"src":">","dest":"again.>"}}""";

    [Theory]
    [InlineData("s.plan | Nats-Schedule: @at {soon} | Nats-Schedule-Target: s.t | Nats-Schedule-TTL: 2h | X: y | Nats-Msg-Id: plan || content", 1)]
    [InlineData("s.plan | Nats-Schedule: @at 2020-01-01T00:00:00Z | Nats-Schedule-Target: s.t | Nats-Schedule-Rollup: sub || late", 1)]
    [InlineData("s.plan | Nats-Schedule: @every 1s | Nats-Schedule-Target: s.t | Nats-Schedule-Source: s.src || not this", 2)]
    [InlineData("s.plan | Nats-Schedule: @every 1s | Nats-Schedule-Target: s.t | Nats-Schedule-Source: s.nothing || this", 1)]
    [InlineData("s.plan | Nats-Schedule: * * * * * * | Nats-Schedule-Target: s.t | Nats-Schedule-Time-Zone: Asia/Kathmandu || cron", 1)]
    public async Task Schedules_publish_the_same_messages(string schedule, int count)
    {
        string[] steps = ["s.src | Z: 1 | Nats-TTL: 3h || of the source", schedule.Replace("{soon}", DateTime.UtcNow.AddSeconds(1).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), StringComparison.Ordinal)];
        await CompareAsync(steps, count);
    }

    [Fact]
    public async Task A_marker_stands_for_the_last_message_of_a_subject_that_has_expired() =>
        await CompareAsync(["s.x | Nats-TTL: 1h || stays", "s.x || stays too", "s.kv | KV-Operation: PURGE || marker of a client"], 0, more: "max_age");

    private static async Task CompareAsync(string[] steps, int count, string more = "")
    {
        // With an age the messages expire; what was published by a client as a marker leaves none.
        string config = more.Length == 0 ? Config : Config[..^1] + ",\"max_age\":1000000000}";
        if (more.Length > 0) count = 1;
        var scenario = new PublishScenario("time", config, [.. steps.Select(PublishScenario.Parse)]);
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using PublishScript script = await PublishScript.ConnectAsync(server.Port);
        string created = await script.BeginAsync(scenario);
        using var folder = new TemporaryFolder();
        await using NatsServer ours = await NatsServer.StartAsync(new ServerOptions
        {
            Port = ServerOptions.RandomPort,
            JetStream = new JetStreamOptions { StoreDirectory = folder.Path, SyncInterval = TimeSpan.FromMinutes(2) },
        });
        await using PublishScript ourScript = await PublishScript.ConnectAsync(ours.ClientEndPoint!.Port);
        Assert.True(ours.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        Assert.True(StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes(created), isStrict: false, out StreamRequest request, out _));
        Assert.Null(account.CreateStream(request.Config, out _));
        foreach (PublishStep step in scenario.Steps) Assert.Equal(Show(await script.PublishAsync(step)), Show(await ourScript.PublishAsync(step)));
        Assert.Equal(Show(await script.ReadAnswersAsync(count)), Show(await ourScript.ReadAnswersAsync(count)));
    }

    private static string Show(IEnumerable<PublishedAnswer> answers) => Variable().Replace(string.Join(" & ", answers.Select(static answer => $"[{answer.Subject}] {answer.Text}")), "*");

    // Digits of times; what is around them stays: the distance from UTC, and whether there is a fraction.
    [GeneratedRegex(@"(?<=Nats-Time-Stamp: )[^\r]+|(?<=Nats-Schedule-Next: )[\d:T-]{19}|(?<=\[answers\.)\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
