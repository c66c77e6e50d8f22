using System.Buffers;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Security;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>What is wrong with options of JetStream although each for itself is fine. Pure; all of it in the reference's words.</summary>
internal static class JetStreamCheck
{
    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" \t\r\n\f.*>");

    /// <summary>What a start or a reload refuses with the configuration; null when it is good.</summary>
    public static string? Validate(ServerOptions options) => ValidateDefaultDomains(options) ?? ValidateDomain(options.JetStreamSettings.Domain);

    /// <summary>What a server that has begun to start, or a reload that switches JetStream on, finds out; null when JetStream can start.</summary>
    public static string? FindObstacle(JetStreamOptions options)
    {
        if (options.Tpm is not { KeysFile.Length: > 0 }) return null;
        return options.Key.Length > 0 ? "JetStream encryption key may not be used with TPM options" : "TPM functionality is not supported on this platform";
    }

    private static string? ValidateDomain(string domain)
    {
        if (domain.Length == 0) return null;
        var subject = ApiOf(domain);
        if (!IsValid(subject)) return $"invalid domain name: derived {GoFormat.Quote(subject)} is not a valid subject";
        return domain.AsSpan().ContainsAny(NotInNames) ? "invalid domain name: may not contain ., * or >" : null;
    }

    private static string? ValidateDefaultDomains(ServerOptions options)
    {
        foreach (var (account, domain) in options.DefaultJetStreamDomains)
        {
            if (ValidateAccount(options, account, domain) is { } fault) return fault;
        }

        var system = options.SystemAccount.Length > 0 ? options.SystemAccount : "$SYS";
        foreach (var (account, domain) in options.DefaultJetStreamDomains)
        {
            if (account == system) return $"system account {GoFormat.Quote(account)} can not be in default_js_domain";
            if (domain.Length > 0 && !IsValid(ApiOf(domain))) return $"default_js_domain contains account {GoFormat.Quote(account)} with invalid domain name {GoFormat.Quote(domain)}";
        }

        return null;
    }

    private static string? ValidateAccount(ServerOptions options, string name, string domain)
    {
        if (options.Operator.Tokens.Count > 0)
            return Nkey.IsValid(name, NkeyRole.Account) ? null : $"default_js_domain contains account name {GoFormat.Quote(name)}, which is not a valid public account nkey";
        if (name == "$G") return null;
        if (options.Accounts.FirstOrDefault(account => account.Name == name) is not { } found)
            return $"in non operator mode, `default_js_domain` references non existing account {GoFormat.Quote(name)}";
        return found.JetStream is not null && domain.Length > 0 ? $"default_js_domain contains account name {GoFormat.Quote(name)} with enabled JetStream" : null;
    }

    private static string ApiOf(string domain) => $"$JS.{domain}.API.>";

    private static bool IsValid(string subject) => Subject.IsValid(Encoding.UTF8.GetBytes(subject));
}
