using System.Text.Json;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Api;
using NATS.Server.Monitoring;
using NATS.Server.Testing.JetStream;
using NATS.Server.UnitTests.Monitoring;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Streams;

/// <summary>How much may wait to be stored, what is told when a disk is full, and how many requests may wait: in a simulated server.</summary>
public sealed class StreamWaitingTests
{
    private const string TooMany = """{"error":{"code":429,"err_code":10167,"description":"too many requests"},"stream":"S","seq":0}""";

    private static readonly StreamConfig Config = new()
    {
        Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File, MaxMessageSize = 100_000, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1,
    };

    [Fact]
    public void A_message_beyond_what_may_wait_is_refused_and_the_next_one_after_a_commit_is_not()
    {
        var world = new SimulatedJetStream(1, isDurable: true, change: static services => services with { MaxWaitingMessages = 2 });
        List<SimulatedMessage> answers = Answers(world);
        Create(world, Config);
        world.Publish(("s.a", "answers", "one"), ("s.a", "answers", "two"), ("s.a", "answers", "three"));
        world.Publish(("s.a", "answers", "four"), ("s.a", "", "five"));
        world.RunUntilIdle();

        // Where nothing is stored, nothing has to wait.
        Assert.Equal([TooMany, """{"stream":"S","seq":1}""", """{"stream":"S","seq":2}""", TooMany], answers.Select(static answer => answer.Payload));
        Assert.Equal(["NATS/1.0 429 Too Many Requests\r\n\r\n", "", "", "NATS/1.0 429 Too Many Requests\r\n\r\n"], answers.Select(static answer => answer.Headers));
        answers.Clear();
        world.Publish(("s.a", "answers", "six"), ("s.a", "answers", "seven"));
        world.RunUntilIdle();
        Assert.Equal(["""{"stream":"S","seq":3}""", """{"stream":"S","seq":4}"""], answers.Select(static answer => answer.Payload));
    }

    [Fact]
    public void Bytes_that_wait_are_limited_also_of_a_stream_that_acknowledges_nothing()
    {
        // Subject, reply and payload of the first two are 3, 7 and 40 bytes long.
        var world = new SimulatedJetStream(1, isDurable: false, change: static services => services with { MaxWaitingBytes = 100 });
        List<SimulatedMessage> answers = Answers(world);
        Stream stream = Create(world, Config with { NoAck = true });
        world.Publish(("s.a", "answers", new string('x', 40)), ("s.a", "answers", new string('x', 40)), ("s.a", "answers", ""));
        world.RunUntilIdle();
        Assert.Equal([TooMany], answers.Select(static answer => answer.Payload));
        Assert.Equal(2UL, stream.Store.State.Messages);
    }

    [Fact]
    public void Messages_that_are_refused_for_other_reasons_do_not_wait()
    {
        var world = new SimulatedJetStream(1, isDurable: true, change: static services => services with { MaxWaitingMessages = 2 });
        List<SimulatedMessage> answers = Answers(world);
        Create(world, Config with { MaxMessageSize = 3 });
        for (int i = 0; i < 10; i++) world.Publish(("s.a", "", "too long"));
        world.Publish(("s.a", "answers", "one"));
        world.RunUntilIdle();
        Assert.Equal(["""{"stream":"S","seq":1}"""], answers.Select(static answer => answer.Payload));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_system_account_learns_of_a_full_disk_once_and_again_when_it_was_not_full_in_between(bool isDurable)
    {
        var world = new SimulatedJetStream(1, isDurable, change: static services => services with { ServerName = "N", ServerId = "ID" });
        List<SimulatedMessage> answers = Answers(world);
        List<SimulatedMessage> events = [];
        world.SystemPort.Subscribe("$JS.EVENT.>", events.Add);
        Stream stream = Create(world, Config);
        var monitored = new FakeMonitoredServer { JetStream = world.Engine };
        monitored.Accounts.Add(new AccountSnapshot { Name = "A", Sublist = default });
        for (int round = 1; round <= 2; round++)
        {
            answers.Clear();
            world.Disk.CapacityBytes = world.Disk.UsedBytes + 10_000;
            for (int i = 0; i < 3; i++)
            {
                world.Publish(("s.a", "answers", new string('x', 20_000)));
                world.RunUntilIdle();
            }

            Assert.All(answers, static answer => Assert.Contains("insufficient resources", answer.Payload, StringComparison.Ordinal));
            Assert.Equal((503, "JetStream stream 'A > S' write error: no space left on device"), HealthOf(monitored));
            Assert.Equal(round, events.Count);
            using JsonDocument told = JsonDocument.Parse(events[^1].Payload);
            Assert.Equal(("$JS.EVENT.ADVISORY.SERVER.OUT_OF_STORAGE", "N", "ID", "S"), (events[^1].Subject, Text(told, "server"), Text(told, "server_id"), Text(told, "stream")));

            // There is space again, which is found out though nobody publishes.
            world.Disk.CapacityBytes = long.MaxValue;
            world.Advance(TimeSpan.FromSeconds(11));
            Assert.Equal((200, null), HealthOf(monitored));
            world.Publish(("s.a", "answers", "x"));
            world.RunUntilIdle();
            Assert.Contains("\"seq\":", answers[^1].Payload, StringComparison.Ordinal);
            Assert.DoesNotContain("error", answers[^1].Payload, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Requests_for_information_have_a_limit_of_their_own_and_who_is_dropped_the_system_account_learns()
    {
        var world = new SimulatedJetStream(1, isDurable: true, configure: static options => options with { RequestQueueLimit = 3, InformationQueueLimit = 2, Domain = "D" }, change: static services => services with { ServerName = "N" });
        List<SimulatedMessage> answers = Answers(world);
        List<SimulatedMessage> events = [];
        List<SimulatedMessage> own = [];
        world.SystemPort.Subscribe("$JS.EVENT.>", events.Add);
        world.Port.Subscribe("$JS.EVENT.ADVISORY.API.>", own.Add);
        new ApiService(world.Engine).Attach(world.Port, world.Account);
        for (int i = 0; i < 4; i++) world.Publish(("$JS.API.STREAM.INFO.NONE", "answers", ""));
        for (int i = 0; i < 4; i++) world.Publish(("$JS.API.STREAM.DELETE.NONE", "answers", ""));
        Assert.Equal(3, events.Count);
        Assert.Empty(own);
        using JsonDocument told = JsonDocument.Parse(events[0].Payload);
        Assert.Equal(("$JS.EVENT.ADVISORY.API.LIMIT_REACHED", "N", "D", 1), (events[0].Subject, Text(told, "server"), Text(told, "domain"), told.RootElement.GetProperty("dropped").GetInt32()));
        world.RunUntilIdle();
        Assert.Equal(5, answers.Count);

        // Those that were answered make room.
        world.Publish(("$JS.API.STREAM.INFO.NONE", "answers", ""), ("$JS.API.STREAM.INFO.NONE", "answers", ""));
        world.RunUntilIdle();
        Assert.Equal((7, 3), (answers.Count, events.Count));
    }

    private static (int Code, string? Error) HealthOf(FakeMonitoredServer server)
    {
        HealthStatus health = JetStreamHealth.Judge(new HealthzOptions(), server);
        return (health.StatusCode, health.Error);
    }

    private static string Text(JsonDocument told, string name) => told.RootElement.GetProperty(name).GetString()!;

    private static List<SimulatedMessage> Answers(SimulatedJetStream world)
    {
        List<SimulatedMessage> answers = [];
        world.Port.Subscribe("answers", answers.Add);
        return answers;
    }

    private static Stream Create(SimulatedJetStream world, StreamConfig config)
    {
        Assert.Null(world.Account.CreateStream(config, out Stream? stream));
        world.RunUntilIdle();
        return stream!;
    }
}
