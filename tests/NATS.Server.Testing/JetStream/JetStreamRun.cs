using System.Globalization;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Testing.JetStream;

/// <summary>
/// One thread. A stream and its consumers through chance: publishes, alone and in atomic batches, pulls, pushes, acknowledgements, deletions, purges, time, restarts and crashes, against a model that is obvious.
/// Whatever breaks a promise throws.
/// </summary>
public sealed partial class JetStreamRun
{
    private const long AckWaitNs = 10_000_000_000;
    private const long DuplicateWindowNs = 20_000_000_000;
    private readonly Random _random;
    private readonly StreamConfig _config;
    private readonly bool _isDurable;
    private readonly bool _isCopied;
    private readonly ModelStream _model;
    private readonly List<ModelConsumer> _consumers = [];
    private readonly List<SimulatedMessage> _answers = [];
    private readonly HashSet<ulong> _lostInMirror = [];
    private readonly HashSet<ulong> _lostInCopy = [];
    private SimulatedJetStream _world;
    private ModelBatch? _open;
    private int _messages;
    private int _batches;
    private int _life;

    // What the server still says was never heard.
    private bool _isDead;

    private JetStreamRun(int seed, RetentionPolicy retention, bool isDurable)
    {
        _random = new Random(seed);
        _isDurable = isDurable;
        _isCopied = retention == RetentionPolicy.Limits && _random.Next(2) == 0;
        int limit = _random.Next(3) == 0 ? 0 : _random.Next(1, 6);
        bool isNew = limit > 0 && _random.Next(2) == 0;
        _config = new StreamConfig
        {
            Name = "S",
            Subjects = ["s.*"],
            Retention = retention,
            Storage = StorageType.File,
            Replicas = 1,
            MaxMessages = -1,
            MaxBytes = -1,
            MaxMessagesPerSubject = limit == 0 ? -1 : limit * 3,
            Discard = isNew ? Core.JetStream.Streams.DiscardPolicy.New : Core.JetStream.Streams.DiscardPolicy.Old,
            DiscardNewPerSubject = isNew,
            DuplicateWindowNs = DuplicateWindowNs,
            AllowAtomicPublish = true,
            AllowRollup = true,
        };
        _model = new ModelStream(_config);
        _world = new SimulatedJetStream(seed, isDurable);
        _world.AnswerRequests();
    }

    private Stream Stream => StreamOf("S");

    private bool IsWorkQueue => _config.Retention == RetentionPolicy.WorkQueue;

    /// <summary>Runs.</summary>
    /// <param name="seed">Everything follows from it.</param>
    /// <param name="retention">Of the stream.</param>
    /// <param name="isDurable">Acknowledgements wait for the device, and the power is cut; else only the process dies.</param>
    /// <param name="steps">How many.</param>
    public static void Run(int seed, RetentionPolicy retention, bool isDurable, int steps)
    {
        var run = new JetStreamRun(seed, retention, isDurable);
        int step = 0;
        try
        {
            run.Begin();
            for (; step < steps; step++) run.Step();
            run.Drain();
        }
        catch (Exception problem)
        {
            throw new InvalidOperationException($"seed {seed}, {retention}, durable {isDurable}, step {step}, {run._config.Discard} {run._config.MaxMessagesPerSubject}: {problem.Message}", problem);
        }
    }

    private void Begin()
    {
        Check(_world.Account.CreateStream(_config, out _));
        AddConsumer("A", "s.a", isPush: false);
        AddConsumer("PUSH", IsWorkQueue ? "s.c" : "s.b", isPush: true);
        AddConsumer(IsWorkQueue ? "B" : "ALL", IsWorkQueue ? "s.b" : "", isPush: false);
        if (_isCopied)
        {
            Check(_world.Account.CreateStream(CopyNamed("MIRROR") with { Mirror = new StreamSource { Name = "S" } }, out _));
            Check(_world.Account.CreateStream(CopyNamed("COPY") with { Sources = [new StreamSource { Name = "S" }], AllowAtomicPublish = true }, out _));
        }

        Connect();
    }

    private static StreamConfig CopyNamed(string name) =>
        new() { Name = name, Storage = StorageType.File, Replicas = 1, MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1 };

    private void AddConsumer(string name, string filter, bool isPush)
    {
        bool isControlled = isPush && _random.Next(2) == 0;
        var config = new ConsumerConfig
        {
            Durable = name,
            Name = name,
            FilterSubject = filter,
            DeliverSubject = isPush ? "push." + name : "",
            FlowControl = isControlled,
            HeartbeatNs = isControlled ? 1_000_000_000 : 0,
            AckPolicy = AckPolicy.Explicit,
            AckWaitNs = AckWaitNs,
            MaxAckPending = 20,
            MaxDeliver = -1,
            Replicas = 1,
        };
        Check(_world.Account.CreateConsumer(Stream, new PlannedConsumer(name, config, config, IsNew: true), out _));
        _consumers.Add(new ModelConsumer(name, filter, isPush));
    }

    private void Connect()
    {
        _world.Port.Subscribe("_INBOX.>", OnMessage);
        foreach (ModelConsumer consumer in _consumers)
        {
            consumer.Outstanding.Clear();
            if (consumer.IsPush) _world.Port.Subscribe("push." + consumer.Name, OnMessage);
        }
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 20: Publish(); break;
            case < 28: PublishBatch(); break;
            case < 33: ContinueBatch(); break;
            case < 55: Pull(); break;
            case < 78: Answer(); break;
            case < 86: _world.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 15_000))); break;
            case < 89: Delete(); break;
            case < 91: Purge(); break;
            case < 94: Begin(_world.Restart(), isClean: true); break;
            case < 97: Begin(_world.Kill(), isClean: false); break;
            case < 98 when _isDurable: Begin(_world.CutPower(), isClean: false); break;
            case < 99: CheckConsumers(); break;
            default: Die(); break;
        }

        Settle();
    }

    // In the middle of what publishing does to the disk.
    private void Die()
    {
        RunUntilIdle();
        SimulatedJetStream? next = _world.DieDuring(
            _random.Next(1, 8),
            _isDurable,
            () =>
            {
                PublishBatch();
                RunUntilIdle();
            },
            () => _isDead = true);
        if (next is not null) Begin(next, isClean: false);
    }

    // Sometimes work is left undone for a while.
    private void Settle()
    {
        if (_random.Next(4) > 0) RunUntilIdle();
        else _world.Step();
    }

    private void RunUntilIdle()
    {
        _world.RunUntilIdle();
        while (_answers.Count > 0)
        {
            SimulatedMessage[] answers = [.. _answers];
            _answers.Clear();
            _world.Publish(answers);
            _world.RunUntilIdle();
        }
    }

    private void Publish()
    {
        List<SimulatedMessage> messages = [];
        for (int i = _random.Next(1, 6); i > 0; i--)
        {
            ModelMessage message = Make(batch: null);
            messages.Add(Written(message, ""));
        }

        _world.Publish(messages);
    }

    // All of it at once; now and then with something wrong in it, or without its end.
    private void PublishBatch()
    {
        var batch = new ModelBatch("b" + (++_batches).ToString(CultureInfo.InvariantCulture));
        int count = _random.Next(1, 6);
        bool isWrong = _random.Next(5) == 0;
        for (int i = 0; i < count; i++) Make(batch);
        bool ends = _random.Next(6) > 0;
        batch.IsCommitted = ends && !isWrong;
        List<SimulatedMessage> messages = [.. batch.Messages.Select(message => Written(message, BatchHeaders(batch, message.Index, ends && message.Index == count - 1) + (isWrong ? "Nats-Expected-Stream: OTHER\r\n" : "")))];
        _world.Publish(messages);
    }

    // One message of a batch that takes its time; others come between.
    private void ContinueBatch()
    {
        _open ??= new ModelBatch("o" + (++_batches).ToString(CultureInfo.InvariantCulture));
        ModelBatch batch = _open;
        ModelMessage message = Make(batch);
        bool ends = _random.Next(3) == 0;
        batch.IsCommitted |= ends;
        if (ends)
        {
            _open = null;
            foreach (ModelMessage member in batch.Messages) member.TimeNs = NowNs;
        }

        _world.Publish([Written(message, BatchHeaders(batch, message.Index, ends))]);
    }

    private static string BatchHeaders(ModelBatch batch, int index, bool ends) =>
        string.Create(CultureInfo.InvariantCulture, $"Nats-Batch-Id: {batch.Id}\r\nNats-Batch-Sequence: {index + 1}\r\n{(ends ? "Nats-Batch-Commit: 1\r\n" : "")}");

    private ModelMessage Make(ModelBatch? batch)
    {
        string subject = _random.Next(3) switch { 0 => "s.a", 1 => "s.b", _ => "s.c" };

        // In a batch only the first message of a subject can take the place of others.
        bool rolls = _random.Next(25) == 0 && (batch is null || batch.Messages.Count == 0);
        var message = new ModelMessage
        {
            Id = "m" + (++_messages).ToString(CultureInfo.InvariantCulture),
            Subject = subject,
            DuplicateId = _random.Next(4) == 0 ? "d" + _random.Next(Math.Max(0, (_messages / 4) - 3), (_messages / 4) + 1).ToString(CultureInfo.InvariantCulture) : "",
            Rollup = rolls ? _random.Next(3) == 0 ? "all" : "sub" : "",
            Batch = batch,
            Index = batch?.Messages.Count ?? 0,
            TimeNs = NowNs,
            Life = _life,
            Padding = batch is null ? 0 : _random.Next(2) * 1500,
        };
        batch?.Messages.Add(message);
        _model.Add(message);
        return message;
    }

    private static SimulatedMessage Written(ModelMessage message, string headers)
    {
        if (message.DuplicateId.Length > 0) headers += $"Nats-Msg-Id: {message.DuplicateId}\r\n";
        if (message.Rollup.Length > 0) headers += $"Nats-Rollup: {message.Rollup}\r\n";
        return new SimulatedMessage(message.Subject, "_INBOX.pub." + message.Id, headers.Length > 0 ? $"NATS/1.0\r\n{headers}\r\n" : "", message.Id + new string(' ', message.Padding));
    }

    private void Pull()
    {
        ModelConsumer consumer = _consumers[_random.Next(_consumers.Count)];
        if (consumer.IsPush) return;
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
        ulong[] known = [.. _model.BySequence.Keys];
        if (known.Length == 0) return;
        ulong sequence = known[_random.Next(known.Length)];
        _model.Deleted.Add(sequence);
        string erases = _random.Next(2) == 0 ? "true" : "false";
        _world.Publish(("$JS.API.STREAM.MSG.DELETE.S", $"_INBOX.deleted.{sequence}", $"{{\"seq\":{sequence},\"no_erase\":{erases}}}"));
    }

    // Nothing else happens meanwhile, so that what is left is known.
    private void Purge()
    {
        RunUntilIdle();
        string filter = _random.Next(4) switch { 0 => "s.a", 1 => "s.b", 2 => "s.*", _ => "" };
        List<ModelMessage> concerned = [.. Present().Where(message => filter.Length == 0 || filter == "s.*" || message.Subject == filter)];
        int keep = _random.Next(3) == 0 ? _random.Next(1, 5) : 0;
        ulong before = keep == 0 && _random.Next(2) == 0 && concerned.Count > 0 ? concerned[_random.Next(concerned.Count)].Sequence : 0;
        HashSet<ulong> purged = [.. concerned.SkipLast(keep).Select(static message => message.Sequence).Where(sequence => before == 0 || sequence < before)];
        HashSet<ulong> left = [.. Present().Select(static message => message.Sequence).Where(sequence => !purged.Contains(sequence))];
        _model.Deleted.UnionWith(purged);
        string request = $"{{\"filter\":\"{filter}\"{(keep > 0 ? $",\"keep\":{keep}" : "")}{(before > 0 ? $",\"seq\":{before}" : "")}}}";
        _world.Publish(("$JS.API.STREAM.PURGE.S", $"_INBOX.purged.{purged.Count}", request));
        _world.RunUntilIdle();
        if (!left.SetEquals(Present().Select(static message => message.Sequence))) throw new InvalidOperationException($"purge {request} left {Present().Count} messages, and not {left.Count}");
    }

    private long NowNs => (_world.Time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    private Stream StreamOf(string name) => _world.Account.TryGetStream(name, out Stream? stream) ? stream : throw new InvalidOperationException($"the stream {name} is gone");

    private Consumer ConsumerOf(ModelConsumer consumer) => Stream.FindConsumer(consumer.Name) ?? throw new InvalidOperationException($"consumer {consumer.Name} is gone");

    private static void Check(ApiError? error)
    {
        if (error is { } problem) throw new InvalidOperationException(problem.ToString());
    }
}
