using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>What becomes of a client when the tokens behind it change. Any thread.</summary>
internal sealed partial class ClientSession
{
    /// <summary>The account is void.</summary>
    public void CloseAsAccountExpired() =>
        CloseWith(ProtocolTexts.AccountAuthenticationExpired, ClosedState.AuthenticationExpired, new CloseDetail("the token of the account expired, or is not valid any more") { Account = _account.Name });

    /// <summary>The user's token was taken back.</summary>
    public void CloseAsRevoked() => CloseWith(ProtocolTexts.UserAuthenticationRevoked, ClosedState.Revocation, new CloseDetail("the account's new token revokes the user's") { Account = _account.Name });

    /// <summary>The user would not be let in any more.</summary>
    public void CloseAsViolation() => RefuseAuthentication(
        AuthResult.Reject(_options, "") with { UserKey = _authenticated?.UserKey ?? "" }, wasJudged: false, "the account's new token allows no bearer tokens, and the user has one");

    /// <summary>The key that signed the user's token may not do so any more, or grants something else. The client is not told.</summary>
    public void CloseAsUnsigned() => _connection.Close(
        ClosedState.AuthenticationViolation, new CloseDetail("the key that signed the user's token is not one of the account's any more, or grants something else now") { Account = _account.Name });

    /// <summary>The client goes on with other rights; subscriptions that they deny end.</summary>
    public void Adopt(AuthResult result)
    {
        if (_connection.IsClosing) return;
        TakeOver(result);
        ApplyLimits();
        foreach (Subscription subscription in _subscriptions.Snapshot()) Recheck(subscription);
    }

    private void CloseWith(string text, ClosedState state, CloseDetail detail)
    {
        LogDebug(text);
        if (_traced) Trace($"->> [-ERR {text}]");
        _outbound.AppendAndFlush(ErrorLine(text));
        _connection.Close(state, detail);
    }
}
