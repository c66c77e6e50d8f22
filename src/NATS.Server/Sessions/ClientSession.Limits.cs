using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>What the server and the client's account allow a connection. Any thread.</summary>
internal sealed partial class ClientSession
{
    /// <summary>
    /// Moves the connection, which has no subscriptions, into an account; the thread that owns reading. False when the account has as many connections as
    /// it may.
    /// </summary>
    private bool Bind(Account account)
    {
        if (ReferenceEquals(account, _account)) return true;
        if (!account.TryAddConnection()) return false;
        _account = account;
        _server.Traffic.Settle(this, account);
        Account? before = Interlocked.Exchange(ref _countedIn, account);
        before?.RemoveConnection();

        // Closed while a slow check was under way: nobody would take it out again.
        if (before is null) Unbind();
        return true;
    }

    /// <summary>The connection counts in no account any more.</summary>
    private void Unbind() => Interlocked.Exchange(ref _countedIn, null)?.RemoveConnection();

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
        _connection.Close(ClosedState.MaxSubscriptionsExceeded, Detail("it had more subscriptions than it may have since the limit was lowered", "max_subscriptions", _subscriptions.Count, MaxSubscriptions));
    }

    /// <summary>The account has more connections than it may have, and this one has to go.</summary>
    /// <param name="account">Null: the one that it is in.</param>
    public void CloseAsExcessOfAccount(Account? account = null)
    {
        account ??= _account;
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumAccountConnectionsExceeded));
        LogError(ProtocolTexts.MaximumAccountConnectionsExceeded);
        CloseDetail detail = Detail("the account had as many connections as it may have", "max_connections", value: null, account.Model.Limits.MaxConnections);
        _connection.Close(ClosedState.MaxAccountConnectionsExceeded, detail with { Account = account.Name });
    }

    // Negative is no limit.
    private static long Least(long first, long second, long third) => (long)Math.Min((ulong)first, Math.Min((ulong)second, (ulong)third));
}
