using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>What the server and the client's account allow a connection. Any thread.</summary>
internal sealed partial class ClientSession
{
    private TrafficBefore _before = TrafficBefore.None;

    /// <summary>What the client sent and received since it is in its account.</summary>
    public (long InMessages, long InBytes, long OutMessages, long OutBytes) TrafficInAccount
    {
        get
        {
            TrafficBefore before = Volatile.Read(ref _before);
            return (
                Volatile.Read(ref InMessages) - before.InMessages,
                Volatile.Read(ref InBytes) - before.InBytes,
                Volatile.Read(ref _outbound.Messages) - before.OutMessages,
                Volatile.Read(ref _outbound.PayloadBytes) - before.OutBytes);
        }
    }

    /// <summary>
    /// Moves the connection, which has no subscriptions, into an account; the thread that owns reading. False when the account has as many connections as
    /// it may.
    /// </summary>
    private bool Bind(Account account)
    {
        if (ReferenceEquals(account, _account)) return true;
        if (!account.TryAddConnection()) return false;
        _account = account;
        Account? before = Interlocked.Exchange(ref _countedIn, account);
        if (before is not null) Leave(before);

        // Closed while a slow check was under way: nobody would take it out again.
        if (before is null) Unbind();
        return true;
    }

    /// <summary>The connection counts in no account any more.</summary>
    private void Unbind()
    {
        if (Interlocked.Exchange(ref _countedIn, null) is { } account) Leave(account);
    }

    // What it did there stays with the account.
    private void Leave(Account account)
    {
        (long InMessages, long InBytes, long OutMessages, long OutBytes) traffic = TrafficInAccount;
        Volatile.Write(ref _before, new TrafficBefore(_before.InMessages + traffic.InMessages, _before.InBytes + traffic.InBytes, _before.OutMessages + traffic.OutMessages, _before.OutBytes + traffic.OutBytes));
        account.AddEndedTraffic(traffic);
        account.RemoveConnection();
    }

    /// <summary>
    /// The limits of the user, of the account or of the server have changed, or the account: the least counts. A connection with more subscriptions than it
    /// may have has to go.
    /// </summary>
    public void ApplyLimits()
    {
        UserLimits ofUser = _authenticated?.Limits ?? UserLimits.None;
        AccountLimitsOptions ofAccount = _account.Model.Limits;
        ServerOptions ofServer = _server.Options;
        MaxPayload = (int)Least(ofServer.MaxPayload, ofAccount.MaxPayload, ofUser.MaxPayload);
        MaxSubscriptions = Least(ofServer.MaxSubscriptions > 0 ? ofServer.MaxSubscriptions : -1, ofAccount.MaxSubscriptions, ofUser.MaxSubscriptions);
        if (MaxSubscriptions < 0 || _subscriptions.Count <= MaxSubscriptions) return;
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumSubscriptionsExceeded));
        LogError(ProtocolTexts.MaximumSubscriptionsExceeded);
        _connection.Close(ClosedState.MaxSubscriptionsExceeded);
    }

    /// <summary>The account has more connections than it may have, and this one has to go.</summary>
    public void CloseAsExcessOfAccount()
    {
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumAccountConnectionsExceeded));
        LogError(ProtocolTexts.MaximumAccountConnectionsExceeded);
        _connection.Close(ClosedState.MaxAccountConnectionsExceeded);
    }

    /// <summary>What the client sent and received in accounts that it has left. Immutable.</summary>
    private sealed record TrafficBefore(long InMessages, long InBytes, long OutMessages, long OutBytes)
    {
        public static TrafficBefore None { get; } = new(0, 0, 0, 0);
    }

    // Negative is no limit.
    private static long Least(long first, long second, long third) => (long)Math.Min((ulong)first, Math.Min((ulong)second, (ulong)third));
}
