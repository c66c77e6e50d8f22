using System.Collections.Concurrent;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>The service imports of a server: puts them to work, and finds the account that an answer is for. Thread-safe.</summary>
internal sealed class ServiceRouter
{
    private readonly Lock _lock = new();
    private readonly AccountRegistry _accounts;
    private readonly LatencyPublisher _latencies;
    private readonly ConcurrentDictionary<Account, AccountServices> _byAccount = new();
    private readonly ConcurrentDictionary<uint, AccountServices> _byNumber = new();
    private uint _lastNumber;

    /// <summary>Makes a router without imports.</summary>
    /// <param name="accounts">The server's accounts.</param>
    /// <param name="clock">The loops' clock.</param>
    /// <param name="engine">Lends contexts for what the server itself publishes.</param>
    /// <param name="serverName">Told in headers and measurements.</param>
    public ServiceRouter(AccountRegistry accounts, EngineClock clock, IConnectionEngine engine, string serverName)
    {
        _accounts = accounts;
        Time = clock.Time;
        ServerNameJson = ClientIdentityJson.Text(serverName);
        Mark = ServiceReplySubject.Mark(serverName);
        _latencies = new LatencyPublisher(engine, ServerNameJson);
    }

    public TimeProvider Time { get; }

    /// <summary>The server's name as a JSON string.</summary>
    public byte[] ServerNameJson { get; }

    /// <summary>Stands behind the reply subjects of measured requests.</summary>
    public byte[] Mark { get; }

    public Account? SystemAccount => _accounts.System;

    /// <summary>Requests of all accounts that wait for answers.</summary>
    public int PendingReplies => _byNumber.Sum(static pair => pair.Value.Replies.Count);

    /// <summary>The part that an account has in services.</summary>
    public AccountServices Of(Account account) => _byAccount.TryGetValue(account, out AccountServices? known) ? known : Add(account);

    /// <summary>The account that a number in a reply subject stands for; null when it is gone.</summary>
    public AccountServices? Find(uint number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Puts an account's imports in force instead of those it had. Answers to requests made before still arrive.</summary>
    public void SetImports(Account account, IReadOnlyList<ServiceImport> imports)
    {
        lock (_lock)
        {
            if (imports.Count == 0 && !_byAccount.ContainsKey(account)) return;
            AccountServices services = Of(account);
            List<RequestForwarder> old = [.. services.Imports];
            services.Imports.Clear();
            List<RequestForwarder> added = [];
            foreach (ServiceImport import in imports)
            {
                int kept = old.FindIndex(forwarder => forwarder.Import.IsSameAs(import));
                if (kept >= 0)
                {
                    services.Imports.Add(old[kept]);
                    old.RemoveAt(kept);
                    continue;
                }

                var forwarder = new RequestForwarder(this, services, import);
                services.Imports.Add(forwarder);
                added.Add(forwarder);
            }

            foreach (RequestForwarder gone in old) gone.Subscription.IsClosed = true;
            account.ReplaceOwn([.. old.Select(static forwarder => forwarder.Subscription)], [.. added.Select(static forwarder => forwarder.Subscription)]);
        }
    }

    /// <summary>The service imports of an account that are in force.</summary>
    public IReadOnlyList<ServiceImport> ImportsOf(Account account)
    {
        lock (_lock) return _byAccount.TryGetValue(account, out AccountServices? services) ? [.. services.Imports.Select(static forwarder => forwarder.Import)] : [];
    }

    /// <summary>The exports of an account that others import, also those that it has not declared.</summary>
    public IReadOnlyList<ExportOptions> UsedExportsOf(Account account)
    {
        lock (_lock)
        {
            return [.. _byAccount.Values.SelectMany(static services => services.Imports)
                .Where(forwarder => ReferenceEquals(forwarder.Import.Exporter, account))
                .Select(static forwarder => forwarder.Import.Export).Distinct()];
        }
    }

    /// <summary>Requests of all accounts to the services of one that wait for its answers, the oldest of each requester first.</summary>
    public IReadOnlyList<WaitingRequest> WaitingFor(Account account, int limit)
    {
        if (!_byAccount.TryGetValue(account, out AccountServices? responder)) return [];
        List<WaitingRequest> waiting = [];
        List<PendingCopy> copies = [];
        byte[] subject = new byte[ServiceReplySubject.MaxLength];
        foreach (KeyValuePair<uint, AccountServices> requester in _byNumber)
        {
            copies.Clear();
            requester.Value.Replies.CopyTo(responder, limit - waiting.Count, copies);
            foreach (PendingCopy copy in copies)
            {
                int length = ServiceReplySubject.Write(responder.ListenForAnswers(), requester.Key, copy.Ticket, copy.Measurement is null ? [] : Mark, subject);
                waiting.Add(new WaitingRequest(
                    Encoding.ASCII.GetString(subject, 0, length),
                    Encoding.UTF8.GetString(copy.Reply),
                    requester.Value.Account.Name,
                    copy.Queue.IsShared,
                    copy.Measurement is not null,
                    copy.Queue.Export.Latency,
                    copy.Measurement?.HeaderJson));
            }

            if (waiting.Count >= limit) break;
        }

        return waiting;
    }

    /// <summary>An account is gone: its imports end, nobody answers its requests, it answers nobody's.</summary>
    public void Remove(Account account)
    {
        lock (_lock)
        {
            SetImports(account, []);
            if (!_byAccount.TryRemove(account, out AccountServices? services)) return;
            _byNumber.TryRemove(services.Number, out _);
            services.Close();
        }
    }

    /// <summary>Forgets requests whose time is up. The clock's thread.</summary>
    public void Sweep(long nowMs)
    {
        foreach (KeyValuePair<uint, AccountServices> services in _byNumber) services.Value.Replies.Sweep(nowMs);
    }

    /// <summary>A measured request ended without an answer.</summary>
    public void OnEnded(ServiceMeasurement measurement, RequestEnd end)
    {
        if (SystemAccount is not null) _latencies.Publish(ServiceLatency.Unanswered(measurement, end, Time.GetUtcNow()));
    }

    /// <summary>A measured request is being answered.</summary>
    public void OnAnswered(ServiceMeasurement measurement, Subscriber producer)
    {
        if (SystemAccount is null) return;
        long now = Time.GetTimestamp();
        long took = Time.GetElapsedTime(measurement.Timestamp, now).Ticks * TimeSpan.NanosecondsPerTick;
        var responder = new RequestOrigin(producer.Identity, producer.RoundTripNs, IsDetailed: true, NamesServer: true, Service: null);
        long system = responder.RoundTripNs == 0 ? 0 : Time.GetElapsedTime(now).Ticks * TimeSpan.NanosecondsPerTick;
        _latencies.Publish(ServiceLatency.Answered(measurement, responder, Time.GetUtcNow(), took, system));
    }

    private AccountServices Add(Account account)
    {
        lock (_lock)
        {
            if (_byAccount.TryGetValue(account, out AccountServices? known)) return known;
            do _lastNumber = (_lastNumber + 1) % ServiceReplySubject.MaxRequesters;
            while (_byNumber.ContainsKey(_lastNumber));
            var added = new AccountServices(this, account, _lastNumber);
            _byNumber[added.Number] = added;
            _byAccount[account] = added;
            return added;
        }
    }
}
