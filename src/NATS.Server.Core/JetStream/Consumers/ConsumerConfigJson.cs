using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Pure. The JSON of consumer configurations, for requests, answers and <c>meta.inf</c>: what the reference reads, and byte for byte what it writes.
/// </summary>
public static class ConsumerConfigJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };
    private static readonly string[] DeliverPolicies = ["all", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject", "undefined"];
    private static readonly string[] AckPolicies = ["none", "all", "explicit", "flow_control"];
    private static readonly string[] ReplayPolicies = ["instant", "original"];
    private static readonly string[] PriorityPolicies = ["none", "overflow", "pinned_client", "prioritized"];
    private static readonly string[] Actions = ["", "update", "create"];

    private static readonly string[] ConfigNames =
    [
        "durable_name", "name", "description", "deliver_policy", "opt_start_seq", "opt_start_time", "ack_policy", "ack_wait", "max_deliver", "backoff", "filter_subject",
        "filter_subjects", "replay_policy", "rate_limit_bps", "sample_freq", "max_waiting", "max_ack_pending", "flow_control", "headers_only", "max_batch", "max_expires",
        "max_bytes", "deliver_subject", "deliver_group", "idle_heartbeat", "inactive_threshold", "num_replicas", "mem_storage", "direct", "sourcing", "metadata",
        "pause_until", "priority_groups", "priority_policy", "priority_timeout",
    ];

    /// <summary>Reads the request to create or update a consumer.</summary>
    /// <param name="text">The payload.</param>
    /// <param name="isStrict">Whether an unknown property is a problem.</param>
    /// <param name="request">The request.</param>
    /// <param name="problem">What follows <c>invalid JSON:</c>.</param>
    public static bool TryReadRequest(ReadOnlyMemory<byte> text, bool isStrict, out ConsumerRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new ConsumerRequest();
        return JsonRequest.TryRead(text, "CreateConsumerRequest", isStrict, ref request, ReadRequest, out problem);
    }

    /// <summary>Reads <c>meta.inf</c>.</summary>
    /// <param name="text">All of it, decrypted.</param>
    /// <param name="isStrict">Whether an unknown property is a problem: it may be of a later version, which means something by it.</param>
    /// <param name="created">When the consumer was created.</param>
    /// <param name="name">Its name; empty in files of old versions.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="problem">In the words of the reference.</param>
    public static bool TryReadFile(
        ReadOnlyMemory<byte> text, bool isStrict, out ZonedTime created, out string name, out ConsumerConfig config, [NotNullWhen(false)] out string? problem)
    {
        (ZonedTime? Created, string Name, ConsumerConfig Config) file = (null, "", new ConsumerConfig());
        bool isRead = JsonRequest.TryRead(text, "FileConsumerInfo", isStrict, ref file, ReadFile, out problem);
        created = file.Created ?? default;
        name = file.Name;
        config = file.Config;
        return isRead;
    }

    /// <summary>The content of <c>meta.inf</c>.</summary>
    public static byte[] WriteFile(ZonedTime created, string name, ConsumerConfig config)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("Created"u8, created.ToString());
            json.WriteString("Name"u8, name);
            WriteProperties(json, config);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a configuration as an object; the writer must escape with <see cref="GoJsonEncoder"/>.</summary>
    public static void Write(Utf8JsonWriter json, ConsumerConfig config)
    {
        json.WriteStartObject();
        WriteProperties(json, config);
        json.WriteEndObject();
    }

    private static ConsumerRequest ReadRequest(JsonCursor json, ConsumerRequest request)
    {
        if (!json.EnterObject("server.CreateConsumerRequest")) return request;
        while (json.NextProperty(["stream_name", "config", "action", "pedantic"], out string name))
        {
            request = name switch
            {
                "stream_name" => request with { Stream = json.Text(request.Stream) },
                "config" => request with { Config = ReadConfig(json, request.Config) },
                "action" => request with { Action = (ConsumerAction)ChoiceOrUnknown(json, Actions, "unknown consumer action") },
                _ => request with { IsPedantic = json.Flag(request.IsPedantic) },
            };
        }

        return request;
    }

    // "Created" and "Name" differ from properties of the configuration by case alone, if at all.
    private static (ZonedTime? Created, string Name, ConsumerConfig Config) ReadFile(JsonCursor json, (ZonedTime? Created, string Name, ConsumerConfig Config) file)
    {
        if (!json.EnterObject("server.FileConsumerInfo")) return file;
        while (json.NextProperty(["Created", "Name", .. ConfigNames], out string name))
        {
            if (name == "Created") file.Created = json.Time();
            else if (name == "Name") file.Name = json.Text(file.Name);
            else file.Config = ReadProperty(json, file.Config, name);
        }

        return file;
    }

    private static ConsumerConfig ReadConfig(JsonCursor json, ConsumerConfig config)
    {
        if (!json.EnterObject("server.ConsumerConfig")) return config;
        while (json.NextProperty(ConfigNames, out string name)) config = ReadProperty(json, config, name);
        return config;
    }

    private static ConsumerConfig ReadProperty(JsonCursor json, ConsumerConfig config, string name) => name switch
    {
        "durable_name" => config with { Durable = json.Text(config.Durable) },
        "name" => config with { Name = json.Text(config.Name) },
        "description" => config with { Description = json.Text(config.Description) },
        "deliver_policy" => config with { DeliverPolicy = ReadDeliverPolicy(json) },
        "opt_start_seq" => config with { StartSequence = json.Unsigned(config.StartSequence) },
        "opt_start_time" => config with { StartTime = json.Time() },
        "ack_policy" => config with { AckPolicy = (AckPolicy)json.Choice(AckPolicies) },
        "ack_wait" => config with { AckWaitNs = json.Duration(config.AckWaitNs) },
        "max_deliver" => config with { MaxDeliver = json.Number(config.MaxDeliver, "int") },
        "backoff" => config with { BackOffNs = ReadDurations(json) },
        "filter_subject" => config with { FilterSubject = json.Text(config.FilterSubject) },
        "filter_subjects" => config with { FilterSubjects = json.Texts() },
        "replay_policy" => config with { ReplayPolicy = (ReplayPolicy)json.Choice(ReplayPolicies) },
        "rate_limit_bps" => config with { RateLimit = json.Unsigned(config.RateLimit) },
        "sample_freq" => config with { SampleFrequency = json.Text(config.SampleFrequency) },
        "max_waiting" => config with { MaxWaiting = json.Number(config.MaxWaiting, "int") },
        "max_ack_pending" => config with { MaxAckPending = json.Number(config.MaxAckPending, "int") },
        "flow_control" => config with { FlowControl = json.Flag(config.FlowControl) },
        "headers_only" => config with { HeadersOnly = json.Flag(config.HeadersOnly) },
        "max_batch" => config with { MaxRequestBatch = json.Number(config.MaxRequestBatch, "int") },
        "max_expires" => config with { MaxRequestExpiresNs = json.Duration(config.MaxRequestExpiresNs) },
        "max_bytes" => config with { MaxRequestMaxBytes = json.Number(config.MaxRequestMaxBytes, "int") },
        "deliver_subject" => config with { DeliverSubject = json.Text(config.DeliverSubject) },
        "deliver_group" => config with { DeliverGroup = json.Text(config.DeliverGroup) },
        "idle_heartbeat" => config with { HeartbeatNs = json.Duration(config.HeartbeatNs) },
        "inactive_threshold" => config with { InactiveThresholdNs = json.Duration(config.InactiveThresholdNs) },
        "num_replicas" => config with { Replicas = json.Number(config.Replicas, "int") },
        "mem_storage" => config with { MemoryStorage = json.Flag(config.MemoryStorage) },
        "direct" => config with { Direct = json.Flag(config.Direct) },
        "sourcing" => config with { Sourcing = json.Flag(config.Sourcing) },
        "metadata" => config with { Metadata = ConfigMetadataJson.Read(json, config.Metadata) },
        "pause_until" => config with { PauseUntil = json.Time() },
        "priority_groups" => config with { PriorityGroups = json.Texts() },
        "priority_policy" => config with { PriorityPolicy = (PriorityPolicy)ChoiceOrUnknown(json, PriorityPolicies, "unknown priority policy") },
        _ => config with { PriorityTimeoutNs = json.Duration(config.PriorityTimeoutNs) },
    };

    private static DeliverPolicy ReadDeliverPolicy(JsonCursor json)
    {
        var policy = (DeliverPolicy)json.Choice(DeliverPolicies);
        return policy > DeliverPolicy.LastPerSubject ? DeliverPolicy.All : policy;
    }

    private static int ChoiceOrUnknown(JsonCursor json, string[] choices, string problem)
    {
        ReadOnlySpan<byte> raw = json.Raw();
        int choice = JsonCursor.IndexOf(choices, raw);
        if (choice < 0) json.Fail($"{problem}: {Encoding.UTF8.GetString(raw)}");
        return Math.Max(choice, 0);
    }

    private static ValueList<long>? ReadDurations(JsonCursor json)
    {
        if (!json.EnterArray("[]time.Duration")) return null;
        List<long> durations = [];
        while (json.NextElement()) durations.Add(json.Duration(0));
        return [.. durations];
    }

    private static void WriteProperties(Utf8JsonWriter json, ConsumerConfig config)
    {
        json.WriteTextUnlessEmpty("durable_name"u8, config.Durable);
        json.WriteTextUnlessEmpty("name"u8, config.Name);
        json.WriteTextUnlessEmpty("description"u8, config.Description);
        json.WriteString("deliver_policy"u8, DeliverPolicies[(int)config.DeliverPolicy]);
        if (config.StartSequence > 0) json.WriteNumber("opt_start_seq"u8, config.StartSequence);
        if (config.StartTime is { } start) json.WriteString("opt_start_time"u8, start.ToString());
        json.WriteString("ack_policy"u8, AckPolicies[(int)config.AckPolicy]);
        json.WriteNumberUnlessZero("ack_wait"u8, config.AckWaitNs);
        json.WriteNumberUnlessZero("max_deliver"u8, config.MaxDeliver);
        json.WriteListUnlessEmpty("backoff"u8, config.BackOffNs, static (writer, wait) => writer.WriteNumberValue(wait));
        json.WriteTextUnlessEmpty("filter_subject"u8, config.FilterSubject);
        json.WriteTextsUnlessEmpty("filter_subjects"u8, config.FilterSubjects);
        json.WriteString("replay_policy"u8, ReplayPolicies[(int)config.ReplayPolicy]);
        if (config.RateLimit > 0) json.WriteNumber("rate_limit_bps"u8, config.RateLimit);
        json.WriteTextUnlessEmpty("sample_freq"u8, config.SampleFrequency);
        json.WriteNumberUnlessZero("max_waiting"u8, config.MaxWaiting);
        json.WriteNumberUnlessZero("max_ack_pending"u8, config.MaxAckPending);
        json.WriteFlagIfSet("flow_control"u8, config.FlowControl);
        json.WriteFlagIfSet("headers_only"u8, config.HeadersOnly);
        json.WriteNumberUnlessZero("max_batch"u8, config.MaxRequestBatch);
        json.WriteNumberUnlessZero("max_expires"u8, config.MaxRequestExpiresNs);
        json.WriteNumberUnlessZero("max_bytes"u8, config.MaxRequestMaxBytes);
        json.WriteTextUnlessEmpty("deliver_subject"u8, config.DeliverSubject);
        json.WriteTextUnlessEmpty("deliver_group"u8, config.DeliverGroup);
        json.WriteNumberUnlessZero("idle_heartbeat"u8, config.HeartbeatNs);
        json.WriteNumberUnlessZero("inactive_threshold"u8, config.InactiveThresholdNs);
        json.WriteNumber("num_replicas"u8, config.Replicas);
        json.WriteFlagIfSet("mem_storage"u8, config.MemoryStorage);
        json.WriteFlagIfSet("direct"u8, config.Direct);
        json.WriteFlagIfSet("sourcing"u8, config.Sourcing);
        ConfigMetadataJson.WriteUnlessEmpty(json, config.Metadata);
        if (config.PauseUntil is { } pause) json.WriteString("pause_until"u8, pause.ToString());
        json.WriteTextsUnlessEmpty("priority_groups"u8, config.PriorityGroups);
        if (config.PriorityPolicy != PriorityPolicy.None) json.WriteString("priority_policy"u8, PriorityPolicies[(int)config.PriorityPolicy]);
        json.WriteNumberUnlessZero("priority_timeout"u8, config.PriorityTimeoutNs);
    }
}
