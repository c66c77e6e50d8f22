using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases.JetStream;

/// <summary>Publishers that wait for the acknowledgements of a stream, with a number of messages in flight each. Counts acknowledged messages.</summary>
internal sealed record PublishCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const string Stream = "BENCH";

    public int Size { get; init; } = 128;

    public int Publishers { get; init; } = 1;

    /// <summary>Messages without acknowledgement per publisher; 1 publishes synchronously.</summary>
    public int InFlight { get; init; } = 4000;

    public bool IsMemory { get; init; }

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var api = new JetStreamApi(server.EndPoint);
        api.DeleteStream(Stream);
        api.CreateStream(Stream, $"\"subjects\":[\"bench.js\"],\"storage\":\"{(IsMemory ? "memory" : "file")}\"");
        using var loop = new EventLoop();
        var publishers = new List<AckedPublisher>();
        for (var i = 0; i < Publishers; i++)
        {
            var publisher = new AckedPublisher(loop, server.EndPoint, "bench.js", Size, i, InFlight);
            publisher.Join();
            publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
            publishers.Add(publisher);
        }

        var result = new AckedRun(loop, publishers).Measure(server.Meter, duration);
        var published = publishers.Sum(static publisher => publisher.Published);
        var stored = api.Messages(Stream);
        api.DeleteStream(Stream);
        return stored == published ? result : throw new VerificationException($"{published} messages were published, {stored} are stored");
    }
}
