using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Config;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.Callout;

/// <summary>
/// One answer of an authorization service, and whether to believe it. Owned by one login; pure but for the look-up of accounts. Messages in errors come from
/// whoever answered: they are logged, quoted, and shown to nobody else.
/// </summary>
/// <param name="policy">Who was asked.</param>
/// <param name="server">Who asked.</param>
/// <param name="userKey">The key that the answer has to be about.</param>
/// <param name="accounts">All accounts.</param>
/// <param name="findAccount">Operator mode: the JWT of an account.</param>
internal sealed class CalloutAnswer(
    CalloutPolicy policy, CalloutServer server, string userKey, AccountRegistry accounts, Func<string, ValueTask<AccountClaims?>> findAccount)
{
    private string _responseIssuer = "";

    private string Asked => policy.AccountName;

    /// <summary>What is wrong with the answer, for the log; empty when it lets the client in.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Reads an answer.</summary>
    /// <param name="answer">The message.</param>
    /// <param name="verdict">The server's own verdict.</param>
    /// <param name="facts">What else is known of the connection.</param>
    public async ValueTask<AuthResult> JudgeAsync(byte[] answer, AuthResult verdict, ConnectionFacts facts)
    {
        if (!TryReadUser(answer, out UserClaims? user)) return Reject(verdict);
        if ((user.Rights.IsProxyRequired || verdict.ClosedState == ClosedState.ProxyRequired) && facts.ProxyKey.Length == 0)
        {
            Error = "Proxy connection required";
            return AuthResult.RejectWithoutProxy(verdict.Options);
        }

        if (Validator().Validate(user).All is [ClaimIssue issue, ..]) return Reject(verdict, $"Error validating user JWT: {issue.Text}");
        if (user.Subject != userKey)
        {
            return Reject(verdict, $"Expected authorized user of {GoFormat.Quote(userKey)} but got {GoFormat.Quote(user.Subject)} on account {GoFormat.Quote(Asked)}");
        }

        (string placement, UserRights? rights) = await PlaceAsync(user).ConfigureAwait(false);
        if (rights is null || !TryCheckRestrictions(rights, facts, out TimeSpan? left)) return Reject(verdict);
        if (!accounts.TryFind(placement, out Account? account))
        {
            return Reject(verdict, $"No valid account {GoFormat.Quote(placement)} for auth callout response on account {GoFormat.Quote(Asked)}");
        }

        ConnectOptions options = verdict.Options with { Jwt = "" };
        bool isNamed = user.Name.Length > 0;
        if (isNamed) options = options with { User = user.Name, Nkey = "", AuthToken = "", Password = "", Signature = "" };
        return AuthResult.Accept(options) with
        {
            AccountName = placement,
            Permissions = Permissions(rights, account),
            IsDelegated = true,
            ExpiresAt = Expiry(user.Expires, left),
            UserKey = isNamed ? "" : verdict.UserKey,
            IssuerKey = user.IssuerAccount.Length > 0 ? user.Issuer : placement,
            IssuedAt = user.IssuedAt,
        };
    }

    /// <summary>The first half: whether this is an answer to the request, and says who the client is.</summary>
    private bool TryReadUser(byte[] answer, [NotNullWhen(true)] out UserClaims? user)
    {
        user = null;
        if (answer.Length == 0) return Fail($"Auth callout violation: \"no reason supplied\" on account {GoFormat.Quote(Asked)}");
        bool isEncrypted = policy.XKey.Length > 0 && !answer.AsSpan().StartsWith(Encoding.ASCII.GetBytes(JwtToken.Prefix));
        if (isEncrypted)
        {
            bool isOpen = Nkey.TryParse(policy.XKey, NkeyRole.Curve, out Nkey sender) && server.EncryptionIdentity.TryOpen(answer, sender, out byte[]? opened)
                && (answer = opened).Length > 0;
            if (!isOpen) return Fail($"Error decrypting auth callout response on account {GoFormat.Quote(Asked)}");
        }

        if (!JwtToken.TryDecode(Encoding.UTF8.GetString(answer), out AuthorizationResponseClaims? response, out string? error)) return Fail(Capital(error));
        if (Validator().Validate(response).All is [ClaimIssue issue, ..]) return Fail($"Authorization response had validation errors: {issue.Text}");
        if (response.Subject != userKey) return Fail("Auth callout violation: auth callout response is not for expected user");
        if (response.Audience != server.Id) return Fail("Auth callout violation: auth callout response is not for server");
        if (response.Error.Length > 0) return Fail($"Auth callout service returned an error: {response.Error}");
        _responseIssuer = isEncrypted ? "" : response.Issuer;
        return JwtToken.TryDecode(response.Jwt, out user, out error) || Fail(Capital(error));
    }

    /// <summary>The second half: whether whoever signed may put users into that account, and what such users may do.</summary>
    private async ValueTask<(string Placement, UserRights? Rights)> PlaceAsync(UserClaims user)
    {
        if (!policy.IsOperatorMode)
        {
            if (user.IssuerAccount.Length > 0) Fail($"Error non operator mode account {GoFormat.Quote(Asked)}: attempted to use issuer_account");
            else if (user.Issuer != policy.Issuer) Fail($"Wrong issuer for auth callout response on account {GoFormat.Quote(Asked)}, expected {GoFormat.Quote(policy.Issuer)} got {GoFormat.Quote(user.Issuer)}");
            return (user.Audience, Error.Length > 0 ? null : user.Rights);
        }

        AccountClaims? own = await findAccount(policy.AccountName).ConfigureAwait(false);
        if (_responseIssuer.Length > 0 && (own is null || !IsSigner(own, _responseIssuer)))
        {
            Fail("Auth callout signing key is unknown");
            return ("", null);
        }

        string placement = user.Account;
        if (!policy.MayPlaceInto(placement))
        {
            Fail($"Account {GoFormat.Quote(user.Issuer)} not permitted as valid account option for auth callout for account {GoFormat.Quote(Asked)}");
            return ("", null);
        }

        AccountClaims? target = await findAccount(placement).ConfigureAwait(false);
        if (target is null) Fail($"No valid account {GoFormat.Quote(placement)} for auth callout response on account {GoFormat.Quote(Asked)}");
        else if (!IsSigner(target, user.Issuer)) Fail($"User JWT issuer {GoFormat.Quote(user.Issuer)} is not known");
        else return (placement, Scoped(user, target));
        return ("", null);
    }

    private UserRights? Scoped(UserClaims user, AccountClaims target)
    {
        if (!target.SigningKeys.TryGetValue(user.Issuer, out SigningKeyScope? scope) || scope is null) return user.Rights;
        if (scope.Refuse(user) is { } refusal)
        {
            Fail($"User JWT is not valid: {refusal}");
            return null;
        }

        if (PermissionTemplate.TryExpand(scope.Template, user, target.Name, target.Tags, out UserRights? rights, out string? error)) return rights;
        Fail($"User JWT generated invalid permissions: {error}");
        return null;
    }

    /// <summary>When, from where and how the user may connect.</summary>
    private bool TryCheckRestrictions(UserRights rights, in ConnectionFacts facts, out TimeSpan? left)
    {
        if (!ConnectTimes.AreNow(rights, server.Time.GetUtcNow(), server.Time.LocalTimeZone, FindTimeZone, out left))
        {
            return Fail($"Authorized user on account {GoFormat.Quote(Asked)} outside of valid connect times");
        }

        string[] types = [.. rights.AllowedConnectionTypes.Select(static type => type.ToUpperInvariant()).Where(ConnectionTypes.IsKnown)];
        if (types.Length == 0 && rights.AllowedConnectionTypes.Count > 0) return Fail($"Authorized user on account {GoFormat.Quote(Asked)} using invalid connection type");
        if (types.Length > 0 && !types.Contains(facts.ConnectionType, StringComparer.Ordinal)) return Fail("Connection type not allowed");
        return SourceNetwork.IsAllowed(rights.Sources, (facts.RemoteEndPoint as IPEndPoint)?.Address) || Fail("Source address not allowed");
    }

    private PermissionSet? Permissions(UserRights rights, Account account)
    {
        PermissionsOptions? options = ClaimedPermissions.From(rights.Permissions) ?? account.Model.Declared.DefaultPermissions;
        if (account.Name == Asked) options = PermissionCompiler.DenyCallout(options ?? new PermissionsOptions());
        return options is null ? null : new PermissionSet(options);
    }

    private DateTimeOffset? Expiry(long expires, TimeSpan? left)
    {
        DateTimeOffset? byTime = left is { } duration ? server.Time.GetUtcNow() + duration : null;
        if (expires == 0) return byTime;
        DateTimeOffset byClaim = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(expires, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        return byTime < byClaim ? byTime : byClaim;
    }

    private ClaimValidator Validator() => new(server.Time.GetUtcNow().ToUnixTimeSeconds(), FindTimeZone);

    private static TimeZoneInfo? FindTimeZone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;

    private static bool IsSigner(AccountClaims account, string key) => key == account.Subject || account.SigningKeys.ContainsKey(key);

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private AuthResult Reject(AuthResult verdict, string error = "")
    {
        if (error.Length > 0) Fail(error);
        return AuthResult.Reject(verdict.Options, "") with { UserKey = verdict.UserKey };
    }

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }
}
