using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Api;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Monitoring;

/// <summary>Writes <c>/jsz</c>: what JetStream has and uses. Thread-safe; a look at what changes meanwhile.</summary>
/// <remarks>Reference: nats-server monitor.go Jsz.</remarks>
internal static class JszWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="json">Gets an object.</param>
    /// <param name="options">What to show.</param>
    /// <param name="server">The server.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when this server does not answer such a request: nothing was written.</returns>
    public static bool TryWrite(Utf8JsonWriter json, JszOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        ServerSnapshot snapshot = server.SnapshotServer();
        JetStreamEngine? engine = server.JetStream;
        if (!MayAnswer(options, server)) return false;
        bool showsStreams = options.Streams || options.Consumers;
        json.WriteStartObject();
        WriteStats(json, snapshot.JetStream.Stats ?? new JetStreamStats { Api = new JetStreamApiStats { Level = 0 } });
        json.WriteString("server_id"u8, snapshot.ServerId);
        json.WriteString("now"u8, now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        if (engine is null)
        {
            WriteDisabled(json);
            return true;
        }

        json.WritePropertyName("config"u8);
        JsonSerializer.Serialize(json, snapshot.JetStream.Config!, MonitoringJson.Default.JetStreamConfigInfo);
        json.WritePropertyName("limits"u8);
        JsonSerializer.Serialize(json, snapshot.JetStream.Limits!, MonitoringJson.Default.JetStreamLimitsInfo);
        JetStreamAccount[] accounts = [.. engine.Accounts.OrderBy(static account => account.Name, StringComparer.Ordinal)];
        WriteTotals(json, accounts, options.Raft);
        JetStreamAccount[] shown = Select(accounts, options, showsStreams);
        if (shown.Length > 0)
        {
            json.WriteStartArray("account_details"u8);
            foreach (JetStreamAccount account in shown) Write(json, account, server.DisplayNameOf(account.Name), options, showsStreams);
            json.WriteEndArray();
        }

        json.WriteNumber("total"u8, accounts.Length);
        json.WriteEndObject();
        return true;
    }

    /// <summary>Whether this server answers such a request.</summary>
    public static bool MayAnswer(JszOptions options, IMonitoredServer server) => !options.LeaderOnly || server.JetStream is not null;

    /// <summary>Finds an account with JetStream.</summary>
    /// <returns>Why there is none, in the reference's words; null when there is one.</returns>
    public static string? FindAccount(string name, IMonitoredServer server, out JetStreamAccount? account)
    {
        account = null;
        if (server.JetStream is not { } engine) return "jetstream not enabled";
        if (!server.HasAccount(name)) return $"account {GoFormat.Quote(name)} not found";
        return engine.TryGetAccount(name, out account) ? null : $"account {GoFormat.Quote(name)} not jetstream enabled";
    }

    /// <summary>Writes what one account has and uses.</summary>
    public static void WriteAccount(Utf8JsonWriter json, JetStreamAccount account, JszOptions options, IMonitoredServer server) =>
        Write(json, account, server.DisplayNameOf(account.Name), options, options.Streams);

    private static void WriteDisabled(Utf8JsonWriter json)
    {
        json.WriteBoolean("disabled"u8, value: true);
        json.WriteStartObject("config"u8);
        json.WriteNumber("max_memory"u8, 0);
        json.WriteNumber("max_storage"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("streams"u8, 0);
        json.WriteNumber("consumers"u8, 0);
        json.WriteNumber("messages"u8, 0);
        json.WriteNumber("bytes"u8, 0);
        json.WriteNumber("total"u8, 0);
        json.WriteEndObject();
    }

    // An account that is asked for by name comes before pages.
    private static JetStreamAccount[] Select(JetStreamAccount[] accounts, JszOptions options, bool showsStreams)
    {
        if (options.Account.Length > 0 && Array.Find(accounts, account => account.Name == options.Account) is { } found) return [found];
        if (!options.Accounts && !(showsStreams && options.Account.Length == 0)) return [];
        long limit = options.Limit == 0 ? JszOptions.DefaultLimit : options.Limit;
        if (limit < 0) return accounts;
        int start = (int)Math.Clamp(options.Offset, 0, accounts.Length);
        return accounts[start..(start + (int)Math.Min(accounts.Length - start, limit))];
    }

    private static void WriteTotals(Utf8JsonWriter json, JetStreamAccount[] accounts, bool countsLed)
    {
        int streams = 0;
        long consumers = 0;
        ulong messages = 0;
        ulong bytes = 0;
        foreach (JetStreamStream stream in accounts.SelectMany(static account => account.Streams))
        {
            StreamStateInfo state = StreamReport.StateOf(stream);
            streams++;
            consumers += state.Consumers;
            messages += state.Messages;
            bytes += state.Bytes;
        }

        streams += accounts.Sum(static account => account.OfflineStreams.Count);
        json.WriteNumber("streams"u8, streams);
        if (countsLed && streams > 0) json.WriteNumber("streams_leader"u8, streams);
        json.WriteNumber("consumers"u8, consumers);
        if (countsLed && consumers > 0) json.WriteNumber("consumers_leader"u8, consumers);
        json.WriteNumber("messages"u8, messages);
        json.WriteNumber("bytes"u8, bytes);
    }

    private static void WriteStats(Utf8JsonWriter json, JetStreamStats stats)
    {
        json.WriteNumber("memory"u8, stats.Memory);
        json.WriteNumber("storage"u8, stats.Storage);
        json.WriteNumber("reserved_memory"u8, stats.ReservedMemory);
        json.WriteNumber("reserved_storage"u8, stats.ReservedStorage);
        json.WriteNumber("accounts"u8, stats.Accounts);
        json.WriteNumber("ha_assets"u8, stats.HaAssets);
        json.WritePropertyName("api"u8);
        JsonSerializer.Serialize(json, stats.Api, MonitoringJson.Default.JetStreamApiStats);
    }

    private static void Write(Utf8JsonWriter json, JetStreamAccount account, string displayName, JszOptions options, bool showsStreams)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, displayName);
        json.WriteString("id"u8, account.Name);
        AccountLimits? limits = account.Tiers.ByName.GetValueOrDefault("");

        // Where others show what is reserved the reference shows the limit, and no limit as the greatest number.
        WriteStats(json, new JetStreamStats
        {
            Memory = (ulong)Math.Max(0, account.Memory),
            Storage = (ulong)Math.Max(0, account.Storage),
            ReservedMemory = unchecked((ulong)(limits?.MaxMemory ?? 0)),
            ReservedStorage = unchecked((ulong)(limits?.MaxStorage ?? 0)),
            Api = new JetStreamApiStats { Level = 0, Total = (ulong)account.Api.Total, Errors = (ulong)account.Api.Errors },
        });
        IReadOnlyList<JetStreamStream> streams = showsStreams ? account.Streams : [];
        IReadOnlyList<OfflineStream> offline = showsStreams ? account.OfflineStreams : [];
        if (streams.Count > 0 || offline.Count > 0)
        {
            json.WriteStartArray("stream_detail"u8);
            foreach (JetStreamStream stream in streams) Write(json, stream, account, options);
            foreach (OfflineStream stream in offline) Write(json, stream, account, options);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JetStreamStream stream, JetStreamAccount account, JszOptions options)
    {
        StreamInfo info = StreamReport.Of(stream, account.Engine.Services, StreamReport.StateOf(stream), showsServer: false);
        json.WriteStartObject();
        json.WriteString("name"u8, stream.Name);
        json.WriteString("created"u8, info.Created.ToString());
        new ClusterInfo(account.Engine.Services.ServerName).Write(json);
        if (options.Config)
        {
            json.WritePropertyName("config"u8);
            StreamConfigJson.Write(json, info.Config);
        }

        json.WriteStartObject("state"u8);
        info.State.WriteProperties(json);
        json.WriteEndObject();
        if (options.Consumers)
        {
            Consumer[] consumers = [.. stream.Consumers.OrderBy(static consumer => consumer.Name, StringComparer.Ordinal)];
            WriteConsumers(json, "consumer_detail"u8, consumers.Where(static consumer => !consumer.Config.Direct), options.Config);
            if (options.DirectConsumers) WriteConsumers(json, "direct_consumer_detail"u8, consumers.Where(static consumer => consumer.Config.Direct), options.Config);
        }

        info.WriteOrigins(json);
        json.WriteEndObject();
    }

    // What is in it nobody looked at.
    private static void Write(Utf8JsonWriter json, OfflineStream stream, JetStreamAccount account, JszOptions options)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, stream.Name);
        json.WriteString("created"u8, stream.Created.ToString());
        new ClusterInfo(account.Engine.Services.ServerName).Write(json);
        if (options.Config)
        {
            json.WritePropertyName("config"u8);
            StreamConfigJson.Write(json, stream.Config);
        }

        json.WriteStartObject("state"u8);
        new StreamStateInfo().WriteProperties(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteConsumers(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<Consumer> consumers, bool showsConfig)
    {
        ConsumerInfo[] infos = [.. consumers.Select(static consumer => consumer.Info())];
        if (infos.Length == 0) return;
        json.WriteStartArray(name);
        foreach (ConsumerInfo info in infos)
        {
            json.WriteStartObject();
            info.WriteProperties(json, showsConfig);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
