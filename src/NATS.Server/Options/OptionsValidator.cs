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

        foreach (var user in options.Authorization.Users)
        {
            if (user.AllowedConnectionTypes.FirstOrDefault(static type => !ConnectionTypes.IsKnown(type.ToUpperInvariant())) is { } unknown)
                yield return $"unknown connection type {GoFormat.Quote(unknown)}";
            if (PermissionCheck.Validate(user.Permissions) is { } error)
                yield return $"invalid permissions for user {GoFormat.Quote(user.Username)}: {error}";
        }
        if (ValidateNoAuthUser(options) is { } noAuthUser) yield return noAuthUser;

        foreach (var mapping in options.Mappings)
        {
            if (SubjectMappingCheck.Validate(mapping) is { } error)
                yield return $"Error adding mapping for {GoFormat.Quote(mapping.Source)} : {error}";
        }
    }

    private static string? ValidateNoAuthUser(ServerOptions options)
    {
        if (options.NoAuthUser.Length == 0) return null;
        if (options.Authorization.Users.Count == 0) return $"no_auth_user: \"{options.NoAuthUser}\" present, but users/nkeys are not defined";
        return options.Authorization.Users.Any(user => user.Username == options.NoAuthUser)
            ? null
            : $"no_auth_user: \"{options.NoAuthUser}\" not present as user or nkey in authorization block or account configuration";
    }
}
