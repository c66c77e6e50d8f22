using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Core.Jwt;

/// <summary>Checks whether what a token says makes sense and is valid now. Pure, thread-safe.</summary>
/// <param name="nowSeconds">Since 1970.</param>
/// <param name="findTimeZone">The time zone of an IANA name; null when there is none. Is asked for well-formed names only.</param>
public sealed partial class ClaimValidator(long nowSeconds, Func<string, TimeZoneInfo?> findTimeZone)
{
    private const int MaxInfoLength = 8 * 1024;

    /// <summary>Checks claims of any kind.</summary>
    public ClaimIssues Validate(ClaimSet claims)
    {
        var issues = new ClaimIssues();
        if (claims.Kind is not (ClaimKind.AuthorizationRequest or ClaimKind.AuthorizationResponse)) CheckTimes(claims, issues);
        switch (claims)
        {
            case OperatorClaims operatorClaims: CheckOperator(operatorClaims, issues); break;
            case AccountClaims account: CheckAccount(account, issues); break;
            case UserClaims user: CheckUser(user, issues); break;
            case ActivationClaims activation: CheckActivation(activation, issues); break;
            case AuthorizationRequestClaims request: CheckRequest(request, issues); break;
            case AuthorizationResponseClaims response: CheckResponse(response, issues); break;
        }

        if (claims.Kind is ClaimKind.AuthorizationRequest or ClaimKind.AuthorizationResponse) CheckTimes(claims, issues);
        return issues;
    }

    private static void CheckOperator(OperatorClaims claims, ClaimIssues issues)
    {
        if (claims.AccountServerUrl.Length > 0)
        {
            if (!UrlText.TrySplit(claims.AccountServerUrl, out UrlText url))
            {
                issues.Error("error parsing account server url: " + claims.AccountServerUrl);
            }
            else if (url.Scheme.Length == 0)
            {
                issues.Error($"account server url {GoFormat.Quote(claims.AccountServerUrl)} requires a protocol");
            }
        }

        foreach (string url in claims.OperatorServiceUrls)
        {
            if (ServiceUrlProblem(url) is { } problem) issues.Error(problem);
        }

        foreach (string key in claims.SigningKeys)
        {
            if (!Nkey.IsValid(key, NkeyRole.Operator)) issues.Error(key + " is not an operator public key");
        }

        if (claims.SystemAccount.Length > 0 && !Nkey.IsValid(claims.SystemAccount, NkeyRole.Account)) issues.Error(claims.SystemAccount + " is not an account public key");
        if (!AssertedVersion.TryParse(claims.AssertServerVersion, out _, out string? error)) issues.Error("assert server version error: " + error);
    }

    private static string? ServiceUrlProblem(string text)
    {
        if (text.Length == 0) return null;
        string quoted = GoFormat.Quote(text);
        if (!UrlText.TrySplit(text, out UrlText url)) return $"error parsing operator service url {quoted}: malformed";
        if (url.HasUser) return $"operator service url {quoted} - credentials are not supported";
        if (url.Path.Length > 0) return $"operator service url {quoted} - paths are not supported";
        return url.Scheme is "nats" or "tls" or "ws" or "wss" ? null : $"operator service url {quoted} - protocol not supported (only 'nats', 'tls', 'ws', 'wss' only)";
    }

    private static void CheckRequest(AuthorizationRequestClaims claims, ClaimIssues issues)
    {
        if (claims.UserNkey.Length == 0)
        {
            issues.Error("User nkey is required");
        }
        else if (!Nkey.IsValid(claims.UserNkey, NkeyRole.User))
        {
            issues.Error($"User nkey {GoFormat.Quote(claims.UserNkey)} is not a valid user public key");
        }
    }

    private static void CheckResponse(AuthorizationResponseClaims claims, ClaimIssues issues)
    {
        if (!Nkey.IsValid(claims.Subject, NkeyRole.User)) issues.Error("Subject must be a user public key");
        if (!Nkey.IsValid(claims.Audience, NkeyRole.Server)) issues.Error("Audience must be a server public key");
        if (claims.Error.Length == 0 && claims.Jwt.Length == 0) issues.Error("Error or Jwt is required");
        if (claims.Error.Length > 0 && claims.Jwt.Length > 0) issues.Error("Only Error or Jwt can be set");
        if (claims.IssuerAccount.Length > 0 && !Nkey.IsValid(claims.IssuerAccount, NkeyRole.Account)) issues.Error("issuer_account is not an account public key");
    }

    private static void CheckActivation(ActivationClaims claims, ClaimIssues issues)
    {
        if (claims.ImportKind == ExportKind.Unknown) issues.Error("invalid import type: \"unknown\"");
        CheckSubject(claims.ImportSubject, issues);
        CheckIssuerAccount(claims.IssuerAccount, issues);
    }

    private static void CheckIssuerAccount(string issuerAccount, ClaimIssues issues)
    {
        if (issuerAccount.Length > 0 && !Nkey.IsValid(issuerAccount, NkeyRole.Account)) issues.Error("account_id is not an account public key");
    }

    private static void CheckPermissions(ClaimPermissions permissions, ClaimIssues issues)
    {
        CheckList(permissions.Subscribe, maySayQueue: true, issues);
        CheckList(permissions.Publish, maySayQueue: false, issues);
    }

    private static void CheckList(PermissionList list, bool maySayQueue, ClaimIssues issues)
    {
        foreach (string subject in list.Allow.Concat(list.Deny))
        {
            string[] words = subject.Split(' ', 4);
            if (words.Length > 2)
            {
                issues.Error($"Permission Subject \"{subject}\" contains too many spaces");
                continue;
            }

            foreach (string word in words) CheckSubject(word, issues);
            if (words.Length == 2 && !maySayQueue) issues.Error($"Permission Subject \"{subject}\" is not allowed to contain queue");
        }
    }

    private static void CheckSubject(string subject, ClaimIssues issues)
    {
        if (SubjectProblems(subject) is not { } problems) return;
        foreach (string problem in problems) issues.Error(problem);
    }

    private static List<string>? SubjectProblems(string subject)
    {
        if (subject.Length == 0) return ["subject cannot be empty"];
        List<string>? problems = null;
        if (subject.Contains(' ')) Add("cannot have spaces");
        if (subject[0] == '.' || subject[^1] == '.') Add("cannot start or end with a `.`");
        if (subject.Contains("..", StringComparison.Ordinal)) Add("cannot contain consecutive `.`");
        return problems;

        void Add(string problem) => (problems ??= []).Add($"subject {GoFormat.Quote(subject)} {problem}");
    }

    private static void CheckInfo(string description, string infoUrl, ClaimIssues issues)
    {
        if (description.Length > MaxInfoLength) issues.Error("Description is too long");
        if (infoUrl.Length == 0) return;
        if (infoUrl.Length > MaxInfoLength) issues.Error("Info URL is too long");
        if (!UrlText.TrySplit(infoUrl, out UrlText url))
        {
            issues.Error("error parsing info url: malformed");
        }
        else if (url.Scheme.Length == 0 || url.Host.Length == 0)
        {
            issues.Error("error parsing info url: no hostname or scheme");
        }
    }

    private void CheckTimes(ClaimSet claims, ClaimIssues issues)
    {
        if (claims.Expires > 0 && nowSeconds > claims.Expires) issues.TimeCheck("claim is expired");
        if (claims.NotBefore > 0 && claims.NotBefore > nowSeconds) issues.TimeCheck("claim is not yet valid");
    }

    private void CheckUser(UserClaims claims, ClaimIssues issues)
    {
        CheckPermissions(claims.Rights.Permissions, issues);
        foreach (string source in claims.Rights.Sources)
        {
            if (!SourceNetwork.TryParse(source, out _)) issues.Error($"invalid cidr {GoFormat.Quote(source)} in user src limits");
        }

        foreach (TimeRange time in claims.Rights.Times)
        {
            CheckTimeOfDay(time.Start, "start", "time ranges start must contain a start");
            CheckTimeOfDay(time.End, "end", "time ranges end must contain an end");
        }

        string zone = claims.Rights.TimeZone;
        if (zone.Length > 0 && TimeZoneName.Find(zone, findTimeZone) is null) issues.Error("could not parse iana time zone by name: unknown time zone " + zone);
        CheckIssuerAccount(claims.IssuerAccount, issues);

        void CheckTimeOfDay(string text, string name, string absent)
        {
            if (text.Length == 0)
            {
                issues.Error(absent);
            }
            else if (!ConnectTimes.TryParse(text, out _))
            {
                issues.Error($"{name} in time range is invalid {GoFormat.Quote(text)}");
            }
        }
    }
}
