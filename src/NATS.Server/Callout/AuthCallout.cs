using System.Security.Cryptography;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.Config;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Callout;

/// <summary>
/// Asks authorization services about clients: one that the configuration names, or in operator mode those of accounts. Thread-safe; one for each
/// configuration.
/// </summary>
/// <param name="server">Who asks.</param>
/// <param name="accounts">All accounts.</param>
/// <param name="exchange">How.</param>
/// <param name="configured">The service of the configuration; null in operator mode.</param>
/// <param name="findAccount">Operator mode: the JWT of an account that is in use.</param>
/// <param name="log">Where to say why somebody was rejected.</param>
internal sealed class AuthCallout(
    CalloutServer server,
    AccountRegistry accounts,
    CalloutExchange exchange,
    CalloutPolicy? configured,
    Func<string, ValueTask<AccountClaims?>> findAccount,
    CalloutLog log) : ICallout
{
    private const int NonceSize = 24;

    public bool Decides(AuthResult verdict)
    {
        // What depends on a proxy is not for the service to decide.
        if (verdict.ClosedState != Connections.ClosedState.AuthenticationViolation) return false;

        // Whoever got in is who the server knows it to be, whatever else CONNECT claims: it must not pass for one of the service's users.
        string user = verdict.Accepted ? verdict.KnownAs : UserLabels.ForMonitoring(verdict.Options, verdict.UserKey);
        if (configured is not { } policy) return verdict.Accepted && PolicyOf(verdict) is { } declared && !declared.IsAuthUser(user);
        bool isElsewhere = verdict.Accepted && verdict.AccountName != Account.GlobalName;
        if (isElsewhere && policy.AllowedAccounts.Count > 0 && !policy.AllowedAccounts.Contains(verdict.AccountName, StringComparer.Ordinal)) return false;
        return !policy.IsAuthUser(user);
    }

    // In operator mode an account that changes sees to its connections itself.
    public bool Upholds(AuthResult earlier) => true;

    public bool IsAccountOfService(string accountName) => configured is null || configured.AccountName == accountName;

    public async ValueTask<AuthResult> AskAsync(AuthResult verdict, ConnectionFacts facts)
    {
        CalloutPolicy? policy = configured ?? PolicyOf(verdict);
        if (policy is null) return verdict;
        AuthResult rejected = AuthResult.Reject(verdict.Options, "") with { UserKey = verdict.UserKey, RefusedBy = policy.AccountName };
        try
        {
            // Nobody needs the private half: the key only ties the answer to the request.
            string userKey = new Nkey(NkeyRole.User, RandomNumberGenerator.GetBytes(Nkey.Size)).ToString();
            if (!TryWrite(policy, verdict, facts, userKey, out byte[] payload, out byte[] headers)) return rejected;
            (byte[]? answer, string error) = await exchange.AskAsync(policy.AccountName, headers, payload, server.Timeout, server.Time).ConfigureAwait(false);
            if (answer is null)
            {
                log.Debug(error);
                return rejected;
            }

            var judge = new CalloutAnswer(policy, server, userKey, accounts, findAccount);
            AuthResult result = await judge.JudgeAsync(answer, verdict, facts).ConfigureAwait(false);
            if (judge.Error.Length > 0) log.Warn(judge.Error);
            return result.Accepted ? result : result with { RefusedBy = policy.AccountName };
        }
        catch (Exception problem)
        {
            // Neither a broken answer nor a broken server lets anybody in.
            log.Warn($"Error processing auth callout on account {GoFormat.Quote(policy.AccountName)}: {problem.GetType().Name}");
            return rejected;
        }
    }

    private bool TryWrite(CalloutPolicy policy, AuthResult verdict, in ConnectionFacts facts, string userKey, out byte[] payload, out byte[] headers)
    {
        bool encrypts = policy.XKey.Length > 0;
        long now = server.Time.GetUtcNow().ToUnixTimeSeconds();
        long expires = (server.Time.GetUtcNow() + server.Timeout).ToUnixTimeSeconds();
        AuthorizationRequestClaims claims = CalloutRequest.Create(policy, server.Describe(encrypts), userKey, verdict, facts, expires);
        payload = Encoding.ASCII.GetBytes(JwtToken.Encode(claims, server.Identity, now));
        headers = [];
        if (!encrypts) return true;
        headers = Encoding.ASCII.GetBytes($"NATS/1.0\r\n{CalloutSubjects.KeyHeader}: {server.EncryptionIdentity}\r\n\r\n");
        byte[] plain = payload;
        bool isSealed = Nkey.TryParse(policy.XKey, NkeyRole.Curve, out Nkey recipient)
            && server.EncryptionIdentity.TrySeal(plain, recipient, RandomNumberGenerator.GetBytes(NonceSize), out byte[]? box) && (payload = box).Length > 0;
        CryptographicOperations.ZeroMemory(plain);
        if (!isSealed) log.Warn($"Error encrypting auth request claim on account {GoFormat.Quote(policy.AccountName)}");
        return isSealed;
    }

    private CalloutPolicy? PolicyOf(AuthResult verdict)
    {
        ValueTask<AccountClaims?> known = findAccount(verdict.AccountName);

        // Whoever is in an account is there by its JWT, which is at hand.
        return known.IsCompletedSuccessfully && known.Result is { } claims ? CalloutPolicy.From(claims) : null;
    }
}
