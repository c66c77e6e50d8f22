using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>What became of a request to change accounts.</summary>
/// <param name="Account">The account; empty when there is none to name.</param>
/// <param name="Message">What was done, or was to be done.</param>
/// <param name="Error">Why it was not done; null when it was.</param>
internal sealed record ClaimsOutcome(string Account, string Message, string? Error = null);

/// <summary>Decides about requests to the claims subjects. One request at a time.</summary>
/// <param name="accounts">The accounts that are in use.</param>
/// <param name="kind">Of the resolver.</param>
/// <param name="directory">Where the resolver keeps tokens; null when it does not.</param>
/// <param name="systemAccount">May not be deleted.</param>
/// <param name="mayDelete">Whether accounts may be deleted at all.</param>
/// <param name="log">Of the server.</param>
internal sealed partial class ClaimsHandler(AccountDirectory accounts, ResolverKind kind, JwtDirectory? directory, string systemAccount, bool mayDelete, ILogger log)
{
    private const string UnknownAccount = "n/a";

    /// <summary>Tells apart servers with different tokens.</summary>
    public byte[] Digest => directory?.Digest ?? [];

    /// <summary>A token is brought.</summary>
    public async Task<ClaimsOutcome> UpdateAsync(ClaimsRequest request)
    {
        bool isCache = kind == ResolverKind.Cache;
        bool namesAccount = request.Kind == ClaimsRequestKind.UpdateOfAccount;
        string failed = isCache ? "jwt update cache resulted in error" : "jwt update resulted in error";
        string name = namesAccount ? request.Account : UnknownAccount;
        if (directory is null && request.Payload.Length == 0) return new ClaimsOutcome(name, "jwt update error", "request body is empty");
        string token = Encoding.UTF8.GetString(request.Payload);
        if (!JwtToken.TryDecode(token, out AccountClaims? claims, out string? error)) return new ClaimsOutcome(kind == ResolverKind.Full ? UnknownAccount : name, failed, error);
        if (namesAccount && claims.Subject != request.Account) return new ClaimsOutcome(request.Account, failed, "subject does not match jwt content");
        if (accounts.Trust.IsOwnKeyOfStrictOperator(claims.Issuer)) return new ClaimsOutcome(claims.Subject, failed, "operator requires issuer to be a signing key");
        if (kind != ResolverKind.Full && !accounts.TryGet(claims.Subject, out _))
        {
            return new ClaimsOutcome(claims.Subject, isCache ? "jwt update cache skipped" : "jwt update skipped");
        }

        try
        {
            if (directory is null)
            {
                await accounts.UpdateAsync(claims.Subject, token).ConfigureAwait(false);
                return new ClaimsOutcome(claims.Subject, "jwt updated");
            }

            ClaimIssues issues = accounts.Validator().Validate(claims);
            if (issues.IsBlocking(withTimes: false))
            {
                string errors = string.Join(' ', issues.All.Where(static issue => issue.IsBlocking).Select(static issue => issue.Text));
                return new ClaimsOutcome(claims.Subject, isCache ? "jwt update cache validation failed" : "jwt validation failed", $"validation errors: [{errors}]");
            }

            // A token that no trusted operator signed would make its account unusable.
            if (!accounts.Trust.IsTrusted(claims.Issuer)) return new ClaimsOutcome(claims.Subject, failed, "account validation failed");
            directory.Save(claims.Subject, token);
        }
        catch (ResolverException problem)
        {
            return new ClaimsOutcome(claims.Subject, failed, problem.Message);
        }

        return new ClaimsOutcome(claims.Subject, isCache ? "jwt updated cache" : "jwt updated");
    }

    /// <summary>The operator demands that accounts are deleted.</summary>
    public ClaimsOutcome Delete(ClaimsRequest request)
    {
        string subject = "";
        string? problem = null;
        List<string> doomed = [];
        if (!JwtToken.TryDecodeGeneric(Encoding.UTF8.GetString(request.Payload), out GenericClaims? claims, out string? error))
        {
            problem = error;
        }
        else
        {
            subject = claims.Subject;
            if (!mayDelete || directory is null) problem = "delete must be enabled in server config";
            else if (subject != claims.Issuer) problem = "not self signed";
            else if (!accounts.Trust.MayManage(claims.Issuer)) problem = "not trusted";
            else problem = ReadAccounts(claims, doomed);
        }

        if (problem is not null) return new ClaimsOutcome("", $"delete accounts request by {subject} failed", problem);
        List<string> errors = [];
        foreach (string account in doomed)
        {
            try
            {
                directory!.Delete(account);
            }
            catch (ResolverException failure)
            {
                errors.Add(failure.Message);
            }
        }

        string deleted = string.Create(CultureInfo.InvariantCulture, $"deleted {doomed.Count - errors.Count} accounts");
        if (errors.Count == 0) return new ClaimsOutcome("", deleted);
        return new ClaimsOutcome("", string.Create(CultureInfo.InvariantCulture, $"{deleted}, failed for {errors.Count}"), string.Join('\n', errors));
    }

    /// <summary>The token of an account, empty when there is none; null for what is not an account.</summary>
    public string? LookUp(string account)
    {
        try
        {
            string? token = directory!.Load(account);
            if (token is null) Log.NotFound(log, account);
            return token ?? "";
        }
        catch (ResolverException problem)
        {
            Log.LookUpFailed(log, account, problem.Message);
            return null;
        }
    }

    /// <summary>The accounts that are kept.</summary>
    public IReadOnlyList<string> List()
    {
        List<string> ids = [];
        directory!.Pack((account, _) => ids.Add(account));
        return ids;
    }

    /// <summary>All tokens, each as <c>KEY|TOKEN</c>, unless the other server has the same.</summary>
    public void Pack(byte[] digest, Action<string> send)
    {
        byte[] own = Digest;
        if (own.AsSpan().SequenceEqual(digest)) return;
        directory!.Pack((account, token) => send($"{account}|{token}"));
    }

    /// <summary>Another server's tokens; empty at the end.</summary>
    public void Merge(byte[] pack)
    {
        if (pack.Length == 0) return;
        try
        {
            directory!.Merge(Encoding.UTF8.GetString(pack));
        }
        catch (ResolverException problem)
        {
            Log.MergeFailed(log, problem.Message);
        }
    }

    private string? ReadAccounts(GenericClaims claims, List<string> doomed)
    {
        const string malformed = "malformed request";
        if (!claims.Data.TryGetValue("accounts", out JsonElement list) || list.ValueKind != JsonValueKind.Array) return malformed;
        foreach (JsonElement entry in list.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.String || !Nkey.IsValid(entry.GetString(), NkeyRole.Account)) return malformed;
            string account = entry.GetString()!;
            if (account == systemAccount) return "not allowed to delete system account";
            doomed.Add(account);
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "DirResolver - Could not find account \"{Account}\"")]
        public static partial void NotFound(ILogger logger, string account);

        [LoggerMessage(Level = LogLevel.Error, Message = "DirResolver - Error looking up account \"{Account}\": {Problem}")]
        public static partial void LookUpFailed(ILogger logger, string account, string problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "DirResolver - Merging resulted in error: {Problem}")]
        public static partial void MergeFailed(ILogger logger, string problem);
    }
}
