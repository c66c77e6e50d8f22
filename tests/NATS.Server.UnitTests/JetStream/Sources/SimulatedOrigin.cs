using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Ports;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Sources;

/// <summary>Owned by one test. A stream that copies from another one, of which the test plays the server: it answers requests for consumers and delivers.</summary>
internal sealed partial class SimulatedOrigin
{
    private ulong _delivered;

    public SimulatedOrigin(string name = "O", SimulatedJetStream? world = null)
    {
        World = world ?? new SimulatedJetStream(1, isDurable: true);
        foreach (string subject in new[] { $"$JS.API.CONSUMER.CREATE.{name}", $"$JS.API.CONSUMER.CREATE.{name}.>", $"$JS.API.CONSUMER.RESET.{name}.>", $"$JS.API.CONSUMER.DELETE.{name}.>", "prefix.CONSUMER.CREATE.>" })
            World.Port.Subscribe(subject, Requests.Add);
        World.Port.Subscribe("$JS.FC.>", FlowConfirmations.Add);
    }

    public SimulatedJetStream World { get; }

    public List<SimulatedMessage> Requests { get; } = [];

    public List<SimulatedMessage> FlowConfirmations { get; } = [];

    public string Consumer { get; private set; } = "";

    public string Target { get; private set; } = "";

    public Stream Create(StreamConfig config)
    {
        Assert.Null(World.Account.CreateStream(config with { Replicas = 1, MaxMessageSize = -1 }, out Stream? stream));
        World.Advance(TimeSpan.FromMilliseconds(300));
        return stream!;
    }

    /// <summary>Says to the last request that there is a consumer.</summary>
    public void Accept(ulong delivered = 0, ulong pending = 0, string identity = "", string consumer = "C", string ackPolicy = "none")
    {
        SimulatedMessage request = Requests[^1];
        Match target = DeliverSubject.Match(request.Payload);
        Target = target.Success ? target.Groups["subject"].Value : Target;
        Consumer = consumer;
        _delivered = 0;
        string answer = string.Create(CultureInfo.InvariantCulture,
            $$"""{"type":"x","num_pending":{{pending}},"delivered":{"consumer_seq":0,"stream_seq":{{delivered}} },"config":{"deliver_subject":"{{Target}}","ack_policy":"{{ackPolicy}}"},"name":"{{consumer}}"}""");
        Send(request.Reply, "", identity.Length > 0 ? $"NATS/1.0\r\nNats-Stream-Identity: {identity}\r\n\r\n" : "", answer);
        World.RunUntilIdle();
    }

    /// <summary>Says to the last request that there is none.</summary>
    public void Refuse(int code, int errorCode, string description)
    {
        Send(Requests[^1].Reply, "", "", string.Create(CultureInfo.InvariantCulture, $$"""{"error":{"code":{{code}},"err_code":{{errorCode}},"description":"{{description}}"} }"""));
        World.RunUntilIdle();
    }

    /// <summary>Delivers a message of the other stream.</summary>
    public void Deliver(ulong sequence, string subject, string payload, string headers = "", long timeNs = 1_000_000_000, ulong pending = 0, ulong delivery = 0)
    {
        _delivered = delivery > 0 ? delivery : _delivered + 1;
        string reply = string.Create(CultureInfo.InvariantCulture, $"$JS.ACK.O.{Consumer}.1.{sequence}.{_delivered}.{timeNs}.{pending}");
        MessageBatch batch = World.Rent();
        World.Port.Deliver(batch, Bytes(Target), Bytes(subject), Bytes(reply), Bytes(headers), Bytes(payload));
        World.Return(batch);
        World.RunUntilIdle();
    }

    /// <summary>Delivers a heartbeat, or with a reply a flow control message.</summary>
    public void Control(string headers, string reply = "")
    {
        Send(Target, reply, headers, "");
        World.RunUntilIdle();
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [GeneratedRegex("\"deliver_subject\":\"(?<subject>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex DeliverSubject { get; }

    private void Send(string subject, string reply, string headers, string payload)
    {
        MessageBatch batch = World.Rent();
        World.Port.Publish(batch, Bytes(subject), Bytes(reply), Bytes(headers), Bytes(payload));
        World.Return(batch);
    }
}
