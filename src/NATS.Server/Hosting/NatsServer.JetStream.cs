using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Disks;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Streaming;

namespace NATS.Server;

/// <summary>JetStream: begun before the server listens, ended when no client is left; a reload switches it on and off in between.</summary>
public sealed partial class NatsServer
{
    private JetStreamRuntime? _jetStream;
    private JetStreamAccounts? _jetStreamAccounts;
    private JetStreamConfiguration? _jetStreamConfiguration;

    /// <summary>Null when the server has no JetStream.</summary>
    internal JetStreamEngine? JetStream => Volatile.Read(ref _jetStream)?.Engine;

    /// <summary>Work of JetStream that waits for a thread.</summary>
    internal int JetStreamWaitingWork => Volatile.Read(ref _jetStream)?.WaitingWork ?? 0;

    /// <summary>What is in force; null when the server has no JetStream.</summary>
    internal JetStreamConfiguration? JetStreamConfiguration => JetStream is null ? null : Volatile.Read(ref _jetStreamConfiguration);

    /// <summary>How often and how long JetStream waited for others that were at the disk.</summary>
    internal DiskIoWaitStats DescribeDiskWaits() => new()
    {
        Waiters = _diskGate.Waiters,
        Waits = (ulong)_diskGate.Waits,
        WaitTime = (ulong)_diskGate.WaitNs,
        MaxWaitTime = (ulong)_diskGate.MaxWaitNs,
    };

    private void StartJetStream(ServerOptions options)
    {
        FollowAccountsWithJetStream(options);
        if (options.JetStream is not { } configured) return;
        if (_context.Accounts.System is { Model.JetStream: not null }) throw new NatsServerException(JetStreamNotices.NotOnSystemAccount);
        if (OpenJetStream(configured, options) is { } problem) throw new NatsServerException(JetStreamNotices.Failed(problem));
    }

    // In operator mode accounts come and change whenever somebody asks for them; else a reload looks at all.
    private void FollowAccountsWithJetStream(ServerOptions options)
    {
        if (!options.Operator.IsEnabled) return;
        Action<Account>? follow = _context.Accounts.Applied;
        _context.Accounts.Applied = account =>
        {
            follow?.Invoke(account);

            // What ends waits for the disk, which whoever brings a token shall not.
            if (account.Model.JetStream is null) ThreadPool.UnsafeQueueUserWorkItem(FollowWithJetStream, account, preferLocal: false);
            else FollowWithJetStream(account);
        };
    }

    private void FollowWithJetStream(Account account)
    {
        if (Volatile.Read(ref _jetStreamAccounts)?.Follow(account) is { } problem) Log.AccountProblem(_log, $"Error configuring jetstream for account [{account.Name}]: {problem}");
    }

    /// <summary>Opens what is stored, and lets accounts use it.</summary>
    /// <returns>Why that is not possible; null when it is open.</returns>
    private string? OpenJetStream(JetStreamOptions configured, ServerOptions options)
    {
        long start = _clock.Time.GetTimestamp();
        JetStreamRuntime? runtime = null;
        try
        {
            using var disk = new SystemDisk(_diskGate);
            JetStreamConfiguration configuration = new JetStreamStart(disk, Machine.Read(), Tell).Prepare(configured);
            runtime = new JetStreamRuntime(configured, configuration.Directory, configuration.Limits, options with { ServerName = ServerName }, ServerId, _diskGate, _engine, _clock.Time, _log);
            var accounts = new JetStreamAccounts(runtime, _context.Accounts);
            if (accounts.EnableAll() is { } refusal) return CloseUnopened(runtime, JetStreamNotices.AccountsFailed(refusal));
            runtime.Recover();
            Volatile.Write(ref _jetStreamConfiguration, configuration);
            Volatile.Write(ref _jetStream, runtime);
            Volatile.Write(ref _jetStreamAccounts, accounts);
            _context.Info = _context.Info with { JetStream = true, Domain = configured.Domain };
            return null;
        }
        catch (Exception problem) when (problem is NatsServerException or DiskException)
        {
            return CloseUnopened(runtime, problem.Message);
        }
        finally
        {
            Log.Reloaded(_log, JetStreamNotices.Took(_clock.Time.GetElapsedTime(start)));
        }

        static string CloseUnopened(JetStreamRuntime? runtime, string reason)
        {
            runtime?.Dispose();
            return reason;
        }
    }

    private void Tell(JetStreamNotice notice) => Log.Notice(_log, notice.Level, notice.Text);

    /// <summary>Follows a reload, whose options and accounts are in force. The lock of reloads.</summary>
    private void ReloadJetStream(ServerOptions next, OptionsDiff diff)
    {
        if (diff.Changes.Any(static change => change.Option == ReloadableOption.JetStream)) SwitchJetStream(next);
        else if (next.JetStream is { } configured && JetStreamConfiguration is { } current) ChangeJetStream(current.Reload(configured));
    }

    private void ChangeJetStream(JetStreamConfiguration configuration)
    {
        Volatile.Write(ref _jetStreamConfiguration, configuration);
        Volatile.Read(ref _jetStream)?.ChangeLimits(configuration);
        if (_jetStreamAccounts?.FollowAll() is { } problem) Log.AccountProblem(_log, JetStreamNotices.AccountsFailed(problem));
    }

    private void SwitchJetStream(ServerOptions next)
    {
        if (next.JetStream is not { } configured)
        {
            CloseJetStream();
            return;
        }

        if (_jetStream is not null) return;
        Tell(new JetStreamNotice(LogLevel.Information, JetStreamNotices.Restarting));
        if (OpenJetStream(configured, next) is not { } problem) return;
        Tell(new JetStreamNotice(LogLevel.Warning, JetStreamNotices.Failed(problem)));
    }

    private void CloseJetStream()
    {
        if (Interlocked.Exchange(ref _jetStream, null) is not { } runtime) return;
        Volatile.Write(ref _jetStreamAccounts, null);
        _context.Info = _context.Info with { JetStream = false, Domain = "" };
        Tell(new JetStreamNotice(LogLevel.Information, JetStreamNotices.Stopping));
        runtime.Dispose();
        Tell(new JetStreamNotice(LogLevel.Information, JetStreamNotices.Stopped));
    }

    /// <summary>JetStream as monitoring shows it.</summary>
    internal JetStreamVarz DescribeJetStream()
    {
        if (JetStream is not { } engine || JetStreamConfiguration is not { } configuration) return JetStreamVarz.Disabled;
        Core.JetStream.Limits.ServerLimits limits = engine.Limits;
        return JetStreamInfoBuilder.Varz(configuration, new JetStreamStats
        {
            Memory = (ulong)Math.Max(0, engine.Memory),
            Storage = (ulong)Math.Max(0, engine.Storage),
            ReservedMemory = (ulong)limits.ReservedMemory,
            ReservedStorage = (ulong)limits.ReservedStorage,
            Accounts = engine.Accounts.Count,
            Api = new JetStreamApiStats { Total = (ulong)engine.Api.Total, Errors = (ulong)engine.Api.Errors, Inflight = (ulong)engine.Api.Inflight },
        });
    }
}
