using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>
/// Pure. The JSON of stream configurations, for requests, answers and <c>meta.inf</c>: what the reference reads, and byte for byte what it writes.
/// </summary>
public static class StreamConfigJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };
    private static readonly string[] Retentions = ["limits", "interest", "workqueue"];
    private static readonly string[] Discards = ["old", "new"];
    private static readonly string[] Storages = ["", "file", "memory"];
    private static readonly string[] Compressions = ["none", "s2"];
    private static readonly string[] PersistModes = ["default", "async", ""];

    private static readonly string[] ConfigNames =
    [
        "name", "description", "subjects", "retention", "max_consumers", "max_msgs", "max_bytes", "max_age", "max_msgs_per_subject", "max_msg_size", "discard", "storage",
        "num_replicas", "no_ack", "duplicate_window", "placement", "mirror", "sources", "compression", "first_seq", "subject_transform", "republish", "allow_direct",
        "mirror_direct", "discard_new_per_subject", "sealed", "deny_delete", "deny_purge", "allow_rollup_hdrs", "consumer_limits", "allow_msg_ttl",
        "subject_delete_marker_ttl", "allow_msg_counter", "allow_atomic", "allow_msg_schedules", "persist_mode", "allow_batched", "metadata",
    ];

    private static readonly string[] RequestNames = [.. ConfigNames, "pedantic"];
    private static readonly string[] FileNames = [.. ConfigNames, "created"];
    private static readonly string[] SourceNames = ["name", "opt_start_seq", "opt_start_time", "filter_subject", "subject_transforms", "external", "consumer"];

    /// <summary>Reads the request to create or update a stream.</summary>
    /// <param name="text">The payload.</param>
    /// <param name="isStrict">Whether an unknown property is a problem.</param>
    /// <param name="request">The request.</param>
    /// <param name="problem">What follows <c>invalid JSON:</c>.</param>
    public static bool TryReadRequest(ReadOnlyMemory<byte> text, bool isStrict, out StreamRequest request, [NotNullWhen(false)] out string? problem)
    {
        request = new StreamRequest();
        return JsonRequest.TryRead(text, "StreamConfigRequest", isStrict, ref request, ReadRequest, out problem);
    }

    /// <summary>Reads <c>meta.inf</c>.</summary>
    /// <param name="text">All of it, decrypted.</param>
    /// <param name="isStrict">Whether an unknown property is a problem: it may be of a later version, which means something by it.</param>
    /// <param name="created">When the stream was created.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="problem">In the words of the reference.</param>
    public static bool TryReadFile(ReadOnlyMemory<byte> text, bool isStrict, out ZonedTime created, out StreamConfig config, [NotNullWhen(false)] out string? problem)
    {
        (ZonedTime? Created, StreamConfig Config) file = (null, new StreamConfig());
        bool isRead = JsonRequest.TryRead(text, "FileStreamInfo", isStrict, ref file, ReadFile, out problem);
        created = file.Created ?? default;
        config = file.Config;
        return isRead;
    }

    /// <summary>The content of <c>meta.inf</c>.</summary>
    public static byte[] WriteFile(ZonedTime created, StreamConfig config)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("Created"u8, created.ToString());
            WriteProperties(json, config);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a configuration as an object; the writer must escape with <see cref="GoJsonEncoder"/>.</summary>
    public static void Write(Utf8JsonWriter json, StreamConfig config)
    {
        json.WriteStartObject();
        WriteProperties(json, config);
        json.WriteEndObject();
    }

    /// <summary>Writes how another stream is reached: the external of a source, as answers show it too.</summary>
    public static void WriteExternal(Utf8JsonWriter json, ExternalStream external)
    {
        json.WriteStartObject();
        json.WriteString("api"u8, external.ApiPrefix);
        json.WriteString("deliver"u8, external.DeliverPrefix);
        json.WriteEndObject();
    }

    /// <summary>Writes a rule that turns subjects into others.</summary>
    public static void WriteTransform(Utf8JsonWriter json, SubjectTransformConfig transform)
    {
        json.WriteStartObject();
        json.WriteString("src"u8, transform.Source);
        json.WriteString("dest"u8, transform.Destination);
        json.WriteEndObject();
    }

    /// <summary>Reads where a stream should be; for requests that move streams and leadership too.</summary>
    internal static Placement? ReadPlacement(JsonCursor json, Placement? placement)
    {
        if (json.SkipNull()) return null;
        placement ??= new Placement();
        if (!json.EnterObject("server.Placement")) return placement;
        while (json.NextProperty(["cluster", "tags", "preferred"], out string name))
        {
            placement = name switch
            {
                "cluster" => placement with { Cluster = json.Text(placement.Cluster) },
                "tags" => placement with { Tags = json.Texts() },
                _ => placement with { Preferred = json.Text(placement.Preferred) },
            };
        }

        return placement;
    }

    /// <summary>Reads a configuration that is a part of something else.</summary>
    internal static StreamConfig ReadConfig(JsonCursor json, StreamConfig config)
    {
        if (!json.EnterObject("server.StreamConfig")) return config;
        while (json.NextProperty(ConfigNames, out string name)) config = ReadProperty(json, config, name);
        return config;
    }

    private static StreamRequest ReadRequest(JsonCursor json, StreamRequest request)
    {
        if (!json.EnterObject("server.StreamConfigRequest")) return request;
        while (json.NextProperty(RequestNames, out string name))
        {
            request = name == "pedantic"
                ? request with { IsPedantic = json.Flag(request.IsPedantic) }
                : request with { Config = ReadProperty(json, request.Config, name) };
        }

        return request;
    }

    private static (ZonedTime? Created, StreamConfig Config) ReadFile(JsonCursor json, (ZonedTime? Created, StreamConfig Config) file)
    {
        if (!json.EnterObject("server.FileStreamInfo")) return file;
        while (json.NextProperty(FileNames, out string name))
        {
            if (name == "created") file.Created = json.Time();
            else file.Config = ReadProperty(json, file.Config, name);
        }

        return file;
    }

    private static StreamConfig ReadProperty(JsonCursor json, StreamConfig config, string name) => name switch
    {
        "name" => config with { Name = json.Text(config.Name) },
        "description" => config with { Description = json.Text(config.Description) },
        "subjects" => config with { Subjects = json.Texts() },
        "retention" => config with { Retention = (RetentionPolicy)json.Choice(Retentions) },
        "max_consumers" => config with { MaxConsumers = json.Number(config.MaxConsumers, "int") },
        "max_msgs" => config with { MaxMessages = json.Number(config.MaxMessages) },
        "max_bytes" => config with { MaxBytes = json.Number(config.MaxBytes) },
        "max_age" => config with { MaxAgeNs = json.Duration(config.MaxAgeNs) },
        "max_msgs_per_subject" => config with { MaxMessagesPerSubject = json.Number(config.MaxMessagesPerSubject) },
        "max_msg_size" => config with { MaxMessageSize = json.SmallNumber(config.MaxMessageSize) },
        "discard" => config with { Discard = (DiscardPolicy)json.Choice(Discards, anyCase: true) },
        "storage" => config with { Storage = ReadStorage(json) },
        "num_replicas" => config with { Replicas = json.Number(config.Replicas, "int") },
        "no_ack" => config with { NoAck = json.Flag(config.NoAck) },
        "duplicate_window" => config with { DuplicateWindowNs = json.Duration(config.DuplicateWindowNs) },
        "placement" => config with { Placement = ReadPlacement(json, config.Placement) },
        "mirror" => config with { Mirror = json.SkipNull() ? null : ReadSource(json, config.Mirror ?? new StreamSource()) },
        "sources" => config with { Sources = ReadSources(json) },
        "compression" => config with { Compression = ReadCompression(json) },
        "first_seq" => config with { FirstSequence = json.Unsigned(config.FirstSequence) },
        "subject_transform" => config with { SubjectTransform = json.SkipNull() ? null : ReadTransform(json, config.SubjectTransform ?? new SubjectTransformConfig()) },
        "republish" => config with { Republish = json.SkipNull() ? null : ReadRepublish(json, config.Republish ?? new RepublishConfig()) },
        "allow_direct" => config with { AllowDirect = json.Flag(config.AllowDirect) },
        "mirror_direct" => config with { MirrorDirect = json.Flag(config.MirrorDirect) },
        "discard_new_per_subject" => config with { DiscardNewPerSubject = json.Flag(config.DiscardNewPerSubject) },
        "sealed" => config with { Sealed = json.Flag(config.Sealed) },
        "deny_delete" => config with { DenyDelete = json.Flag(config.DenyDelete) },
        "deny_purge" => config with { DenyPurge = json.Flag(config.DenyPurge) },
        "allow_rollup_hdrs" => config with { AllowRollup = json.Flag(config.AllowRollup) },
        "consumer_limits" => config with { ConsumerLimits = ReadConsumerLimits(json, config.ConsumerLimits) },
        "allow_msg_ttl" => config with { AllowMessageTtl = json.Flag(config.AllowMessageTtl) },
        "subject_delete_marker_ttl" => config with { SubjectDeleteMarkerTtlNs = json.Duration(config.SubjectDeleteMarkerTtlNs) },
        "allow_msg_counter" => config with { AllowMessageCounter = json.Flag(config.AllowMessageCounter) },
        "allow_atomic" => config with { AllowAtomicPublish = json.Flag(config.AllowAtomicPublish) },
        "allow_msg_schedules" => config with { AllowMessageSchedules = json.Flag(config.AllowMessageSchedules) },
        "persist_mode" => config with { PersistMode = json.Choice(PersistModes) == 1 ? PersistMode.Async : PersistMode.Default },
        "allow_batched" => config with { AllowBatchPublish = json.Flag(config.AllowBatchPublish) },
        _ => config with { Metadata = ConfigMetadataJson.Read(json, config.Metadata) },
    };

    private static StorageType ReadStorage(JsonCursor json) => json.Choice(Storages.AsSpan(1)) == 0 ? StorageType.File : StorageType.Memory;

    // Decoded by itself, so that problems do not name it.
    private static StoreCompression ReadCompression(JsonCursor json)
    {
        var alone = new JsonCursor(json.Raw().ToArray(), "", isStrict: true);
        int choice = Array.IndexOf(Compressions, alone.Text(""));
        if (choice < 0) json.Fail(alone.Problem ?? "unknown compression algorithm");
        return (StoreCompression)Math.Max(choice, 0);
    }

    private static ValueList<StreamSource>? ReadSources(JsonCursor json)
    {
        if (!json.EnterArray("[]*server.StreamSource")) return null;
        List<StreamSource> sources = [];
        while (json.NextElement()) sources.Add(ReadSource(json, new StreamSource()));
        return [.. sources];
    }

    private static StreamSource ReadSource(JsonCursor json, StreamSource source)
    {
        if (!json.EnterObject("server.StreamSource")) return source;
        while (json.NextProperty(SourceNames, out string name))
        {
            source = name switch
            {
                "name" => source with { Name = json.Text(source.Name) },
                "opt_start_seq" => source with { StartSequence = json.Unsigned(source.StartSequence) },
                "opt_start_time" => source with { StartTime = json.Time() },
                "filter_subject" => source with { FilterSubject = json.Text(source.FilterSubject) },
                "subject_transforms" => source with { SubjectTransforms = ReadTransforms(json) },
                "external" => source with { External = json.SkipNull() ? null : ReadExternal(json, source.External ?? new ExternalStream()) },
                _ => source with { Consumer = json.SkipNull() ? null : ReadConsumer(json, source.Consumer ?? new StreamConsumerSource()) },
            };
        }

        return source;
    }

    private static ExternalStream ReadExternal(JsonCursor json, ExternalStream external)
    {
        if (!json.EnterObject("server.ExternalStream")) return external;
        while (json.NextProperty(["api", "deliver"], out string name))
            external = name == "api" ? external with { ApiPrefix = json.Text(external.ApiPrefix) } : external with { DeliverPrefix = json.Text(external.DeliverPrefix) };
        return external;
    }

    private static StreamConsumerSource ReadConsumer(JsonCursor json, StreamConsumerSource consumer)
    {
        if (!json.EnterObject("server.StreamConsumerSource")) return consumer;
        while (json.NextProperty(["name", "deliver_subject"], out string name))
            consumer = name == "name" ? consumer with { Name = json.Text(consumer.Name) } : consumer with { DeliverSubject = json.Text(consumer.DeliverSubject) };
        return consumer;
    }

    private static ValueList<SubjectTransformConfig>? ReadTransforms(JsonCursor json)
    {
        if (!json.EnterArray("[]server.SubjectTransformConfig")) return null;
        List<SubjectTransformConfig> transforms = [];
        while (json.NextElement()) transforms.Add(ReadTransform(json, new SubjectTransformConfig()));
        return [.. transforms];
    }

    private static SubjectTransformConfig ReadTransform(JsonCursor json, SubjectTransformConfig transform)
    {
        if (!json.EnterObject("server.SubjectTransformConfig")) return transform;
        while (json.NextProperty(["src", "dest"], out string name))
            transform = name == "src" ? transform with { Source = json.Text(transform.Source) } : transform with { Destination = json.Text(transform.Destination) };
        return transform;
    }

    private static RepublishConfig ReadRepublish(JsonCursor json, RepublishConfig republish)
    {
        if (!json.EnterObject("server.RePublish")) return republish;
        while (json.NextProperty(["src", "dest", "headers_only"], out string name))
        {
            republish = name switch
            {
                "src" => republish with { Source = json.Text(republish.Source) },
                "dest" => republish with { Destination = json.Text(republish.Destination) },
                _ => republish with { HeadersOnly = json.Flag(republish.HeadersOnly) },
            };
        }

        return republish;
    }

    private static StreamConsumerLimits ReadConsumerLimits(JsonCursor json, StreamConsumerLimits limits)
    {
        if (!json.EnterObject("server.StreamConsumerLimits")) return limits;
        while (json.NextProperty(["inactive_threshold", "max_ack_pending"], out string name))
        {
            limits = name == "inactive_threshold"
                ? limits with { InactiveThresholdNs = json.Duration(limits.InactiveThresholdNs) }
                : limits with { MaxAckPending = json.Number(limits.MaxAckPending, "int") };
        }

        return limits;
    }

    private static void WriteProperties(Utf8JsonWriter json, StreamConfig config)
    {
        json.WriteString("name"u8, config.Name);
        json.WriteTextUnlessEmpty("description"u8, config.Description);
        json.WriteTextsUnlessEmpty("subjects"u8, config.Subjects);
        json.WriteString("retention"u8, Retentions[(int)config.Retention]);
        json.WriteNumber("max_consumers"u8, config.MaxConsumers);
        json.WriteNumber("max_msgs"u8, config.MaxMessages);
        json.WriteNumber("max_bytes"u8, config.MaxBytes);
        json.WriteNumber("max_age"u8, config.MaxAgeNs);
        json.WriteNumber("max_msgs_per_subject"u8, config.MaxMessagesPerSubject);
        json.WriteNumberUnlessZero("max_msg_size"u8, config.MaxMessageSize);
        json.WriteString("discard"u8, Discards[(int)config.Discard]);
        json.WriteString("storage"u8, Storages[(int)config.Storage]);
        json.WriteNumber("num_replicas"u8, config.Replicas);
        json.WriteFlagIfSet("no_ack"u8, config.NoAck);
        json.WriteNumberUnlessZero("duplicate_window"u8, config.DuplicateWindowNs);
        if (config.Placement is { } placement) WritePlacement(json, placement);
        if (config.Mirror is { } mirror)
        {
            json.WritePropertyName("mirror"u8);
            WriteSource(json, mirror);
        }

        json.WriteListUnlessEmpty("sources"u8, config.Sources, WriteSource);
        json.WriteString("compression"u8, Compressions[(int)config.Compression]);
        if (config.FirstSequence > 0) json.WriteNumber("first_seq"u8, config.FirstSequence);
        if (config.SubjectTransform is { } transform)
        {
            json.WritePropertyName("subject_transform"u8);
            WriteTransform(json, transform);
        }

        if (config.Republish is { } republish) WriteRepublish(json, republish);
        json.WriteBoolean("allow_direct"u8, config.AllowDirect);
        json.WriteBoolean("mirror_direct"u8, config.MirrorDirect);
        json.WriteFlagIfSet("discard_new_per_subject"u8, config.DiscardNewPerSubject);
        json.WriteBoolean("sealed"u8, config.Sealed);
        json.WriteBoolean("deny_delete"u8, config.DenyDelete);
        json.WriteBoolean("deny_purge"u8, config.DenyPurge);
        json.WriteBoolean("allow_rollup_hdrs"u8, config.AllowRollup);
        json.WriteStartObject("consumer_limits"u8);
        json.WriteNumberUnlessZero("inactive_threshold"u8, config.ConsumerLimits.InactiveThresholdNs);
        json.WriteNumberUnlessZero("max_ack_pending"u8, config.ConsumerLimits.MaxAckPending);
        json.WriteEndObject();
        json.WriteBoolean("allow_msg_ttl"u8, config.AllowMessageTtl);
        json.WriteNumberUnlessZero("subject_delete_marker_ttl"u8, config.SubjectDeleteMarkerTtlNs);
        json.WriteFlagIfSet("allow_msg_counter"u8, config.AllowMessageCounter);
        json.WriteFlagIfSet("allow_atomic"u8, config.AllowAtomicPublish);
        json.WriteFlagIfSet("allow_msg_schedules"u8, config.AllowMessageSchedules);
        if (config.PersistMode != PersistMode.Default) json.WriteString("persist_mode"u8, PersistModes[(int)config.PersistMode]);
        json.WriteFlagIfSet("allow_batched"u8, config.AllowBatchPublish);
        ConfigMetadataJson.WriteUnlessEmpty(json, config.Metadata);
    }

    private static void WritePlacement(Utf8JsonWriter json, Placement placement)
    {
        json.WriteStartObject("placement"u8);
        json.WriteTextUnlessEmpty("cluster"u8, placement.Cluster);
        json.WriteTextsUnlessEmpty("tags"u8, placement.Tags);
        json.WriteTextUnlessEmpty("preferred"u8, placement.Preferred);
        json.WriteEndObject();
    }

    private static void WriteSource(Utf8JsonWriter json, StreamSource source)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, source.Name);
        if (source.StartSequence > 0) json.WriteNumber("opt_start_seq"u8, source.StartSequence);
        if (source.StartTime is { } time) json.WriteString("opt_start_time"u8, time.ToString());
        json.WriteTextUnlessEmpty("filter_subject"u8, source.FilterSubject);
        json.WriteListUnlessEmpty("subject_transforms"u8, source.SubjectTransforms, WriteTransform);
        if (source.External is { } external)
        {
            json.WritePropertyName("external"u8);
            WriteExternal(json, external);
        }

        if (source.Consumer is { } consumer)
        {
            json.WriteStartObject("consumer"u8);
            json.WriteTextUnlessEmpty("name"u8, consumer.Name);
            json.WriteTextUnlessEmpty("deliver_subject"u8, consumer.DeliverSubject);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteRepublish(Utf8JsonWriter json, RepublishConfig republish)
    {
        json.WriteStartObject("republish"u8);
        json.WriteTextUnlessEmpty("src"u8, republish.Source);
        json.WriteString("dest"u8, republish.Destination);
        json.WriteFlagIfSet("headers_only"u8, republish.HeadersOnly);
        json.WriteEndObject();
    }
}
