using NATS.Server.Core.Config;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Judges operator mode as a whole. Pure.</summary>
internal static class OperatorCheck
{
    /// <summary>What a server does not start with, in the reference's words; or null.</summary>
    public static string? Validate(ServerOptions options)
    {
        var mode = options.Operator;
        if (mode.Tokens.Count == 0)
        {
            if (mode.DefaultSentinel.Length > 0) return "default sentinel requires operators and accounts";
            return mode.TrustedKeys.Any(static key => !Nkey.IsValid(key, NkeyRole.Operator)) ? "Error processing trusted operator keys" : null;
        }
        OperatorClaims[] operators = [.. Operators(mode)];
        if (operators.Length < mode.Tokens.Count) return "error parsing operator JWT";
        return FindConflict(options, mode) ?? FindSystemAccountFault(options, operators) ?? operators.Select(FindVersionFault).FirstOrDefault(static fault => fault is not null) ??
            FindKeyFault(operators, mode) ?? (options.Authorization.Callout is null ? null : "operators do not allow authorization callouts to be configured directly");
    }

    /// <summary>What is wrong with the resolver; or null.</summary>
    public static string? ValidateResolver(ServerOptions options) =>
        options.Operator is { Resolver.Kind: ResolverKind.Url, Preload.Count: > 0 }
            ? "resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR"
            : null;

    /// <summary>Operators by their public keys, for messages.</summary>
    public static string Describe(OperatorOptions options) => $"[{string.Join(' ', Operators(options).Select(static claims => claims.Subject))}]";

    private static string? FindConflict(ServerOptions options, OperatorOptions mode)
    {
        if (mode.DefaultSentinel.Length > 0)
        {
            if (!JwtToken.TryDecode<UserClaims>(mode.DefaultSentinel, out var sentinel, out _)) return "default sentinel JWT not valid";
            // A scoped user may be a bearer by its scope, which only its account knows.
            var mayBeScoped = sentinel.IssuerAccount.Length > 0 && sentinel.Rights.IsEmpty;
            if (!sentinel.Rights.IsBearer && !mayBeScoped) return "default sentinel must be a bearer token";
        }
        if (mode.Resolver is null) return "operators require an account resolver to be configured";
        // Mappings of the global account count as an account, as in the reference.
        if (options.Accounts.Count > 0 || options.Mappings.Count > 0) return "operators do not allow Accounts to be configured directly";
        if (options.AllUsers.Any()) return "operators do not allow users to be configured directly";
        return mode.TrustedKeys.Count > 0 ? "conflicting options for 'TrustedKeys' and 'TrustedOperators'" : null;
    }

    private static string? FindSystemAccountFault(ServerOptions options, OperatorClaims[] operators)
    {
        if (options.SystemAccount.Length > 0)
        {
            return operators.Any(static known => known.SystemAccount.Length > 0) && !operators.Any(known => known.SystemAccount == options.SystemAccount)
                ? "system_account in config and operator JWT must be identical"
                : null;
        }
        return operators[0].SystemAccount.Length == 0 && options.Operator.Resolver is { Kind: ResolverKind.Full or ResolverKind.Cache }
            ? "using nats based account resolver - the system account needs to be specified in configuration or the operator jwt"
            : null;
    }

    private static string? FindVersionFault(OperatorClaims claims)
    {
        if (!AssertedVersion.TryParse(claims.AssertServerVersion, out var wanted, out var error))
            return $"operator {claims.Subject} expects version {claims.AssertServerVersion} got error instead: {error}";
        var ours = Version.Parse(ServerVersion.Compatible);
        if (wanted.Major > ours.Major) return $"operator {claims.Subject} expected major version {wanted.Major} > server major version {ours.Major}";
        if (wanted.Major < ours.Major) return null;
        if (wanted.Minor > ours.Minor) return $"operator {claims.Subject} expected minor version {wanted.Minor} > server minor version {ours.Minor}";
        return wanted.Minor == ours.Minor && wanted.Update > ours.Build
            ? $"operator {claims.Subject} expected update version {wanted.Update} > server update version {ours.Build}"
            : null;
    }

    private static string? FindKeyFault(OperatorClaims[] operators, OperatorOptions mode)
    {
        if (operators.SelectMany(Signers).FirstOrDefault(static key => !Nkey.IsValid(key, NkeyRole.Operator)) is { } signer)
            return $"trusted Keys {GoFormat.Quote(signer)} are required to be a valid public operator nkey";
        return mode.PinnedAccounts.FirstOrDefault(static key => !Nkey.IsValid(key, NkeyRole.Account)) is { } account
            ? $"pinned account key {GoFormat.Quote(account)} is not a valid public account nkey"
            : null;
    }

    /// <summary>The public keys whose signatures are trusted: the configured ones and those of the operators.</summary>
    public static IReadOnlyList<string> TrustedKeys(OperatorOptions options) => [.. options.TrustedKeys, .. Operators(options).SelectMany(Signers)];

    private static IEnumerable<OperatorClaims> Operators(OperatorOptions options) =>
        options.Tokens.Select(static token => JwtToken.TryDecode<OperatorClaims>(token, out var claims, out _) ? claims : null).OfType<OperatorClaims>();

    // Under strict usage its own key signs only the operator itself.
    private static IEnumerable<string> Signers(OperatorClaims claims) => claims.StrictSigningKeyUsage ? claims.SigningKeys : [claims.Subject, .. claims.SigningKeys];
}
