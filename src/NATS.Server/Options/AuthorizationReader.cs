using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads an <c>authorization</c> block. Pure.</summary>
internal static class AuthorizationReader
{
    private const double MaxTimeoutSeconds = 1e9;
    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(60);

    private static readonly BlockReader<AuthorizationOptions> Keys = new(
    [
        Key.Text<AuthorizationOptions>("user username", (a, v) => a with { Username = v }),
        Key.Text<AuthorizationOptions>("password pass", (a, v) => a with { Password = v }),
        Key.Text<AuthorizationOptions>("token", (a, v) => a with { Token = v }),
        new("timeout", ReadTimeout),
        new("users", (a, e) => UsersReader.Read(e) is { } users ? a with { Users = users } : a),
        new("default_permissions default_permission permissions", (a, e) => a with { DefaultPermissions = PermissionsReader.Read(e) }),
        new("auth_callout auth_hook", (a, e) => AuthCalloutReader.Read(e) is { } callout ? a with { Callout = callout } : a),
        Key.Boolean<AuthorizationOptions>("proxy_required", (a, v) => a with { ProxyRequired = v }),
    ]);

    /// <summary>Takes the block into the options; they stay as they are when it is not a map.</summary>
    /// <param name="options">What is read so far: accounts that come before the block in the file may have users.</param>
    /// <param name="entry">The block.</param>
    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryMap(out var map)) return options;
        var block = Keys.Read(map, new AuthorizationOptions { IsDefined = true }, entry.Diagnostics);
        var hasUsers = map.Any(static pair => pair.Key.Equals("users", StringComparison.OrdinalIgnoreCase));
        var identities = UsersReader.Identities(options with { Authorization = new AuthorizationOptions() });
        hasUsers |= identities.Count > 0;

        if ((block.Username.Length > 0 || block.Password.Length > 0) && block.Token.Length > 0)
            entry.Fail("Cannot have a user/pass and token");
        else if (hasUsers && block.Username.Length > 0)
            entry.Fail("Can not have a single user/pass and a users array");
        else if (hasUsers && block.Token.Length > 0)
            entry.Fail("Can not have a token and a users array");
        else if (block.Users.OrderBy(static user => user.Nkey.Length > 0).FirstOrDefault(user => !identities.Add(UsersReader.Identity(user))) is { } twice)
            entry.Fail(UsersReader.DescribeDuplicate(twice));

        return options with { Authorization = block with { Users = UsersReader.WithDefaults(block.Users, block.DefaultPermissions) } };
    }

    private static AuthorizationOptions ReadTimeout(AuthorizationOptions block, ConfigEntry entry)
    {
        if (!entry.TrySeconds("error parsing authorization config, 'timeout'", out double seconds)) return block;
        if (seconds > LongTimeout.TotalSeconds)
        {
            entry.Diagnostics.WarnOfUse(entry.Value.Position, entry.Name, string.Create(CultureInfo.InvariantCulture,
                $"timeout of {GoFormat.Value(entry.Content)} ({seconds:F6} seconds) is high, consider keeping it under 60 seconds. " +
                $"possibly caused by unquoted duration; use '1m' instead of 1m, for example"));
        }
        // No timer runs longer than the bound; more is as good as forever.
        return block with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, -MaxTimeoutSeconds, MaxTimeoutSeconds)) };
    }
}
