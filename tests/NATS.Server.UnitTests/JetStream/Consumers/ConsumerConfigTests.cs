using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

/// <summary>Some of what the comparison with the reference covers whole, for machines that do not have it.</summary>
public sealed class ConsumerConfigTests
{
    private const string Everything =
        """{"Created":"2026-01-02T03:04:05Z","Name":"N","durable_name":"D","name":"D","description":"x","deliver_policy":"by_start_time","opt_start_seq":1,"opt_start_time":"2026-01-02T03:04:05Z","ack_policy":"flow_control","ack_wait":2,"max_deliver":3,"backoff":[4,5],"filter_subject":"\u003e","filter_subjects":["a","b"],"replay_policy":"original","rate_limit_bps":6,"sample_freq":"7%","max_waiting":8,"max_ack_pending":9,"flow_control":true,"headers_only":true,"max_batch":10,"max_expires":11,"max_bytes":12,"deliver_subject":"d","deliver_group":"g","idle_heartbeat":13,"inactive_threshold":14,"num_replicas":1,"mem_storage":true,"direct":true,"sourcing":true,"metadata":{"a":"b"},"pause_until":"2027-01-02T03:04:05Z","priority_groups":["p"],"priority_policy":"pinned_client","priority_timeout":15}""";

    private static readonly StreamConfig Stream = new() { Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File };

    [Fact]
    public void Every_field_is_read_and_written_as_it_was()
    {
        Assert.True(ConsumerConfigJson.TryReadFile(Encoding.UTF8.GetBytes(Everything), isStrict: true, out ZonedTime created, out string name, out ConsumerConfig config, out string? problem), problem);
        Assert.Equal("N", name);
        Assert.Equal(Everything, Encoding.UTF8.GetString(ConsumerConfigJson.WriteFile(created, name, config)));
    }

    [Fact]
    public void What_is_not_said_is_filled_in()
    {
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S.C", """{"ack_policy":"explicit"}""", [], out PlannedConsumer consumer));
        Assert.Equal(("C", true), (consumer.Name, consumer.IsNew));
        Assert.True(consumer.Config is { AckWaitNs: 30_000_000_000, MaxDeliver: -1, MaxWaiting: 512, MaxAckPending: 1000, InactiveThresholdNs: 0 });
        Assert.Equal(5_000_000_000, consumer.Running.InactiveThresholdNs);
    }

    [Fact]
    public void A_consumer_without_a_name_gets_one_that_only_its_file_shows()
    {
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S", "{}", [], out PlannedConsumer consumer));
        Assert.Equal(("free", "", "free"), (consumer.Name, consumer.Running.Name, consumer.Stored.Name));
    }

    [Theory]
    [InlineData("$JS.API.CONSUMER.CREATE.S.C", """{"durable_name":"D"}""", ApiErrorCode.ConsumerDurableNameNotMatchSubject)]
    [InlineData("$JS.API.CONSUMER.CREATE.S", """{"durable_name":"D"}""", ApiErrorCode.ConsumerEphemeralWithDurableName)]
    [InlineData("$JS.API.CONSUMER.DURABLE.CREATE.S.C", "{}", ApiErrorCode.ConsumerDurableNameNotSet)]
    [InlineData("$JS.API.CONSUMER.CREATE.T.C", "{}", ApiErrorCode.StreamMismatch)]
    [InlineData("$JS.API.CONSUMER.CREATE.S.C.s.a", """{"filter_subject":"s.b"}""", ApiErrorCode.ConsumerCreateFilterSubjectMismatch)]
    [InlineData("$JS.API.CONSUMER.CREATE.S.C", """{"ack_wait":-1}""", ApiErrorCode.ConsumerAckWaitNegative)]
    [InlineData("$JS.API.CONSUMER.CREATE.S.C", """{"deliver_subject":"s.x"}""", ApiErrorCode.ConsumerDeliverCycle)]
    [InlineData("$JS.API.CONSUMER.CREATE.S.C", """{"num_replicas":3}""", ApiErrorCode.StreamReplicasNotSupported)]
    public void What_is_wrong_is_refused(string subject, string config, ApiErrorCode expected) => Assert.Equal(expected, Judge(subject, config, [], out _)?.ErrorCode);

    [Fact]
    public void A_new_subject_to_deliver_to_is_refused_as_long_as_somebody_listens_at_the_old_one()
    {
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S.C", """{"deliver_subject":"d"}""", [], out PlannedConsumer consumer));
        Dictionary<string, ConsumerConfig> consumers = new() { ["C"] = consumer.Running };
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S.C", """{"deliver_subject":"e"}""", consumers, out PlannedConsumer changed));
        Assert.False(changed.IsNew);
        Assert.Equal(ApiErrorCode.ConsumerNameExist, Judge("$JS.API.CONSUMER.CREATE.S.C", """{"deliver_subject":"e"}""", consumers, out _, listened: "d")?.ErrorCode);
    }

    [Fact]
    public void A_pause_is_not_changed_by_an_update()
    {
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S.C", """{"pause_until":"2090-01-01T00:00:00+01:00"}""", [], out PlannedConsumer consumer));
        Assert.Null(Judge("$JS.API.CONSUMER.CREATE.S.C", """{"pause_until":"2091-01-01T00:00:00Z"}""", new Dictionary<string, ConsumerConfig> { ["C"] = consumer.Running }, out PlannedConsumer changed));
        Assert.Equal("2089-12-31T23:00:00Z", changed.Config.PauseUntil.ToString());
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("5", true)]
    [InlineData("+5", true)]
    [InlineData("6", false)]
    [InlineData("x", false)]
    [InlineData("99999999999999999999", false)]
    public void A_required_level_is_had_or_not(string value, bool expected) => Assert.Equal(expected, ApiLevel.Supports(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Assets_need_the_level_of_what_they_use()
    {
        Assert.Equal([0, 1, 2, 2, 4], new[]
        {
            new StreamConfig(), new StreamConfig { AllowMessageTtl = true }, new StreamConfig { AllowMessageCounter = true }, new StreamConfig { PersistMode = PersistMode.Async },
            new StreamConfig { AllowBatchPublish = true, AllowMessageTtl = true },
        }.Select(ApiLevel.RequiredBy));
        Assert.Equal([0, 1, 1, 4], new[]
        {
            new ConsumerConfig(), new ConsumerConfig { PauseUntil = new ZonedTime(5, 0) }, new ConsumerConfig { PriorityGroups = ["a"] }, new ConsumerConfig { AckPolicy = AckPolicy.FlowControl },
        }.Select(ApiLevel.RequiredBy));
    }

    // A stream's own number counts, or else its account's; the server's is for those that neither bounds.
    [Theory]
    [InlineData(-1, -1, 2, true)]
    [InlineData(0, 0, 2, true)]
    [InlineData(-1, -1, 3, false)]
    [InlineData(-1, -1, 0, false)]
    [InlineData(-1, -1, -1, false)]
    [InlineData(3, -1, 1, false)]
    [InlineData(-1, 3, 1, false)]
    [InlineData(2, 3, 5, true)]
    [InlineData(3, 2, 5, true)]
    public void A_stream_has_as_many_consumers_as_it_or_its_account_or_else_the_server_says(long ofStream, long ofAccount, long ofServer, bool isFull)
    {
        var consumers = new Dictionary<string, ConsumerConfig> { ["A"] = new() { Durable = "A" }, ["B"] = new() { Durable = "B" } };
        var limits = new ServerLimits { DefaultMaxConsumers = ofServer };
        var error = Judge("$JS.API.CONSUMER.CREATE.S.C", "{\"name\":\"C\",\"durable_name\":\"C\"}", consumers, out _, server: limits, maxConsumers: ofAccount, stream: Stream with { MaxConsumers = ofStream });
        Assert.Equal(isFull ? ApiErrors.MaximumConsumersLimit : null, error);
    }

    private static ApiError? Judge(
        string subject, string config, Dictionary<string, ConsumerConfig> consumers, out PlannedConsumer consumer, string listened = "", ServerLimits? server = null, long maxConsumers = -1,
        StreamConfig? stream = null)
    {
        Assert.True(ConsumerConfigJson.TryReadRequest(Encoding.UTF8.GetBytes($"{{\"stream_name\":\"S\",\"config\":{config}}}"), isStrict: true, out ConsumerRequest request, out string? problem), problem);
        Assert.True(ConsumerRequestSubject.TryParse(subject, out ConsumerRequestSubject parsed));
        var surroundings = new ConsumerSurroundings
        {
            View = new JetStreamView
            {
                Server = server ?? new ServerLimits(),
                Tiers = new AccountTiers(new AccountLimits { MaxConsumers = maxConsumers }),
                Streams = new Dictionary<string, StreamConfig> { ["S"] = stream ?? Stream },
            },
            Consumers = consumers,
            FreeName = "free",
            HasInterest = subject => subject == listened,
        };
        return ConsumerRequestRules.Judge(parsed, request, surroundings, out consumer);
    }
}
