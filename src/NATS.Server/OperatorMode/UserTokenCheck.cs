using System.Net;
using System.Text;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>
/// Judges users by their tokens: who signed, whether the account and the operator stand behind that, whether it holds here and now, and whether the client
/// has the key. Immutable, thread-safe.
/// </summary>
internal sealed class UserTokenCheck : CredentialCheck
{
    private readonly AccountDirectory _accounts;
    private readonly EngineClock _clock;
    private readonly bool _hasCallout;
    private readonly string _sentinel;
    private readonly HashSet<string>? _pinned;
    private readonly Action _countPinnedFailure;

    /// <summary>Makes the check of a configuration.</summary>
    /// <param name="accounts">Finds the user's account.</param>
    /// <param name="options">The sentinel and the pinned accounts are used.</param>
    /// <param name="systemAccount">May always connect; empty for none.</param>
    /// <param name="clock">Of the server.</param>
    /// <param name="hasCallout">Whether the server can ask the authorization services of accounts, after this check.</param>
    /// <param name="countPinnedFailure">Called when an account is not one of the pinned.</param>
    public UserTokenCheck(
        AccountDirectory accounts, OperatorOptions options, string systemAccount, EngineClock clock, bool hasCallout, Action countPinnedFailure)
    {
        _hasCallout = hasCallout;
        _accounts = accounts;
        _clock = clock;
        _sentinel = options.DefaultSentinel;
        _countPinnedFailure = countPinnedFailure;
        if (options.PinnedAccounts.Count > 0) _pinned = new HashSet<string>(options.PinnedAccounts.Append(systemAccount), StringComparer.Ordinal);
    }

    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => true;

    public override CheckCost CostOf(ConnectOptions options) => CheckCost.Exchange;

    public override ValueTask<AuthResult> CheckAsync(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        // A text that is no token of a user, perhaps one of another system, counts as none.
        if (!JwtToken.TryDecode(options.Jwt, out UserClaims? user, out _))
        {
            if (_sentinel.Length == 0) return new(AuthResult.Reject(options, "Authentication requires a user JWT"));
            options = options with { Jwt = _sentinel };
            if (!JwtToken.TryDecode(_sentinel, out user, out string? error)) return new(AuthResult.Reject(options, "User JWT not valid: " + error));
        }

        if (user.Rights.IsProxyRequired && facts.ProxyKey.Length == 0) return new(AuthResult.RejectWithoutProxy(options));
        ClaimIssues issues = _accounts.Validator().Validate(user);
        if (issues.IsBlocking(withTimes: true)) return new(AuthResult.Reject(options, $"User JWT no longer valid: {issues}"));
        if (_pinned is not null && !_pinned.Contains(user.Account))
        {
            _countPinnedFailure();
            return new(AuthResult.Reject(options, $"Account {user.Account} not listed as operator pinned account"));
        }

        return CheckWithAccountAsync(user, options, facts, earlier, cancellation);
    }

    private async ValueTask<AuthResult> CheckWithAccountAsync(
        UserClaims user, ConnectOptions options, ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        AccountState account;
        try
        {
            account = await _accounts.FindAsync(user.Account, cancellation).ConfigureAwait(false);
        }
        catch (ResolverException problem)
        {
            return AuthResult.Reject(options, "Account JWT lookup error: " + problem.Message);
        }
        catch (OperationCanceledException)
        {
            return AuthResult.Reject(options, "Account JWT lookup error: the time to authenticate is over");
        }

        return Judge(user, account, options, facts, earlier);
    }

    private AuthResult Judge(UserClaims user, AccountState account, ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (!_accounts.Trust.IsTrusted(account.Claims.Issuer)) return Reject("Account JWT not signed by trusted operator");
        if (!account.Signers.TryGetValue(user.Issuer, out SigningKeyScope? scope)) return Reject("User JWT issuer is not known");
        UserRights rights = user.Rights;
        if (scope is not null)
        {
            if (scope.Refuse(user) is { } refusal) return Reject("User JWT is not valid: " + refusal);
            if (!PermissionTemplate.TryExpand(scope.Template, user, account.Claims.Name, account.Claims.Tags, out UserRights? expanded, out string? error))
            {
                return Reject("User JWT generated invalid permissions: " + error);
            }

            rights = expanded;
            if (rights.IsProxyRequired && facts.ProxyKey.Length == 0) return AuthResult.RejectWithoutProxy(options);
        }

        if (account.IsExpired) return Reject("Account JWT has expired");
        if (rights.IsBearer && account.Claims.Limits.DisallowBearer) return Reject("Account does not allow bearer tokens");
        if (!MayConnectAs(facts.ConnectionType, rights.AllowedConnectionTypes)) return Reject("Connection type not allowed");
        string verifiedKey = "";
        if (!rights.IsBearer)
        {
            if (earlier?.VerifiedKey != user.Subject && SignatureProblem(user, options, facts) is { } problem) return Reject(problem);
            verifiedKey = user.Subject;
        }

        if (account.Claims.Revocations.IsRevoked(user.Subject, user.IssuedAt)) return Reject("User authentication revoked");
        IPAddress? address = (facts.RemoteEndPoint as IPEndPoint)?.Address;
        if (!SourceNetwork.IsAllowed(rights.Sources, address)) return Reject($"Bad src Ip {address}");
        DateTimeOffset now = _clock.UtcNow;
        if (!ConnectTimes.AreNow(rights, now, _clock.Time.LocalTimeZone, TimeZones.Find, out TimeSpan? left)) return Reject("Outside connect times");
        if (!_hasCallout && !MayWithoutService(user, account)) return Reject("The account's users are authorized by a service, which is not available");
        if (!TryCompile(rights, account, out PermissionSet? permissions)) return Reject("User JWT has invalid permissions");
        return AuthResult.Accept(options) with
        {
            AccountName = account.Id,
            Permissions = permissions,
            VerifiedKey = verifiedKey,
            ExpiresAt = Earliest(user.Expires, left is { } time ? now + time : null),
            UserKey = user.Subject,
            KnownAs = user.Subject,
            Basis = account.Model,
            IssuerKey = user.Issuer,
            IssuedAt = user.IssuedAt,
            NameTag = user.Name,
            Tags = user.Tags,
            Limits = new UserLimits(DeclaredAccount.Limit(rights.Payload), DeclaredAccount.Limit(rights.Subscriptions)),
        };

        AuthResult Reject(string reason) => AuthResult.Reject(options, reason) with { UserKey = user.Subject };
    }

    // Of the types that a token lists only those count that the server knows; if it knows none of them, none is allowed.
    private static bool MayConnectAs(string type, IReadOnlyList<string> allowed) => allowed.Count == 0 || allowed.Contains(type, StringComparer.OrdinalIgnoreCase);

    private static string? SignatureProblem(UserClaims user, ConnectOptions options, in ConnectionFacts facts)
    {
        if (options.Signature.Length == 0) return "Signature missing";
        if (!SignatureText.TryDecode(options.Signature, out byte[]? signature)) return "Signature not valid base64";
        if (!Nkey.TryParse(user.Subject, NkeyRole.User, out Nkey key)) return "User nkey not valid";

        // Without a nonce of this connection a signature proves nothing.
        return facts.Nonce.Length > 0 && key.Verify(Encoding.ASCII.GetBytes(facts.Nonce), signature) ? null : "Signature not verified";
    }

    private static bool MayWithoutService(UserClaims user, AccountState account) =>
        !account.Claims.Authorization.IsEnabled || account.Claims.Authorization.AuthUsers.Contains(user.Subject, StringComparer.Ordinal);

    private static bool TryCompile(UserRights rights, AccountState account, out PermissionSet? compiled)
    {
        compiled = account.DefaultPermissions;
        PermissionsOptions? permissions = DeclaredAccount.Permissions(rights.Permissions);
        if (account.Claims.Authorization.IsEnabled)
        {
            // In the account of an authorization service only the server may ask it.
            permissions = PermissionCompiler.DenyCallout(permissions ?? account.Declared.DefaultPermissions ?? new PermissionsOptions());
        }

        if (permissions is null) return true;
        try
        {
            compiled = new PermissionSet(permissions);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static DateTimeOffset? Earliest(long expiresSeconds, DateTimeOffset? endOfRange)
    {
        const long maxUnixSeconds = 253_402_300_799;
        DateTimeOffset? expires = expiresSeconds > 0 ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(expiresSeconds, maxUnixSeconds)) : null;
        if (expires is null || endOfRange is null) return expires ?? endOfRange;
        return expires < endOfRange ? expires : endOfRange;
    }
}
