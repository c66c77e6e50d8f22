using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
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

    public void Post(IWorkItem work) => _work.Add(work);

    public MessageBatch Rent() => new SimulatedBatch(Time);

    public void Return(MessageBatch batch) => ((SimulatedBatch)batch).End();

    /// <summary>Publishes as a client in one batch.</summary>
    public void Publish(params ReadOnlySpan<(string Subject, string Reply, string Payload)> messages)
    {
        MessageBatch batch = Rent();
        foreach ((string subject, string reply, string payload) in messages)
        {
            Port.Publish(batch, System.Text.Encoding.UTF8.GetBytes(subject), System.Text.Encoding.UTF8.GetBytes(reply), default, System.Text.Encoding.UTF8.GetBytes(payload));
        }

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

    private static long NowNs(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
