using System.Net;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;

namespace NATS.Server.Bench.Soak;

/// <summary>
/// The mixed load of a soak: a work queue, a stream of interest, a stream with limits, a bucket, and assets, connections and subscriptions that come and go.
/// One thread drives it in small steps, at rates that a server takes easily: what is looked for shows with time, not with speed.
/// </summary>
internal sealed class SoakLoad : IDisposable
{
    public const string Prefix = "SOAK_";
    private const int Size = 256;
    private const int KeyCount = 20_000;

    /// <summary>Consumers of this load must have moved within this time.</summary>
    private const double PatienceSeconds = 30;

    private readonly IPEndPoint _server;
    private readonly JetStreamApi _api;
    private readonly EventLoop _loop = new();
    private readonly List<(string Name, AckedPublisher Publisher, double Rate)> _publishers = [];
    private readonly List<(string Name, StreamConsumer Consumer)> _consumers = [];
    private readonly Dictionary<string, (long Received, double At)> _progress = [];
    private readonly KeyReader _reader;
    private PullConsumer? _passing;
    private int _round;

    /// <summary>Creates what the load works on.</summary>
    public SoakLoad(IPEndPoint server)
    {
        _server = server;
        _api = new JetStreamApi(server);
        Clear();
        Create("WORK", "\"retention\":\"workqueue\"");
        Create("INTEREST", "\"retention\":\"interest\"");
        Create("LIMITS", "\"max_msgs\":100000,\"max_age\":60000000000,\"max_bytes\":67108864");
        Create("MEMORY", "\"storage\":\"memory\",\"max_msgs\":20000");
        _api.CreateStream("KV_" + Prefix, $"\"subjects\":[\"$KV.{Prefix}.>\"],\"max_msgs_per_subject\":3,\"allow_direct\":true,\"discard\":\"new\",\"allow_rollup_hdrs\":true");
        Consume("WORK", "w", 3);
        Consume("INTEREST", "a", 1);
        Consume("INTEREST", "b", 1);
        Consume("LIMITS", "l", 1);
        Consume("MEMORY", "m", 1);
        Push("LIMITS");
        var keys = new KeySpace($"$KV.{Prefix}.k", KeyCount);
        using (var filling = new EventLoop())
        {
            var filler = new KeyedPublisher(filling, server, Size, 99, 1000, keys) { IsSequential = true };
            filler.Join();
            filler.Subscribe(filler.InboxWildcard, AckedPublisher.Sid);
            new AckedRun(filling, [filler]).Fill(KeyCount);
        }

        Publish("WORK", 2000, 0);
        Publish("INTEREST", 1000, 1);
        Publish("LIMITS", 2000, 2);
        Publish("MEMORY", 1000, 3);
        Add("KV", new KeyedPublisher(_loop, server, Size, 4, 200, keys, batch: 1), 1000);
        _reader = new KeyReader(_loop, server, "KV_" + Prefix, keys, Size);
        _reader.Join();
        _reader.Subscribe(KeyReader.InboxWildcard, KeyReader.Sid);
        foreach (var (_, consumer) in _consumers) (consumer as PullConsumer)?.Start();
    }

    public long Published => _publishers.Sum(static each => each.Publisher.Acked);

    public long Consumed => _consumers.Sum(static each => each.Consumer.Received) + (_passing?.Received ?? 0);

    public long Read => _reader.Received;

    /// <summary>Publishes what is due and takes what has come.</summary>
    /// <param name="seconds">Since the start.</param>
    public void Step(double seconds)
    {
        foreach (var (_, publisher, rate) in _publishers)
        {
            var due = (long)(seconds * rate);
            while (publisher.Pump(publisher.Published < due ? publisher.Allowance : 0))
            {
                // One message a call, until none is due.
            }
        }

        var gets = Math.Min(16, (seconds * 1000) - _reader.Sent);
        _reader.IsStopping = true;
        if (gets >= 1 && _reader.Sent - _reader.Received < 64) _reader.Ask((int)gets);
        _loop.Poll(1);
    }

    /// <summary>Makes and removes what comes and goes: once a second or so.</summary>
    public void Turn()
    {
        _round++;
        var name = $"{Prefix}TURN{_round % 7}";
        _api.CreateStream(name, $"\"subjects\":[\"soak.turn.{_round % 7}\"],\"storage\":\"{(_round % 2 == 0 ? "file" : "memory")}\"");
        _api.CreateConsumer(name, "c", "\"ack_policy\":\"explicit\"");
        using (var passing = new EventLoop())
        {
            var publisher = new AckedPublisher(passing, _server, $"soak.turn.{_round % 7}", Size, 50, 40);
            publisher.Join();
            publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
            publisher.Subscribe($"soak.unused.{_round}.>", "9");
            new AckedRun(passing, [publisher]).Fill(100);
        }

        _api.DeleteStream(name);
        if (_round % 5 != 0) return;

        // An ephemeral consumer on a connection of its own; the one before is left for the server to remove.
        _passing?.Dispose();
        name = $"e{_round}";
        _api.CreateConsumer(Prefix + "LIMITS", name, "\"ack_policy\":\"none\",\"deliver_policy\":\"new\",\"mem_storage\":true,\"inactive_threshold\":20000000000");
        _passing = new PullConsumer(_loop, _server, Prefix + "LIMITS", name, Size, 200, 100, acknowledges: false) { TakesAnyMessage = true };
        _passing.Join();
        _passing.Subscribe(_passing.Inbox, PullConsumer.Sid);
        _passing.Start();
    }

    /// <summary>What stands still, in words; empty when nothing does.</summary>
    public string Stuck(double seconds)
    {
        var stuck = new List<string>();
        foreach (var (name, count) in _publishers.Select(static each => (each.Name, each.Publisher.Acked)).Concat(_consumers.Select(static each => (each.Name, each.Consumer.Received))))
        {
            if (!_progress.TryGetValue(name, out var before) || before.Received != count) _progress[name] = (count, seconds);
            else if (seconds - before.At > PatienceSeconds) stuck.Add($"{name} has stood at {count} for {seconds - before.At:0} s");
        }

        return string.Join(", ", stuck);
    }

    /// <summary>Stops publishing and takes what is left: afterwards nothing may be pending.</summary>
    public string Finish()
    {
        var end = DateTime.UtcNow.AddSeconds(PatienceSeconds);
        var problems = "not looked at";
        while (problems.Length > 0 && DateTime.UtcNow < end)
        {
            for (var i = 0; i < 50; i++)
            {
                foreach (var (_, publisher, _) in _publishers) publisher.Pump(0);
                _loop.Poll(5);
            }

            problems = Left();
        }

        return problems;
    }

    /// <summary>Removes every asset of the load.</summary>
    public void Clear()
    {
        foreach (var name in (string[])["WORK", "INTEREST", "LIMITS", "MEMORY", .. Enumerable.Range(0, 7).Select(static i => $"TURN{i}")]) _api.DeleteStream(Prefix + name);
        _api.DeleteStream("KV_" + Prefix);
    }

    public void Dispose()
    {
        _loop.Dispose();
        _api.Dispose();
    }

    private string Left()
    {
        var left = new List<string>();
        foreach (var (stream, consumer) in ((string, string)[])[("WORK", "w"), ("INTEREST", "a"), ("INTEREST", "b"), ("LIMITS", "l"), ("MEMORY", "m")])
        {
            var pending = _api.ConsumerFigure(Prefix + stream, consumer, "num_pending");
            var unacknowledged = _api.ConsumerFigure(Prefix + stream, consumer, "num_ack_pending");
            if (pending + unacknowledged > 0) left.Add($"{consumer} of {stream} has {pending} messages to come and {unacknowledged} to acknowledge");
        }

        foreach (var stream in (string[])["WORK", "INTEREST"])
        {
            var messages = _api.Messages(Prefix + stream);
            if (messages > 0) left.Add($"{stream} still holds {messages} messages");
        }

        return string.Join(", ", left);
    }

    private void Create(string name, string fields) => _api.CreateStream(Prefix + name, $"\"subjects\":[\"soak.{name}\"],{fields}");

    private void Publish(string name, double rate, int number) => Add(name, new AckedPublisher(_loop, _server, $"soak.{name}", Size, number, 400, batch: 1), rate);

    private void Add(string name, AckedPublisher publisher, double rate)
    {
        publisher.Join();
        publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
        _publishers.Add(($"publisher of {name}", publisher, rate));
    }

    private void Consume(string stream, string consumer, int members)
    {
        _api.CreateConsumer(Prefix + stream, consumer, $"\"durable_name\":\"{consumer}\",\"ack_policy\":\"explicit\",\"max_ack_pending\":5000");
        for (var i = 0; i < members; i++)
        {
            var member = new PullConsumer(_loop, _server, Prefix + stream, consumer, Size, 50, 25, acknowledges: true) { TakesAnyMessage = true };
            member.Join();
            member.Subscribe(member.Inbox, PullConsumer.Sid);
            _consumers.Add(($"member {i} of {consumer} of {stream}", member));
        }
    }

    private void Push(string stream)
    {
        const string subject = "soak.delivered";
        var consumer = new PushConsumer(_loop, _server, Size);
        consumer.Join();
        consumer.Subscribe(subject, PullConsumer.Sid);
        _api.CreateConsumer(
            Prefix + stream, "p", $"\"durable_name\":\"p\",\"ack_policy\":\"none\",\"deliver_subject\":\"{subject}\",\"flow_control\":true,\"idle_heartbeat\":5000000000");
        _consumers.Add(($"p of {stream}", consumer));
    }
}
