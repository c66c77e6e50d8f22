using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Api;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.JetStream;

/// <summary>
/// One thread. JetStream without a server: its engine on a simulated disk, its threads a queue from which chance takes the next piece of work, its clock set by hand. The same seed gives the same run.
/// </summary>
internal sealed class SimulatedJetStream : IExecutor, IBatchSource
{
    private const int MaximumWork = 1_000_000;
    private readonly Random _random;
    private readonly bool _isDurable;
    private readonly List<IWorkItem> _work = [];

    public SimulatedJetStream(
        int seed,
        bool isDurable,
        SimulatedDisk? disk = null,
        FakeTimeProvider? time = null,
        Func<EngineOptions, EngineOptions>? configure = null,
        Func<JetStreamServices, JetStreamServices>? change = null)
    {
        _random = new Random(seed);
        _isDurable = isDurable;
        Disk = disk ?? new SimulatedDisk();
        Time = time ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Deadlines = new DeadlineQueue();
        Commits = new CommitQueue(Disk);
        Port = new SimulatedAccount("A");
        var services = new JetStreamServices
        {
            Executor = this,
            Deadlines = Deadlines,
            Commits = Commits,
            Disk = Disk,
            Time = Time,
            Random = new Random(seed),
            Batches = this,
            DedupeKey = new DedupeKey(new byte[DedupeKey.Length]),
            Log = NullLogger.Instance,
            Version = "2.15.0",
            IsDurable = isDurable,
        };
        var keys = new AssetEncryption { Random = new Random(seed) };
        var options = new EngineOptions
        {
            Directory = "/store/jetstream",
            Limits = new ServerLimits { MaxMemory = long.MaxValue, MaxStorage = long.MaxValue },
            SyncIntervalNs = isDurable ? 0 : 120_000_000_000,
            EncryptionOf = _ => keys,
        };
        Engine = new JetStreamEngine(
            configure is null ? options : configure(options),
            change is null ? services : change(services))
        {
            SystemPort = SystemPort,
        };
        Account = Engine.Enable(Port, AccountTiers.Unlimited);
        Engine.Recover([]);
        RunUntilIdle();
    }

    public SimulatedDisk Disk { get; }

    public FakeTimeProvider Time { get; }

    public DeadlineQueue Deadlines { get; }

    public CommitQueue Commits { get; }

    public SimulatedAccount Port { get; }

    /// <summary>The system account.</summary>
    public SimulatedAccount SystemPort { get; } = new("SYS");

    public JetStreamEngine Engine { get; }

    public JetStreamAccount Account { get; }

    /// <summary>Answers the requests of clients.</summary>
    public void AnswerRequests() => new ApiService(Engine).Attach(Port, Account);

    public void Post(IWorkItem work) => _work.Add(work);

    public MessageBatch Rent() => new SimulatedBatch(Time);

    public void Return(MessageBatch batch) => ((SimulatedBatch)batch).End();

    /// <summary>Publishes as a client in one batch.</summary>
    public void Publish(params ReadOnlySpan<(string Subject, string Reply, string Payload)> messages)
    {
        MessageBatch batch = Rent();
        foreach ((string subject, string reply, string payload) in messages) Publish(batch, new SimulatedMessage(subject, reply, "", payload));
        Return(batch);
    }

    /// <summary>Publishes messages with headers as a client in one batch.</summary>
    public void Publish(params IEnumerable<SimulatedMessage> messages)
    {
        MessageBatch batch = Rent();
        foreach (SimulatedMessage message in messages) Publish(batch, message);
        Return(batch);
    }

    /// <summary>Does a piece of what is to be done, chosen by chance.</summary>
    /// <returns>False when there is nothing.</returns>
    public bool Step()
    {
        bool commits = !Commits.IsEmpty;
        if (_work.Count == 0 && !commits) return false;
        int choice = _random.Next(_work.Count + (commits ? 1 : 0));
        if (choice == _work.Count)
        {
            Commits.RunRound();
            return true;
        }

        IWorkItem work = _work[choice];
        _work.RemoveAt(choice);
        work.Run();
        return true;
    }

    /// <summary>Does all that is to be done now.</summary>
    public void RunUntilIdle()
    {
        for (int i = 0; Step(); i++)
        {
            if (i > MaximumWork) throw new InvalidOperationException("the work causes work without end");
        }
    }

    /// <summary>Lets time pass, and does what becomes due.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset end = Time.GetUtcNow() + by;
        while (true)
        {
            RunUntilIdle();
            long nowNs = NowNs(Time.GetUtcNow());
            long endNs = NowNs(end);
            if (Deadlines.NextNs <= nowNs)
            {
                Deadlines.RunDue(nowNs);
                continue;
            }

            if (nowNs >= endNs) return;
            Time.Advance(TimeSpan.FromTicks(Math.Max(1, (Math.Min(endNs, Deadlines.NextNs) - nowNs + 99) / 100)));
        }
    }

    /// <summary>Stops as a server does, and starts again.</summary>
    public SimulatedJetStream Restart()
    {
        Engine.Stop();
        RunUntilIdle();
        Engine.Close();
        return new SimulatedJetStream(_random.Next(), _isDurable, Disk, Time);
    }

    /// <summary>Dies with the process, and starts again on what was written.</summary>
    public SimulatedJetStream Kill() => new(_random.Next(), _isDurable, Disk.Kill(), Time);

    /// <summary>Dies with the power, and starts again on what chance left of what was not synced.</summary>
    public SimulatedJetStream CutPower() => new(_random.Next(), _isDurable, Disk.Crash(_random.Next(0, 1000)), Time);

    private void Publish(MessageBatch batch, SimulatedMessage message) =>
        Port.Publish(batch, Encoding.UTF8.GetBytes(message.Subject), Encoding.UTF8.GetBytes(message.Reply), Encoding.UTF8.GetBytes(message.Headers), Encoding.UTF8.GetBytes(message.Payload));

    /// <summary>Dies in the middle of something, and starts again on what was written, or on what chance left of what was not synced.</summary>
    /// <param name="change">At the how manieth change to the disk, from 1.</param>
    /// <param name="isPower">With the power; else with the process.</param>
    /// <param name="work">Is done to its end, but nobody may believe what is heard after <paramref name="died"/>.</param>
    /// <param name="died">Called when it dies.</param>
    /// <returns>Null when there were not so many changes.</returns>
    public SimulatedJetStream? DieDuring(int change, bool isPower, Action work, Action died)
    {
        SimulatedDisk? left = null;
        int chance = _random.Next(0, 1000);
        long last = Disk.Changes + change;
        Disk.Before = (in DiskOperation _) =>
        {
            if (left is not null || Disk.Changes < last) return;
            left = isPower ? Disk.Crash(chance) : Disk.Kill();
            died();
        };
        work();
        Disk.Before = null;
        return left is null ? null : new SimulatedJetStream(_random.Next(), _isDurable, left, Time);
    }

    private static long NowNs(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
