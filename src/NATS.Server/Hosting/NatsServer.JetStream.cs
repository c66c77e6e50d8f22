using NATS.Server.Accounts;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using NATS.Server.Streaming;

namespace NATS.Server;

/// <summary>JetStream: begun before the server listens, ended when no client is left.</summary>
public sealed partial class NatsServer
{
    private JetStreamRuntime? _jetStream;

    /// <summary>Null when the server has no JetStream.</summary>
    internal JetStreamEngine? JetStream => _jetStream?.Engine;

    private void StartJetStream(ServerOptions options)
    {
        if (options.JetStream is not { } configured) return;
        string directory = Path.Combine(configured.StoreDirectory.Length > 0 ? configured.StoreDirectory : Path.Combine(Path.GetTempPath(), "nats"), "jetstream");
        Directory.CreateDirectory(directory);
        var limits = new ServerLimits
        {
            MaxMemory = configured.MaxMemory < 0 ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3 : configured.MaxMemory,
            MaxStorage = configured.MaxStorage < 0 ? new DriveInfo(directory).AvailableFreeSpace / 4 * 3 : configured.MaxStorage,
            MaxDuplicateWindowNs = configured.Limits.DuplicateWindow.Ticks * TimeSpan.NanosecondsPerTick,
            MaxAckPending = configured.Limits.MaxAckPending,
            MaxRequestBatch = configured.Limits.MaxRequestBatch,
        };
        _jetStream = new JetStreamRuntime(configured, directory, limits, options.MaxPayload, options.MaxPending, _engine, _clock.Time, _log);
        Action<Account>? follow = _context.Accounts.Applied;
        _context.Accounts.Applied = account =>
        {
            follow?.Invoke(account);
            EnableJetStream(account);
        };
        foreach (Account account in _context.Accounts.All) EnableJetStream(account);
        _jetStream.Recover();
    }

    private void EnableJetStream(Account account)
    {
        if (account.Model.JetStream is { } tiers) _jetStream?.Enable(account, tiers);
    }
}
