using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;
using NATS.Server.Disks;
using NATS.Server.JetStream.Api;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Options;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. JetStream in this process: its threads, its clock, its disk, and the engine that runs on them.</summary>
internal sealed partial class JetStreamRuntime : IDisposable
{
    private const long DefaultWaitingMessages = 100_000;
    private const long DefaultWaitingBytes = 128 << 20;
    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(30);

    private readonly WorkerThreads _workers;
    private readonly DeadlineTimer _deadlines;
    private readonly CommitThread _commits;
    private readonly SystemDisk _disk;
    private readonly ILogger _log;
    private readonly ApiService _api;
    private readonly byte[] _serverName;
    private readonly ConditionalWeakTable<Account, AccountPort> _ports = [];
    private int _isStopped;

    /// <summary>Starts the threads; nothing is opened yet.</summary>
    /// <param name="options">As configured.</param>
    /// <param name="directory">Of the accounts.</param>
    /// <param name="limits">What the server allows.</param>
    /// <param name="server">What answers show of the server's options: its name, what messages and connections may have.</param>
    /// <param name="serverId">The server's id.</param>
    /// <param name="gate">Through which all goes to the disk.</param>
    /// <param name="connections">Lends batches.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Gets what has to be known.</param>
    public JetStreamRuntime(JetStreamOptions options, string directory, ServerLimits limits, ServerOptions server, string serverId, DiskGate gate, IConnectionEngine connections, TimeProvider time, ILogger log)
    {
        _log = log;
        _disk = new SystemDisk(gate);
        _workers = new WorkerThreads(Math.Clamp(Environment.ProcessorCount, 2, 16), problem => Log.Fault(log, problem));
        _deadlines = new DeadlineTimer(time);
        IDisk disk = _disk;
        _commits = new CommitThread(disk, log);
        var random = SecureRandom.Instance;
        byte[] secret = new byte[DedupeKey.Length];
        random.NextBytes(secret);
        var services = new JetStreamServices
        {
            Executor = _workers,
            Deadlines = _deadlines.Queue,
            Commits = _commits.Queue,
            Disk = disk,
            Time = time,
            Random = random,
            Batches = new LoopBatches(connections),
            DedupeKey = new DedupeKey(secret),
            Ingest = new IngestSettings { MaxPayload = server.MaxPayload, FindTimeZone = FindTimeZone },
            OpenBatches = new BatchBudget(LimitsOf(options.Limits)),
            Log = log,
            Spans = new ApiSpans(server.ServerName, time),
            Version = ServerVersion.Compatible,
            ServerName = server.ServerName,
            ServerId = serverId,
            MaxWaitingMessages = options.MaxBufferedMessages == 0 ? DefaultWaitingMessages : options.MaxBufferedMessages,
            MaxWaitingBytes = options.MaxBufferedSize == 0 ? DefaultWaitingBytes : options.MaxBufferedSize,
            UsesSecondAckFormat = server.FeatureFlags.TryGetValue("js_ack_fc_v2", out bool isSecond) && isSecond,
            IsDurable = options.SyncIntervalNs == 0,
            MaxPendingBytes = server.MaxPending,
        };
        Func<string, AssetEncryption> encryption = EncryptionOf(options, random);
        Engine = new JetStreamEngine(
            new EngineOptions
            {
                Directory = directory,
                Domain = options.Domain,
                Limits = limits,
                SyncIntervalNs = options.SyncIntervalNs,
                IsStrict = options.IsStrict,
                RequestQueueLimit = (int)Math.Clamp(options.RequestQueueLimit, 1, int.MaxValue),
                InformationQueueLimit = (int)Math.Clamp(options.InfoQueueLimit > 0 ? options.InfoQueueLimit : options.RequestQueueLimit, 1, int.MaxValue),
                EncryptionOf = encryption,
                InParallel = static (count, action) => Parallel.For(0, count, action),
                RemovalWake = RemoveSoon,
            },
            services);
        _api = new ApiService(Engine);
        _serverName = ClientIdentityJson.Text(server.ServerName);
    }

    public JetStreamEngine Engine { get; }

    /// <summary>Work that waits for a thread of JetStream's.</summary>
    public int WaitingWork => _workers.Waiting;

    /// <summary>Puts the limits of a reload in force.</summary>
    public void ChangeLimits(JetStreamConfiguration configuration)
    {
        Engine.ChangeLimits(configuration.Limits);
        Engine.Services.OpenBatches.Limits = LimitsOf(configuration.Options.Limits);
    }

    /// <summary>Gives an account JetStream.</summary>
    public void Enable(Account account, AccountTiers tiers)
    {
        AccountPort port = PortOf(account);
        _api.Attach(port, Engine.Enable(port, tiers));
    }

    /// <summary>Tells the clients of an account that has no JetStream so.</summary>
    /// <param name="account">The account.</param>
    /// <param name="isSystem">Whether it is that of the system, which may do away with what others have.</param>
    public void Refuse(Account account, bool isSystem)
    {
        if (isSystem) _api.AttachSystem(PortOf(account));
        else _api.Attach(PortOf(account), null);
    }

    /// <summary>Gives an account JetStream while clients are served, and opens what is stored of it before it answers requests.</summary>
    public void EnableLater(Account account, AccountTiers tiers)
    {
        AccountPort port = PortOf(account);
        JetStreamAccount enabled = Engine.Enable(port, tiers);
        enabled.TryPost(RecoverLater);
        _api.Attach(port, enabled);
    }

    /// <summary>Takes JetStream from an account. Returns when nothing of it is open, or too much is under way.</summary>
    public void Disable(string account)
    {
        // Not disposed: whoever is late still sets it.
        var released = new ManualResetEventSlim();
        Engine.Disable(account, released.Set);
        if (!released.Wait(ReleaseTime)) Log.NotReleased(_log, account);
    }

    /// <summary>Opens what is stored.</summary>
    public void Recover()
    {
        List<StoreFinding> findings = [];
        Engine.Recover(findings);
        foreach (StoreFinding finding in findings) Log.Finding(_log, finding.ToString());
    }

    private AccountPort PortOf(Account account) => _ports.GetValue(account, its => new AccountPort(its, _serverName));

    private void RecoverLater(JetStreamAccount enabled)
    {
        List<StoreFinding> findings = [];
        try
        {
            Engine.Recover(enabled, findings);
        }
        catch (DiskException problem)
        {
            Log.Unreadable(_log, enabled.Name, problem.Message);
        }

        foreach (StoreFinding finding in findings) Log.Finding(_log, finding.ToString());
    }

    /// <summary>Stops the engine and its threads; everything that was taken is written.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0) return;
        _deadlines.Dispose();
        _api.Stop();
        Engine.Stop();
        _workers.Dispose();
        _commits.Dispose();
        Engine.Close();
        _disk.Dispose();
    }

    private static Func<string, AssetEncryption> EncryptionOf(JetStreamOptions options, Random random)
    {
        return account => new AssetEncryption
        {
            Keys = KeysOf(options.Key, account),
            PreviousKeys = KeysOf(options.PreviousKey, account),
            Cipher = options.Cipher,
            Random = random,
        };

        static StoreKeys? KeysOf(string key, string account) => key.Length == 0 ? null : new StoreKeys(key, account);
    }

    // A limit that is configured is the same for atomic and fast batches.
    private static BatchLimits LimitsOf(JetStreamLimitOptions options)
    {
        var limits = new BatchLimits();
        return limits with
        {
            AtomicPerStream = Configured(options.MaxBatchInflightPerStream, limits.AtomicPerStream),
            FastPerStream = Configured(options.MaxBatchInflightPerStream, limits.FastPerStream),
            AtomicTotal = Configured(options.MaxBatchInflightTotal, limits.AtomicTotal),
            FastTotal = Configured(options.MaxBatchInflightTotal, limits.FastTotal),
            AtomicMessages = Configured(options.MaxBatchSize, limits.AtomicMessages),
            TimeoutNs = options.MaxBatchTimeout > TimeSpan.Zero ? options.MaxBatchTimeout.Ticks * TimeSpan.NanosecondsPerTick : limits.TimeoutNs,
        };
    }

    private static int Configured(long value, int otherwise) => value > 0 ? (int)Math.Min(value, int.MaxValue) : otherwise;

    private static TimeZoneInfo? FindTimeZone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;

    private void RemoveSoon() => _workers.Post(new Removal(this));

    private sealed class Removal(JetStreamRuntime owner) : Core.Runtime.IWorkItem
    {
        public void Run()
        {
            while (owner.Engine.Catalog.RemoveNext(finding => Log.Finding(owner._log, finding.ToString())))
            {
                // Until nothing is left.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "JetStream internal error")]
        public static partial void Fault(ILogger logger, Exception problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "JetStream state of account \"{Account}\" could not be read: {Problem}")]
        public static partial void Unreadable(ILogger logger, string account, string problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "JetStream of account \"{Account}\" is still busy; it can be enabled again after a restart")]
        public static partial void NotReleased(ILogger logger, string account);

        [LoggerMessage(Level = LogLevel.Warning, Message = "JetStream: {Finding}")]
        public static partial void Finding(ILogger logger, string finding);
    }
}
