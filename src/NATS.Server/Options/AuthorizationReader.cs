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
        new("users", (a, e) => ReadUsers(e) is { } users ? a with { Users = users } : a),
        new("default_permissions default_permission permissions", (a, e) => a with { DefaultPermissions = PermissionsReader.Read(e) }),
        .. UnbuiltKeys.Authorization.Readers<AuthorizationOptions>(),
    ]);

    private static readonly BlockReader<UserOptions> UserKeys = new(
    [
        Key.Text<UserOptions>("user username", (u, v) => u with { Username = v }),
        Key.Text<UserOptions>("password pass", (u, v) => u with { Password = v }),
        new("permissions permission authorization", (u, e) => u with { Permissions = PermissionsReader.Read(e) }),
        new("allowed_connection_types connection_types clients", (u, e) => u with { AllowedConnectionTypes = ConnectionTypes.Read(e) }),
        .. UnbuiltKeys.User.Readers<UserOptions>(),
    ]);

    /// <summary>The block; <paramref name="earlier"/> when it is not a map.</summary>
    public static AuthorizationOptions Read(AuthorizationOptions earlier, ConfigEntry entry)
    {
        if (!entry.TryMap(out var map)) return earlier;
        var block = Keys.Read(map, new AuthorizationOptions { IsDefined = true }, entry.Diagnostics);
        var hasUsers = map.Any(static pair => pair.Key.Equals("users", StringComparison.OrdinalIgnoreCase));

        if ((block.Username.Length > 0 || block.Password.Length > 0) && block.Token.Length > 0)
            entry.Fail("Cannot have a user/pass and token");
        else if (hasUsers && block.Username.Length > 0)
            entry.Fail("Can not have a single user/pass and a users array");
        else if (hasUsers && block.Token.Length > 0)
            entry.Fail("Can not have a token and a users array");
        foreach (var twice in block.Users.GroupBy(static user => user.Username, StringComparer.Ordinal).Where(static group => group.Skip(1).Any()))
            entry.Fail($"Duplicate user {GoFormat.Quote(twice.Key)} detected");

        return block with { Users = [.. block.Users.Select(user => user with { Permissions = user.Permissions ?? block.DefaultPermissions })] };
    }

    private static AuthorizationOptions ReadTimeout(AuthorizationOptions block, ConfigEntry entry)
    {
        double seconds;
        switch (entry.Content)
        {
            case long whole:
                seconds = whole;
                break;
            case double number:
                seconds = number;
                break;
            case string text:
                if (!GoDuration.TryParse(text, out var duration, out var error))
                {
                    entry.Fail($"error parsing authorization config, 'timeout' {error}");
                    return block;
                }
                seconds = duration.TotalSeconds;
                break;
            default:
                entry.Fail("error parsing authorization config, 'timeout' wrong type");
                return block;
        }
        if (seconds > LongTimeout.TotalSeconds)
        {
            entry.Diagnostics.WarnOfUse(entry.Value.Position, entry.Name, string.Create(CultureInfo.InvariantCulture,
                $"timeout of {GoFormat.Value(entry.Content)} ({seconds:F6} seconds) is high, consider keeping it under 60 seconds. " +
                $"possibly caused by unquoted duration; use '1m' instead of 1m, for example"));
        }
        // No timer runs longer than the bound; more is as good as forever.
        return block with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, -MaxTimeoutSeconds, MaxTimeoutSeconds)) };
    }

    private static List<UserOptions>? ReadUsers(ConfigEntry entry)
    {
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"Expected users field to be an array, got {GoFormat.Value(entry.Content)}");
            return null;
        }
        var users = new List<UserOptions>();
        foreach (var item in array)
        {
            if (item.Content is not ConfigMap map)
            {
                entry.Diagnostics.Error(item.Position, $"Expected user entry to be a map/struct, got {GoFormat.Value(item.Content)}");
                continue;
            }
            var user = UserKeys.Read(map, new UserOptions { Username = "" }, entry.Diagnostics);
            if (user.Username.Length > 0)
                users.Add(user);
            else if (!map.Any(static pair => pair.Key.ToUpperInvariant() is "NKEY" or "USER" or "USERNAME" && pair.Value.Content is not ""))
                entry.Diagnostics.Error(map.Count > 0 ? map.Last().Value.Position : item.Position, "User entry requires a user");
        }
        return users;
    }
}
