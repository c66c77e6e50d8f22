using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// Owned by one test. An account that has nothing but configurations, kept by the pure rules: what they say to a request is compared with what a server says.
/// </summary>
internal sealed class RuledJetStream(ServerLimits server, AccountTiers account, bool isStrict)
{
    private readonly Dictionary<string, StreamConfig> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, PlannedConsumer>> _consumers = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, StreamConfig> Streams => _streams;

    public IEnumerable<PlannedConsumer> ConsumersOf(string stream) => _consumers[stream].Values;

    private JetStreamView View => new()
    {
        Server = server with { ReservedMemory = Reserved(StorageType.Memory), ReservedStorage = Reserved(StorageType.File) },
        Tiers = account,
        Streams = _streams,
    };

    /// <summary>Answers a request: the error with its type, or the configuration.</summary>
    /// <param name="request">The request.</param>
    /// <param name="freeName">The name of a consumer that needs one.</param>
    /// <param name="version">The server's.</param>
    public string Answer(ApiRequest request, string freeName, string version)
    {
        string[] tokens = request.Subject.Split('.');
        return tokens[2..4] switch
        {
            ["STREAM", "CREATE"] => Stream(request, tokens[4], isNew: true, version),
            ["STREAM", "UPDATE"] => Stream(request, tokens[4], isNew: false, version),
            ["STREAM", "DELETE"] => DeleteStream(tokens[4]),
            ["CONSUMER", "DELETE"] => DeleteConsumer(tokens[4], tokens[5]),
            _ => Consumer(request, freeName, version),
        };
    }

    private string Stream(ApiRequest request, string name, bool isNew, string version)
    {
        string type = isNew ? "stream_create_response" : "stream_update_response";
        if (!ApiLevel.Supports(Encoding.UTF8.GetBytes(request.Level))) return Render(type, ApiErrors.RequiredApiLevel);
        if (!StreamConfigJson.TryReadRequest(request.Payload, isStrict, out StreamRequest asked, out string? problem)) return Render(type, ApiErrors.InvalidJSON(problem));
        StreamConfig config;
        ApiError? error = isNew ? StreamRequestRules.Create(name, asked, View, out config) : StreamRequestRules.Update(name, asked, View, Running(name), out config);
        if (error is { } refused) return Render(type, refused);
        _streams[name] = config;
        _consumers.TryAdd(name, new Dictionary<string, PlannedConsumer>(StringComparer.Ordinal));
        return Render(json => StreamConfigJson.Write(json, config with { Metadata = ApiLevel.ForAnswer(config.Metadata, version) }));
    }

    private string Consumer(ApiRequest request, string freeName, string version)
    {
        const string Type = "consumer_create_response";
        if (!ConsumerConfigJson.TryReadRequest(request.Payload, isStrict, out ConsumerRequest asked, out string? problem)) return Render(Type, ApiErrors.InvalidJSON(problem));
        if (!ApiLevel.Supports(Encoding.UTF8.GetBytes(request.Level))) return Render(Type, ApiErrors.RequiredApiLevel);
        if (!ConsumerRequestSubject.TryParse(request.Subject, out ConsumerRequestSubject subject)) throw new InvalidOperationException(request.Subject);
        var surroundings = new ConsumerSurroundings { View = View, Consumers = Running(asked.Stream), FreeName = freeName, HasInterest = ApiClient.HasInterest };
        if (ConsumerRequestRules.Judge(subject, asked, surroundings, out PlannedConsumer consumer) is { } refused) return Render(Type, refused);
        _consumers[asked.Stream][consumer.Name] = consumer;
        return Render(json => ConsumerConfigJson.Write(json, consumer.Running with { Metadata = ApiLevel.ForAnswer(consumer.Running.Metadata, version) }));
    }

    private string DeleteStream(string name)
    {
        _consumers.Remove(name);
        return _streams.Remove(name) ? "{\"success\":true}" : Render("stream_delete_response", ApiErrors.StreamNotFound);
    }

    private string DeleteConsumer(string stream, string name) => _consumers[stream].Remove(name) ? "{\"success\":true}" : Render("consumer_delete_response", ApiErrors.ConsumerNotFound);

    private Dictionary<string, ConsumerConfig> Running(string stream) =>
        _consumers.TryGetValue(stream, out Dictionary<string, PlannedConsumer>? consumers) ? consumers.ToDictionary(pair => pair.Key, pair => pair.Value.Running) : [];

    private long Reserved(StorageType storage) => _streams.Values.Where(stream => stream.Storage == storage).Sum(stream => Math.Max(0, stream.MaxBytes));

    private static string Render(string type, ApiError error) => Render(json =>
    {
        json.WriteStartObject();
        error.WriteAnswer(json, "io.nats.jetstream.api.v1." + type);
        json.WriteEndObject();
    });

    private static string Render(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance })) write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
