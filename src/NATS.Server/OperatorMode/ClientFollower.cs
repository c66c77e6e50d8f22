using NATS.Server.Auth;
using NATS.Server.Core.Jwt;
using NATS.Server.Sessions;

namespace NATS.Server.OperatorMode;

/// <summary>Makes connected clients follow what becomes of their accounts. Any thread.</summary>
/// <param name="clients">All of them.</param>
internal sealed class ClientFollower(ClientRegistry clients)
{
    /// <summary>The account is void: its clients have to leave.</summary>
    public void OnExpired(AccountState account)
    {
        foreach (ClientSession session in Of(account)) session.CloseAsAccountExpired();
    }

    /// <summary>The account has another token: limits, default permissions, revocations and signing keys may be others.</summary>
    public void OnUpdated(AccountState before, AccountState after)
    {
        AccountClaims claims = after.Claims;
        bool forbidsBearers = claims.Limits.DisallowBearer && !before.Claims.Limits.DisallowBearer;
        bool changesDefaults = !ClaimComparison.IsSame(before.Claims.DefaultPermissions, claims.DefaultPermissions);
        long limit = after.Model.Limits.MaxConnections;
        long count = 0;
        foreach (ClientSession session in Of(after).OrderBy(static session => session.Id))
        {
            // The youngest have to go.
            if (limit >= 0 && ++count > limit)
            {
                session.CloseAsExcessOfAccount();
                continue;
            }

            if (session.Authenticated is not { } user) continue;
            if (forbidsBearers && IsBearer(session, after)) session.CloseAsViolation();
            else if (claims.Revocations.Entries.Count > 0 && (user.IssuedAt == 0 || claims.Revocations.IsRevoked(user.UserKey, user.IssuedAt))) session.CloseAsRevoked();
            else if (HasLostSigner(user, before, after)) session.CloseAsUnsigned();
            else if (changesDefaults && ReferenceEquals(user.Permissions, before.DefaultPermissions)) session.Adopt(user with { Permissions = after.DefaultPermissions });
            else session.ApplyLimits();
        }
    }

    private IEnumerable<ClientSession> Of(AccountState account) => clients.Open.Where(session => ReferenceEquals(session.Account, account.Account));

    private static bool IsBearer(ClientSession session, AccountState account)
    {
        if (!JwtToken.TryDecode(session.Options.Jwt, out UserClaims? user, out _)) return false;
        return account.Signers.TryGetValue(user.Issuer, out SigningKeyScope? scope) && scope is not null ? scope.Template.IsBearer : user.Rights.IsBearer;
    }

    // Whether the key that signed the user may not do so any more, or grants something else.
    private static bool HasLostSigner(AuthResult user, AccountState before, AccountState after)
    {
        if (user.IssuerKey.Length == 0 || user.IssuerKey == after.Id) return false;
        if (!after.Signers.TryGetValue(user.IssuerKey, out SigningKeyScope? scope)) return true;
        return before.Signers.TryGetValue(user.IssuerKey, out SigningKeyScope? earlier) && !ClaimComparison.IsSame(earlier, scope);
    }
}
