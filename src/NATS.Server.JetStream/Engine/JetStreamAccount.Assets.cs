using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Streams;

namespace NATS.Server.JetStream.Engine;

/// <content>Streams and consumers come, change and go. By the account's executor only; what is stored is durable when a method returns.</content>
internal sealed partial class JetStreamAccount
{
    /// <summary>Creates a stream.</summary>
    /// <param name="config">As it was judged: there is none of its name.</param>
    /// <param name="stream">It receives already.</param>
    public ApiError? CreateStream(StreamConfig config, out Stream? stream)
    {
        stream = null;
        ZonedTime created = ZonedTime.FromUnixNanoseconds(Engine.Services.NowNs);
        try
        {
            if (config.Storage == StorageType.Memory)
            {
                stream = new Stream(Engine.Services, this, config, created, folder: null);
                Begin(stream, MessageStore.InMemory(StreamStorage.LimitsOf(config), stream, config.FirstSequence, stream.DueOf));
                stream.Follow();
                return null;
            }

            if (Folder is null) return ApiErrors.StreamCreate($"the account's name can not be the name of a directory");
            CatalogResult result = Folder.Create(config.Name, StreamConfigJson.WriteFile(created, config), out StreamFolder? folder);
            if (result != CatalogResult.Ok) return ApiErrors.StreamCreate($"the directory of the stream could not be created: {result}");
            stream = new Stream(Engine.Services, this, config, created, folder);
            Begin(stream, folder!.Open(SettingsOf(config, stream), Engine.Services.NowNs));
            stream.Follow();
            return null;
        }
        catch (DiskException problem)
        {
            return ApiErrors.StreamCreate(problem.Message);
        }
    }

    /// <summary>Puts another configuration of a stream in force.</summary>
    public static ApiError? UpdateStream(Stream stream, StreamConfig config)
    {
        try
        {
            stream.Folder?.Save(StreamConfigJson.WriteFile(stream.Created, config));
        }
        catch (DiskException problem)
        {
            return ApiErrors.StreamUpdate(problem.Message);
        }

        stream.Update(config);
        return null;
    }

    /// <summary>Deletes a stream with its consumers.</summary>
    public ApiError? DeleteStream(Stream stream)
    {
        lock (_lock)
        {
            if (!_streams.TryGetValue(stream.Name, out Stream? known) || !ReferenceEquals(known, stream)) return ApiErrors.StreamNotFound;
        }

        stream.Close(isDeleted: true);
        foreach (Consumer consumer in stream.Consumers) _directory.Remove(stream.Name, consumer);
        try
        {
            if (stream.Folder is not null) Folder!.Delete(stream.Name);
            else stream.Store.Delete();
        }
        catch (DiskException problem)
        {
            return ApiErrors.StreamDelete(problem.Message);
        }

        lock (_lock) _streams.Remove(stream.Name);
        Reconfigured(stream.Config, null);
        stream.Forget();
        return null;
    }

    /// <summary>Creates a consumer.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="planned">As it was judged: there is none of its name.</param>
    /// <param name="consumer">It delivers already.</param>
    public ApiError? CreateConsumer(Stream stream, in PlannedConsumer planned, out Consumer? consumer)
    {
        consumer = null;
        ZonedTime created = ZonedTime.FromUnixNanoseconds(Engine.Services.NowNs);
        ConsumerConfig config = planned.Running;
        try
        {
            ConsumerFolder? folder = null;
            if (stream.Folder is { } files && !config.MemoryStorage && !config.Direct)
            {
                CatalogResult result = files.CreateConsumer(planned.Name, ConsumerConfigJson.WriteFile(created, planned.Name, planned.Stored), out folder);
                if (result != CatalogResult.Ok) return ApiErrors.ConsumerStoreFailed($"the directory of the consumer could not be created: {result}");
                folder!.Open(new ConsumerSettings(config.AckPolicy, config.MaxDeliver));
            }

            ConsumerStart start = ConsumerStart.Find(config, Consumer.FilterOf(config), stream.Config, stream.Store);
            var state = new ConsumerState(Consumer.RulesOf(config), start.Sequence);
            folder?.State!.SetStarting(start.Sequence - 1);
            consumer = new Consumer(Engine.Services, stream, planned.Name, config, created, folder, state) { IsNew = true };
            consumer.Select(start);
            _directory.Add(stream.Name, consumer);
            stream.Add(consumer);
            consumer.AnnounceCreation();
            return null;
        }
        catch (DiskException problem)
        {
            return ApiErrors.ConsumerStoreFailed(problem.Message);
        }
    }

    /// <summary>Puts another configuration of a consumer in force.</summary>
    public static ApiError? UpdateConsumer(Stream stream, Consumer consumer, in PlannedConsumer planned)
    {
        try
        {
            consumer.Folder?.Save(ConsumerConfigJson.WriteFile(consumer.Created, planned.Name, planned.Stored));
        }
        catch (DiskException problem)
        {
            return ApiErrors.ConsumerStoreFailed(problem.Message);
        }

        stream.Update(consumer, planned.Running);
        return null;
    }

    /// <summary>Deletes a consumer.</summary>
    public ApiError? DeleteConsumer(Stream stream, Consumer consumer)
    {
        if (!stream.Remove(consumer)) return ApiErrors.ConsumerNotFound;
        _directory.Remove(stream.Name, consumer);
        consumer.Close(isDeleted: true);
        stream.RemoveUnneeded();
        try
        {
            if (consumer.Folder is not null) stream.Folder!.DeleteConsumer(consumer.Name);
        }
        catch (DiskException problem)
        {
            return ApiErrors.ConsumerStoreFailed(problem.Message);
        }

        return null;
    }

    /// <summary>Takes over a stream that was stored, with its consumers. Any thread.</summary>
    public void Recover(Stream stream, StreamFolder folder)
    {
        Begin(stream, folder.Messages!);
        foreach (ConsumerFolder stored in folder.Consumers)
        {
            if (stored.State is not { } state || stored.Configuration is not { } text) continue;
            if (!ConsumerConfigJson.TryReadFile(text, isStrict: false, out ZonedTime created, out _, out ConsumerConfig config, out _)) continue;
            Consumer consumer = Recover(stream, stored, config, created);
            _directory.Add(stream.Name, consumer);
            stream.Add(consumer);
        }

        // What was acknowledged shortly before the end may not have been taken away any more.
        foreach (Consumer consumer in stream.Consumers) stream.Reconcile(consumer);
    }

    private Consumer Recover(Stream stream, ConsumerFolder stored, ConsumerConfig config, ZonedTime created)
    {
        ConsumerRules rules = Consumer.RulesOf(config);
        ConsumerStore state = stored.State!;
        ulong last = stream.Store.State.LastSequence;
        if (state.HasState)
        {
            ConsumerState progress = ConsumerState.Restore(rules, state.State);
            bool waits = config.StartSequence > 0 && progress.Delivered.Consumer == 0;
            if (progress.NextSequence > last + 1 && !waits)
            {
                ConsumerLog.AheadOfStream(Engine.Services.Log, Name, stream.Name, stored.Name, progress.NextSequence - 1, last);
                progress.Truncate(last);
            }

            progress.RemoveBelow(stream.Store.State.FirstSequence);
            return new Consumer(Engine.Services, stream, stored.Name, config, created, stored, progress);
        }

        MessageFilter filter = Consumer.FilterOf(config);
        ConsumerStart start = state.IsStateLost
            ? ConsumerStart.FindAgain(config, filter, stream.Config, stream.Store, created)
            : ConsumerStart.Find(config, filter, stream.Config, stream.Store);
        var consumer = new Consumer(Engine.Services, stream, stored.Name, config, created, stored, new ConsumerState(rules, start.Sequence));
        consumer.Select(start);
        return consumer;
    }

    /// <summary>What the store has to know of a stream.</summary>
    public StreamSettings SettingsOf(StreamConfig config, Stream stream) => new()
    {
        BlockSize = StreamStorage.BlockSizeOf(config, Engine.Options.EncryptionOf(Name).Keys is not null),
        FirstSequence = config.FirstSequence,
        Limits = StreamStorage.LimitsOf(config),
        Listener = stream,
        ScheduleReader = stream.DueOf,
    };

    private void Begin(Stream stream, MessageStore store)
    {
        // Whoever finds it may look into its store.
        stream.Take(store);
        lock (_lock) _streams[stream.Name] = stream;
        Reconfigured(null, stream.Config);
        stream.Start();
    }
}
