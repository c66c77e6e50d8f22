using System.Globalization;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.JetStream;

/// <summary>
/// One thread. A stream and its consumers through chance: publishes, pulls, acknowledgements, deletions, time, restarts and crashes, against a model that is obvious. Whatever breaks a promise throws.
/// </summary>
public sealed class JetStreamRun
{
    private const long AckWaitNs = 10_000_000_000;
    private readonly Random _random;
    private readonly RetentionPolicy _retention;
    private readonly bool _isDurable;

    // What the stream has said is stored, by sequence; what a client has deleted; what was seen of a sequence.
    private readonly SortedDictionary<ulong, string> _acknowledged = [];
    private readonly HashSet<ulong> _deleted = [];
    private readonly Dictionary<ulong, string> _seen = [];
    private readonly Dictionary<string, string> _published = new(StringComparer.Ordinal);
    private readonly List<ModelConsumer> _consumers = [];
    private SimulatedJetStream _world;
    private object? _inbox;
    private int _messages;

    private JetStreamRun(int seed, RetentionPolicy retention, bool isDurable)
    {
        _random = new Random(seed);
        _retention = retention;
        _isDurable = isDurable;
        _world = new SimulatedJetStream(seed, isDurable);
    }

    private NATS.Server.JetStream.Streams.Stream Stream =>
        _world.Account.TryGetStream("S", out NATS.Server.JetStream.Streams.Stream? stream) ? stream : throw new InvalidOperationException("the stream is gone");

    /// <summary>Runs.</summary>
    /// <param name="seed">Everything follows from it.</param>
    /// <param name="retention">Of the stream.</param>
    /// <param name="isDurable">Acknowledgements wait for the device, and the power is cut; else only the process dies.</param>
    /// <param name="steps">How many.</param>
    public static void Run(int seed, RetentionPolicy retention, bool isDurable, int steps)
    {
        var run = new JetStreamRun(seed, retention, isDurable);
        try
        {
            run.Begin();
            for (int i = 0; i < steps; i++) run.Step();
            run.Drain();
        }
        catch (Exception problem)
        {
            throw new InvalidOperationException($"seed {seed}, {retention}, durable {isDurable}: {problem.Message}", problem);
        }
    }

    private void Begin()
    {
        var config = new StreamConfig { Name = "S", Subjects = ["s.*"], Retention = _retention, Storage = StorageType.File, Replicas = 1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1 };
        Check(_world.Account.CreateStream(config, out _));
        if (_retention == RetentionPolicy.WorkQueue)
        {
            AddConsumer("A", "s.a");
            AddConsumer("B", "s.b");
        }
        else
        {
            AddConsumer("ALL", "");
            AddConsumer("A", "s.a");
        }

        Connect();
    }

    private void AddConsumer(string name, string filter)
    {
        var config = new ConsumerConfig
        {
            Durable = name,
            Name = name,
            FilterSubject = filter,
            AckPolicy = AckPolicy.Explicit,
            AckWaitNs = AckWaitNs,
            MaxAckPending = 20,
            MaxDeliver = -1,
            Replicas = 1,
        };
        Check(_world.Account.CreateConsumer(Stream, new PlannedConsumer(name, config, config, IsNew: true), out _));
        _consumers.Add(new ModelConsumer(name, filter));
    }

    private void Connect()
    {
        _inbox = _world.Port.Subscribe("_INBOX.>", OnMessage);
        foreach (ModelConsumer consumer in _consumers) consumer.Outstanding.Clear();
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 30: Publish(); break;
            case < 55: Pull(); break;
            case < 80: Answer(); break;
            case < 88: _world.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 15_000))); break;
            case < 90: Delete(); break;
            case < 91: Purge(); break;
            case < 94: Begin(_world.Restart()); break;
            case < 97: Begin(_world.Kill()); break;
            case < 98 when _isDurable: Begin(_world.CutPower()); break;
            default: break;
        }

        // Sometimes work is left undone for a while.
        if (_random.Next(4) > 0) _world.RunUntilIdle();
        else _world.Step();
    }

    private void Publish()
    {
        var messages = new (string, string, string)[_random.Next(1, 6)];
        for (int i = 0; i < messages.Length; i++)
        {
            string id = "m" + (++_messages).ToString(CultureInfo.InvariantCulture);
            string subject = _random.Next(3) switch { 0 => "s.a", 1 => "s.b", _ => "s.c" };
            if (_retention == RetentionPolicy.WorkQueue && subject == "s.c") subject = "s.a";
            _published[id] = subject;
            messages[i] = (subject, "_INBOX.pub." + id, id);
        }

        _world.Publish(messages);
    }

    private void Pull()
    {
        ModelConsumer consumer = _consumers[_random.Next(_consumers.Count)];
        int batch = _random.Next(1, 8);
        string request = _random.Next(2) == 0 ? $"{{\"batch\":{batch},\"no_wait\":true}}" : $"{{\"batch\":{batch},\"expires\":5000000000}}";
        _world.Publish(($"$JS.API.CONSUMER.MSG.NEXT.S.{consumer.Name}", $"_INBOX.next.{consumer.Name}", request));
    }

    private void Answer()
    {
        ModelConsumer consumer = _consumers[_random.Next(_consumers.Count)];
        if (consumer.Outstanding.Count == 0) return;
        (ulong sequence, string reply) = consumer.Outstanding[_random.Next(consumer.Outstanding.Count)];
        string answer = _random.Next(12) switch { 0 => "-NAK", 1 => "-NAK {\"delay\": 3000000000}", 2 => "+WPI", 3 => "+TERM", _ => "+ACK" };
        bool isFinal = answer is "+ACK" or "+TERM";
        bool waits = _random.Next(2) == 0;
        if (answer is not "+WPI") consumer.Outstanding.RemoveAll(delivery => delivery.Reply == reply);
        if (isFinal) consumer.Answered.Add(sequence);
        _world.Publish((reply, waits && isFinal ? $"_INBOX.done.{consumer.Name}.{sequence}" : "", answer));
    }

    private void Delete()
    {
        if (_acknowledged.Count == 0) return;
        ulong sequence = _acknowledged.Keys.ElementAt(_random.Next(_acknowledged.Count));
        if (Stream.Store.Remove(sequence) == StoreResult.Ok) _deleted.Add(sequence);
    }

    private void Purge()
    {
        _world.RunUntilIdle();
        Stream.Store.Purge(out _);
        _deleted.UnionWith(_acknowledged.Keys);
    }

    // After a crash acknowledgements on their way are lost; what was confirmed is not.
    private void Begin(SimulatedJetStream world)
    {
        _world = world;
        Connect();
        foreach (ModelConsumer consumer in _consumers)
        {
            if (Find(consumer) is null) throw new InvalidOperationException($"consumer {consumer.Name} is gone");
        }

        foreach ((ulong sequence, string id) in _acknowledged)
        {
            if (_deleted.Contains(sequence) || MayBeGone(sequence, id)) continue;
            if (Stream.Store.Load(sequence, out StoredMessage message) != StoreResult.Ok) throw new InvalidOperationException($"message {sequence} was acknowledged and is lost");
            if (System.Text.Encoding.UTF8.GetString(message.Payload) != id) throw new InvalidOperationException($"message {sequence} is another");
        }
    }

    // Consumers have said, or may have said, that they are done with it.
    private bool MayBeGone(ulong sequence, string id) => _retention switch
    {
        RetentionPolicy.Limits => false,
        RetentionPolicy.WorkQueue => _consumers.Exists(consumer => consumer.Answered.Contains(sequence)),
        _ => _consumers.TrueForAll(consumer => !consumer.Wants(_published[id]) || consumer.Answered.Contains(sequence)),
    };

    private void OnMessage(SimulatedMessage message)
    {
        string[] tokens = message.Subject.Split('.');
        if (tokens is ["_INBOX", "pub", string id])
        {
            if (message.Payload.Contains("error", StringComparison.Ordinal)) throw new InvalidOperationException(message.Payload);
            ulong sequence = ulong.Parse(message.Payload.Split("\"seq\":")[1].TrimEnd('}'), CultureInfo.InvariantCulture);
            if (_acknowledged.TryGetValue(sequence, out string? other)) throw new InvalidOperationException($"sequence {sequence} was given to {other} and {id}");
            if (_seen.TryGetValue(sequence, out string? seen) && seen != id) throw new InvalidOperationException($"sequence {sequence} was delivered as {seen} and is {id}");
            _acknowledged[sequence] = id;
        }
        else if (tokens is ["_INBOX", "done", string name, string confirmed])
        {
            _consumers.Find(consumer => consumer.Name == name)!.Confirmed.Add(ulong.Parse(confirmed, CultureInfo.InvariantCulture));
        }
        else if (tokens[0] == "s")
        {
            OnDelivery(message);
        }
    }

    private void OnDelivery(SimulatedMessage message)
    {
        if (!AckReply.TryParse(System.Text.Encoding.UTF8.GetBytes(message.Reply), out AckReply ack)) throw new InvalidOperationException($"reply {message.Reply}");
        ModelConsumer consumer = _consumers.Find(consumer => consumer.Name == message.Reply.Split('.')[3])!;
        ulong sequence = ack.StreamSequence;
        if (!_published.TryGetValue(message.Payload, out string? subject) || subject != message.Subject) throw new InvalidOperationException($"{message.Payload} was never published to {message.Subject}");
        if (!consumer.Wants(message.Subject)) throw new InvalidOperationException($"consumer {consumer.Name} does not want {message.Subject}");
        if (_seen.TryGetValue(sequence, out string? seen) && seen != message.Payload) throw new InvalidOperationException($"sequence {sequence} was delivered as {seen} and as {message.Payload}");
        if (_acknowledged.TryGetValue(sequence, out string? id) && id != message.Payload) throw new InvalidOperationException($"sequence {sequence} is {id}, and was delivered as {message.Payload}");
        if (consumer.Confirmed.Contains(sequence)) throw new InvalidOperationException($"message {sequence} was delivered to {consumer.Name} after its acknowledgement was confirmed");
        _seen[sequence] = message.Payload;
        consumer.Outstanding.Add((sequence, message.Reply));
        consumer.Delivered.Add(sequence);
    }

    // At the end every consumer gets everything that is there.
    private void Drain()
    {
        _world.RunUntilIdle();
        int quiet = 0;
        for (int round = 0; quiet < 3; round++)
        {
            if (round > 10_000) throw new InvalidOperationException("consumers deliver without end");
            bool isQuiet = true;
            foreach (ModelConsumer consumer in _consumers)
            {
                _world.Publish(($"$JS.API.CONSUMER.MSG.NEXT.S.{consumer.Name}", $"_INBOX.next.{consumer.Name}", "{\"batch\":20,\"no_wait\":true}"));
                _world.RunUntilIdle();
                foreach ((ulong sequence, string reply) in consumer.Outstanding.ToArray())
                {
                    isQuiet = false;
                    consumer.Answered.Add(sequence);
                    _world.Publish((reply, $"_INBOX.done.{consumer.Name}.{sequence}", "+ACK"));
                }

                consumer.Outstanding.Clear();
                _world.RunUntilIdle();
            }

            _world.Advance(TimeSpan.FromSeconds(11));
            quiet = isQuiet ? quiet + 1 : 0;
        }

        // What consumers had acknowledged before a crash, and was not removed from the stream before it, is when the stream is opened.
        foreach (ModelConsumer consumer in _consumers) CheckDrained(consumer);
    }

    private void CheckDrained(ModelConsumer consumer)
    {
        StreamState state = Stream.Store.State;
        for (ulong sequence = Math.Max(1, state.FirstSequence); sequence <= state.LastSequence; sequence++)
        {
            if (Stream.Store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
            string subject = System.Text.Encoding.UTF8.GetString(message.Subject);
            // One that was deleted, and came back since the power went before that was durable, is owed to nobody.
            if (!consumer.Wants(subject) || _deleted.Contains(sequence)) continue;
            if (!consumer.Answered.Contains(sequence)) throw new InvalidOperationException($"message {sequence} was never delivered to {consumer.Name}, or not until it was acknowledged");
            if (_retention == RetentionPolicy.WorkQueue) throw new InvalidOperationException($"message {sequence} was acknowledged by {consumer.Name}, and is still in the queue");
        }
    }

    private Consumer? Find(ModelConsumer consumer) => Stream.FindConsumer(consumer.Name);

    private static void Check(ApiError? error)
    {
        if (error is { } problem) throw new InvalidOperationException(problem.ToString());
    }

    private sealed class ModelConsumer(string name, string filter)
    {
        public string Name => name;

        /// <summary>Deliveries that have no answer.</summary>
        public List<(ulong Sequence, string Reply)> Outstanding { get; } = [];

        /// <summary>What a client has acknowledged, whether or not that has arrived.</summary>
        public HashSet<ulong> Answered { get; } = [];

        /// <summary>What the consumer has confirmed to be acknowledged.</summary>
        public HashSet<ulong> Confirmed { get; } = [];

        public HashSet<ulong> Delivered { get; } = [];

        public bool Wants(string subject) => filter.Length == 0 || subject == filter;
    }
}
