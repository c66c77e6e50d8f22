using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Requests and files with configurations of streams and consumers: a problem, or a configuration that is judged, written, and read again as the same.</summary>
internal sealed class JetStreamConfigTarget : IFuzzTarget
{
    private static readonly StreamConfig There = new() { Name = "S", Subjects = ["s.>"], Replicas = 1, Storage = StorageType.File, Retention = RetentionPolicy.WorkQueue };

    private readonly JetStreamView _view = new()
    {
        Server = new ServerLimits { MaxMemory = long.MaxValue, MaxStorage = long.MaxValue },
        Tiers = new AccountTiers(new AccountLimits()),
        Streams = new Dictionary<string, StreamConfig>(StringComparer.Ordinal) { ["S"] = There },
    };

    public string Name => "jetstream-config";

    public long BaseAllocation => 256 * 1024;

    public int AllocationPerByte => 4096;

    public string? Run(byte[] input, Random random)
    {
        bool isStrict = random.Next(2) == 0;
        if (StreamConfigJson.TryReadRequest(input, isStrict, out StreamRequest stream, out _))
        {
            StreamRequestRules.Create(stream.Config.Name, stream, _view, out _);
            StreamRequestRules.Update("S", stream with { Config = stream.Config with { Name = "S" } }, _view, new Dictionary<string, ConsumerConfig>(StringComparer.Ordinal), out _);
        }

        if (StreamConfigJson.TryReadFile(input, isStrict, out ZonedTime created, out StreamConfig config, out _) && config.Storage != StorageType.Unset)
        {
            byte[] written = StreamConfigJson.WriteFile(created, config);
            if (!StreamConfigJson.TryReadFile(written, isStrict: true, out created, out config, out string? problem)) return $"what was written is not read: {problem}";
            if (!StreamConfigJson.WriteFile(created, config).AsSpan().SequenceEqual(written)) return "written otherwise the second time";
        }

        return RunConsumer(input, isStrict);
    }

    private string? RunConsumer(byte[] input, bool isStrict)
    {
        if (ConsumerConfigJson.TryReadRequest(input, isStrict, out ConsumerRequest request, out _))
        {
            var surroundings = new ConsumerSurroundings
            {
                View = _view,
                Consumers = new Dictionary<string, ConsumerConfig>(StringComparer.Ordinal) { ["C"] = new() { Durable = "C", FilterSubject = "s.a" } },
                FreeName = "free",
            };
            ConsumerRequestRules.Judge(new ConsumerRequestSubject(ConsumerRequestForm.Named, "S", "C", ""), request with { Stream = "S" }, surroundings, out _);
        }

        if (!ConsumerConfigJson.TryReadFile(input, isStrict, out ZonedTime created, out string name, out ConsumerConfig config, out _)) return null;
        byte[] written = ConsumerConfigJson.WriteFile(created, name, config);
        if (!ConsumerConfigJson.TryReadFile(written, isStrict: true, out created, out name, out config, out string? problem)) return $"what was written is not read: {problem}";
        return ConsumerConfigJson.WriteFile(created, name, config).AsSpan().SequenceEqual(written) ? null : "written otherwise the second time";
    }
}
