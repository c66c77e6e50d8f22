using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// What a server refuses to start or reload with although every value for itself is fine. A check of a configuration file does not look at it, as in
/// the reference, and embedders may make options by hand. Pure.
/// </summary>
public static class OptionsValidator
{
    /// <summary>Everything that is wrong; the first is what the reference says. Empty when the options are good.</summary>
    public static IReadOnlyList<string> Validate(ServerOptions options) => [.. Find(options)];

    private static IEnumerable<string> Find(ServerOptions options)
    {
        if (options.LameDuckDuration > TimeSpan.Zero && options.LameDuckGracePeriod >= options.LameDuckDuration)
        {
            yield return $"lame duck grace period ({GoDuration.Format(options.LameDuckGracePeriod)}) should be strictly lower than " +
                $"lame duck duration ({GoDuration.Format(options.LameDuckDuration)})";
        }
        if (options.MaxPayload > options.MaxPending)
            yield return $"max_payload ({options.MaxPayload}) cannot be higher than max_pending ({options.MaxPending})";
        if (options.ServerName.Contains(' ', StringComparison.Ordinal))
            yield return "server name cannot contain spaces";
        if (OperatorCheck.Validate(options) is { } operators) yield return operators;

        // Users with nkeys come last, as in the reference.
        foreach (var user in options.AllUsers.OrderBy(static user => user.Nkey.Length > 0))
        {
            if (user.AllowedConnectionTypes.FirstOrDefault(static type => !ConnectionTypes.IsKnown(type.ToUpperInvariant())) is { } unknown)
                yield return $"unknown connection type {GoFormat.Quote(unknown)}";
            if (PermissionCheck.Validate(user.Permissions) is { } error)
                yield return $"invalid permissions for {(user.Nkey.Length > 0 ? "nkey" : "user")} {GoFormat.Quote(UsersReader.Identity(user))}: {error}";
        }
        if (ValidateNoAuthUser(options) is { } noAuthUser) yield return noAuthUser;
        if (options.TrustedProxies.FirstOrDefault(static key => !ProxiesReader.IsPublicKey(key)) is { } proxy)
            yield return $"proxy trusted key {GoFormat.Quote(proxy)} is invalid";
        if (JetStreamCheck.Validate(options) is { } jetStream) yield return jetStream;
        if (OperatorCheck.ValidateResolver(options) is { } resolver) yield return resolver;
        if (!IsSystemAccountKnown(options)) yield return "error resolving system account: account missing";

        foreach (var mapping in options.Mappings.Concat(options.Accounts.SelectMany(static account => account.Mappings)))
        {
            if (SubjectMappingCheck.Validate(mapping) is { } error)
                yield return $"Error adding mapping for {GoFormat.Quote(mapping.Source)} : {error}";
        }
    }

    private static string? ValidateNoAuthUser(ServerOptions options)
    {
        if (options.NoAuthUser.Length == 0) return null;
        if (options.Operator.Tokens.Count > 0) return "no_auth_user not compatible with Trusted Operator";
        if (!options.AllUsers.Any()) return $"no_auth_user: \"{options.NoAuthUser}\" present, but users/nkeys are not defined";
        return options.AllUsers.Any(user => UsersReader.Identity(user) == options.NoAuthUser)
            ? null
            : $"no_auth_user: \"{options.NoAuthUser}\" not present as user or nkey in authorization block or account configuration";
    }

    // In operator mode the resolver knows it.
    private static bool IsSystemAccountKnown(ServerOptions options) =>
        options.SystemAccount is "" or "$G" || options.Operator.IsEnabled || options.Accounts.Any(account => account.Name == options.SystemAccount);
}
