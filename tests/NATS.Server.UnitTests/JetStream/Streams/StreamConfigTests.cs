using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Streams;

/// <summary>Some of what the comparison with the reference covers whole, for machines that do not have it.</summary>
public sealed class StreamConfigTests
{
    private const string Everything =
        """{"Created":"2026-01-02T03:04:05.5Z","name":"A","description":"d","subjects":["a.\u003e","b"],"retention":"interest","max_consumers":1,"max_msgs":2,"max_bytes":3,"max_age":4,"max_msgs_per_subject":5,"max_msg_size":6,"discard":"new","storage":"memory","num_replicas":3,"no_ack":true,"duplicate_window":7,"placement":{"cluster":"c","tags":["t"],"preferred":"p"},"mirror":{"name":"m","opt_start_seq":8,"opt_start_time":"2026-01-02T03:04:05+02:00","filter_subject":"f","subject_transforms":[{"src":"s","dest":"d"}],"external":{"api":"x","deliver":"y"},"consumer":{"name":"n","deliver_subject":"z"}},"sources":[{"name":"q"},{"name":"r"}],"compression":"s2","first_seq":9,"subject_transform":{"src":"1","dest":"2"},"republish":{"src":"3","dest":"4","headers_only":true},"allow_direct":true,"mirror_direct":true,"discard_new_per_subject":true,"sealed":true,"deny_delete":true,"deny_purge":true,"allow_rollup_hdrs":true,"consumer_limits":{"inactive_threshold":10,"max_ack_pending":11},"allow_msg_ttl":true,"subject_delete_marker_ttl":12,"allow_msg_counter":true,"allow_atomic":true,"allow_msg_schedules":true,"persist_mode":"async","allow_batched":true,"metadata":{"a":"1","b":"2"}}""";

    [Fact]
    public void Every_field_is_read_and_written_as_it_was()
    {
        Assert.True(StreamConfigJson.TryReadFile(Encoding.UTF8.GetBytes(Everything), isStrict: true, out ZonedTime created, out StreamConfig config, out string? problem), problem);
        Assert.Equal(Everything, Encoding.UTF8.GetString(StreamConfigJson.WriteFile(created, config)));
    }

    [Fact]
    public void Blanks_may_be_anywhere()
    {
        StreamConfigJson.TryReadFile(Encoding.UTF8.GetBytes(Everything), isStrict: true, out _, out StreamConfig expected, out _);
        string spaced = System.Text.RegularExpressions.Regex.Replace(Everything, "[{}\\[\\],:](?=[\"\\d{}\\[\\]tf,:]|$)", " \t$&\r\n ").Replace("T03 \t:\r\n 04 \t:\r\n 05", "T03:04:05").Replace("+02 \t:\r\n 00", "+02:00");
        Assert.True(StreamConfigJson.TryReadFile(Encoding.UTF8.GetBytes(spaced), isStrict: true, out _, out StreamConfig config, out string? problem), problem);
        Assert.Equal(expected, config);
    }

    [Fact]
    public void Configurations_are_equal_by_content()
    {
        StreamConfigJson.TryReadFile(Encoding.UTF8.GetBytes(Everything), isStrict: true, out _, out StreamConfig one, out _);
        StreamConfigJson.TryReadFile(Encoding.UTF8.GetBytes(Everything), isStrict: true, out _, out StreamConfig other, out _);
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, other with { Subjects = ["a.>"] });
        Assert.NotEqual(one, other with { Metadata = other.Metadata.With("a", "2") });
        Assert.NotEqual(new StreamConfig(), new StreamConfig { Sources = [] });
    }

    [Fact]
    public void An_empty_request_is_an_empty_configuration()
    {
        Assert.True(StreamConfigJson.TryReadRequest(default, isStrict: true, out StreamRequest request, out _));
        Assert.Equal(new StreamRequest(), request);
    }

    [Fact]
    public void What_is_not_said_is_filled_in()
    {
        Assert.Null(Create("""{"name":"A"}""", out StreamConfig config));
        Assert.Equal(["A"], config.Subjects);
        Assert.Equal((StorageType.File, 1, -1, 120_000_000_000), (config.Storage, config.Replicas, config.MaxMessages, config.DuplicateWindowNs));
        Assert.True(config.Metadata.TryGet(ApiLevel.RequiredKey, out string? level));
        Assert.Equal("0", level);
    }

    [Theory]
    [InlineData("""{"name":"B"}""", "stream name in subject does not match request (10056)")]
    [InlineData("""{"name":"A","sealed":true}""", "stream configuration for create can not be sealed (10052)")]
    [InlineData("""{"name":"A","num_replicas":3}""", "replicas > 1 not supported in non-clustered mode (10074)")]
    [InlineData("""{"name":"A","pedantic":true,"max_msgs":-2}""", "pedantic mode: max_msgs must be set to -1 (10157)")]
    [InlineData("""{"name":"A","mirror":{"name":"A"}}""", "detected cycle (10052)")]
    [InlineData("""{"name":"A","subjects":["there.1"]}""", "subjects overlap with an existing stream (10065)")]
    [InlineData("""{"name":"A","max_bytes":1001}""", "insufficient storage resources available (10047)")]
    public void What_is_wrong_is_refused(string request, string expected) => Assert.Equal(expected, Create(request, out _)?.ToString());

    [Fact]
    public void The_same_configuration_again_is_no_error_and_another_one_is()
    {
        Assert.Null(Create("""{"name":"A","metadata":{"x":"y"}}""", out StreamConfig config));
        JetStreamView view = View(config);
        StreamConfigJson.TryReadRequest("""{"name":"A","metadata":{"x":"y","_nats.ver":"2.0.0"},"max_msgs":-1}"""u8.ToArray(), isStrict: true, out StreamRequest same, out _);
        Assert.Null(StreamRequestRules.Create("A", same, view, out StreamConfig again));
        Assert.Equal(config, again);
        Assert.Equal(ApiErrorCode.StreamNameExist, StreamRequestRules.Create("A", same with { Config = same.Config with { NoAck = true } }, view, out _)?.ErrorCode);
    }

    [Theory]
    [InlineData("""{"name":"A","storage":"memory"}""", "stream configuration update can not change storage type (10052)")]
    [InlineData("""{"name":"A"}""", "stream configuration update can not cancel deny message deletes (10052)")]
    [InlineData("""{"name":"A","deny_delete":true,"consumer_limits":{"max_ack_pending":5}}""", "change to limits violates consumers: a, b (10069)")]
    [InlineData("""{"name":"X"}""", "stream name in subject does not match request (10056)")]
    public void What_may_not_change_is_refused(string request, string expected)
    {
        Assert.Null(Create("""{"name":"A","deny_delete":true}""", out StreamConfig config));
        Dictionary<string, ConsumerConfig> consumers = new() { ["b"] = new ConsumerConfig { MaxAckPending = 6 }, ["a"] = new ConsumerConfig { MaxAckPending = 7 }, ["c"] = new ConsumerConfig { MaxAckPending = 5 } };
        StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes(request), isStrict: true, out StreamRequest changed, out _);
        Assert.Equal(expected, StreamRequestRules.Update("A", changed, View(config), consumers, out _)?.ToString());
    }

    [Fact]
    public void A_sealed_stream_keeps_everything()
    {
        Assert.Null(Create("""{"name":"A","max_age":200000000000}""", out StreamConfig config));
        StreamRequest changed = new() { Config = config with { Sealed = true } };
        Assert.Null(StreamRequestRules.Update("A", changed, View(config), new Dictionary<string, ConsumerConfig>(), out StreamConfig result));
        Assert.True(result is { MaxAgeNs: 0, Discard: DiscardPolicy.New, DenyDelete: true, DenyPurge: true, AllowRollup: false });
    }

    // Each layer reads both streams of the next: visiting everybody as often as they are read would double with every layer.
    [Fact]
    public void Layers_of_streams_that_read_each_other_are_searched_for_cycles_in_time()
    {
        List<StreamConfig> streams = [];
        for (int layer = 1; layer < 64; layer++)
        {
            foreach (string half in (ReadOnlySpan<string>)["a", "b"])
                streams.Add(new StreamConfig { Name = $"{half}{layer}", Subjects = [$"{half}{layer}"], Sources = [new StreamSource { Name = $"a{layer + 1}" }, new StreamSource { Name = $"b{layer + 1}" }] });
        }

        StreamRequest request = new() { Config = new StreamConfig { Name = "top", Sources = [new StreamSource { Name = "a1" }, new StreamSource { Name = "b1" }] } };
        Assert.Null(StreamRequestRules.Create("top", request, View([.. streams]), out _));
    }

    [Fact]
    public void Many_entries_of_metadata_are_read_in_time_and_sorted_by_their_bytes()
    {
        const int Count = 50_000;
        string entries = string.Join(',', Enumerable.Range(0, Count).Select(static i => $"\"k{i}\":\"\""));
        StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes($"{{\"metadata\":{{{entries},\"\\ud83d\\ude00\":\"\",\"\\uff5e\":\"\"}}}}"), isStrict: true, out StreamRequest request, out _);
        Assert.Equal(Count + 2, request.Config.Metadata.Count);
        Assert.Equal(["\uff5e", "\U0001F600"], request.Config.Metadata.Entries.Select(entry => entry.Key).TakeLast(2));
    }

    private static ApiError? Create([StringSyntax(StringSyntaxAttribute.Json)] string json, out StreamConfig config)
    {
        Assert.True(StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes(json), isStrict: true, out StreamRequest request, out string? problem), problem);
        return StreamRequestRules.Create("A", request, View(new StreamConfig { Name = "there", Subjects = ["there.*"], Replicas = 1, Storage = StorageType.File, MaxBytes = 500 }), out config);
    }

    private static JetStreamView View(params StreamConfig[] streams) => new()
    {
        Server = new ServerLimits { MaxMemory = 10_000, MaxStorage = 10_000 },
        Tiers = new AccountTiers(new AccountLimits { MaxStorage = 1500 }),
        Streams = streams.ToDictionary(stream => stream.Name),
    };
}
