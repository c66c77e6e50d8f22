using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Streams;

namespace NATS.Server.JetStream.Engine;

/// <content>Streams of backups.</content>
internal sealed partial class JetStreamAccount
{
    /// <summary>How a stream is to be restored.</summary>
    /// <param name="config">As it was judged.</param>
    /// <param name="metadata">The content of its <c>meta.inf</c>.</param>
    public RestoreOptions RestoreOptionsOf(StreamConfig config, byte[] metadata)
    {
        bool isInFiles = config.Storage == StorageType.File;
        var settings = new StreamSettings
        {
            BlockSize = StreamStorage.BlockSizeOf(config, Engine.Options.EncryptionOf(Name).Keys is not null),
            FirstSequence = config.FirstSequence,
            Limits = StreamStorage.LimitsOf(config),
        };
        return new RestoreOptions
        {
            Name = config.Name,
            Metadata = metadata,
            Limits = settings.Limits,
            Files = isInFiles && Folder is { } folder ? folder.StoreOptionsOf(config.Name, settings) : null,
            Disk = Engine.Services.Disk,
            StagingDirectory = $"{Engine.Options.Directory}/{Name}/{StreamRestore.StagingName}/{UniqueName.Next(Engine.Services.Random)}",
            Random = Engine.Services.Random,
            NowNs = Engine.Services.NowNs,
            MaximumBytes = BytesLeft(config),
            MaximumPayload = Engine.Services.Ingest.MaxPayload,
            MaximumMessageSize = config.MaxMessageSize,
            ScheduleReader = new Stream(Engine.Services, this, config, default, folder: null).DueOf,
            CheckConsumer = (name, text) => CheckConsumer(config, name, text),
        };
    }

    /// <summary>Takes over a stream that was restored.</summary>
    /// <param name="config">Its configuration.</param>
    /// <param name="created">When the restore began.</param>
    /// <param name="restore">Complete.</param>
    /// <param name="stream">It receives already.</param>
    public ApiError? AdoptStream(StreamConfig config, ZonedTime created, StreamRestore restore, out Stream? stream)
    {
        try
        {
            if (TryGetStream(config.Name, out stream) || TryGetOffline(config.Name, out _)) return ApiErrors.StreamNameExistRestoreFailed;
            if (restore.Store is { } memory) return AdoptInMemory(config, created, restore, memory, out stream);
            List<StoreFinding> findings = [];
            Folder!.List(findings);
            if (Folder.TryGet(config.Name, out StreamFolder? folder)) folder.Open(Engine, Engine.Services.NowNs);
            if (TryGetStream(config.Name, out stream)) stream.Follow();
            return stream is not null ? null : ApiErrors.StreamRestore(folder?.Failure ?? "the stream could not be opened");
        }
        catch (DiskException problem)
        {
            stream = null;
            return ApiErrors.StreamRestore(problem.Message);
        }
    }

    private ApiError? AdoptInMemory(StreamConfig config, ZonedTime created, StreamRestore restore, MessageStore memory, out Stream stream)
    {
        stream = new Stream(Engine.Services, this, config, created, folder: null);
        memory.Listen(stream);
        Begin(stream, memory);
        foreach (BackupConsumer restored in restore.Consumers)
        {
            if (!ConsumerConfigJson.TryReadFile(restored.Config, isStrict: false, out _, out _, out ConsumerConfig own, out _)) continue;
            var consumer = new Consumer(Engine.Services, stream, restored.Name, own, created, folder: null, ConsumerState.Restore(Consumer.RulesOf(own), restored.State));
            _directory.Add(stream.Name, consumer);
            stream.Add(consumer);
        }

        stream.Follow();
        return null;
    }

    private string? CheckConsumer(StreamConfig stream, string name, ReadOnlyMemory<byte> text)
    {
        if (!ConsumerConfigJson.TryReadFile(text, isStrict: false, out _, out _, out ConsumerConfig config, out string? problem)) return problem;
        if (Tiers.Select(config.ReplicasIn(stream.Replicas, stream.HasInterestRetention), out _) is not { } limits) return ApiErrors.NoLimits.Description;
        return ConsumerConfigCheck.Run(config with { Name = name }, stream, Engine.Limits, limits)?.Description;
    }

    // Of what account and server allow.
    private long BytesLeft(StreamConfig config)
    {
        ServerLimits server = Engine.Limits;
        bool isMemory = config.Storage == StorageType.Memory;
        long left = isMemory ? server.MaxMemory - Engine.Memory : server.MaxStorage - Engine.Storage;
        if (Tiers.Select(config.Replicas, out _) is not { } limits) return 0;
        long limit = isMemory ? limits.MaxMemory : limits.MaxStorage;
        if (limit >= 0) left = Math.Min(left, limit - (isMemory ? Memory : Storage));
        return Math.Max(0, left);
    }
}
