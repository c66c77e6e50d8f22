using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Reads the <c>users</c> of an authorization block or of an account. Pure.</summary>
internal static class UsersReader
{
    private static readonly BlockReader<UserOptions> Keys = new(
    [
        Key.Text<UserOptions>("nkey", (u, v) => u with { Nkey = v }),
        Key.Text<UserOptions>("user username", (u, v) => u with { Username = v }),
        Key.Text<UserOptions>("password pass", (u, v) => u with { Password = v }),
        new("permissions permission authorization", (u, e) => u with { Permissions = PermissionsReader.Read(e) }),
        new("allowed_connection_types connection_types clients", (u, e) => u with { AllowedConnectionTypes = ConnectionTypes.Read(e) }),
        Key.Boolean<UserOptions>("proxy_required", (u, v) => u with { ProxyRequired = v }),
    ]);

    /// <summary>The users in the order of the file; null when there is an entry that cannot be a user.</summary>
    public static IReadOnlyList<UserOptions>? Read(ConfigEntry entry)
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
            var user = Keys.Read(map, new UserOptions { Username = "" }, entry.Diagnostics);
            if (HasIllTypedKey(map)) return null;
            if (FindFault(user) is { } fault)
            {
                entry.Diagnostics.Error(map.Count > 0 ? map.Last().Value.Position : item.Position, fault);
                return null;
            }
            users.Add(user);
        }
        return users;
    }

    /// <summary>What names a user: no two users of a configuration may have it in common.</summary>
    public static string Identity(UserOptions user) => user.Nkey.Length > 0 ? user.Nkey : user.Username;

    /// <summary>The identities of all users that are configured so far.</summary>
    public static HashSet<string> Identities(ServerOptions options) => options.AllUsers.Select(Identity).ToHashSet(StringComparer.Ordinal);

    /// <summary>What is said of a user whose identity another user has.</summary>
    public static string DescribeDuplicate(UserOptions user) => $"Duplicate {(user.Nkey.Length > 0 ? "nkey" : "user")} {GoFormat.Quote(Identity(user))} detected";

    /// <summary>Gives users without permissions of their own the default ones.</summary>
    public static IReadOnlyList<UserOptions> WithDefaults(IReadOnlyList<UserOptions> users, PermissionsOptions? permissions) =>
        permissions is null ? users : [.. users.Select(user => user with { Permissions = user.Permissions ?? permissions })];

    private static string? FindFault(UserOptions user)
    {
        if (user.Nkey.Length == 0) return user.Username.Length == 0 ? "User entry requires a user" : null;
        if (!Nkey.IsValid(user.Nkey, NkeyRole.User)) return "Not a valid public nkey for a user";
        return user.Username.Length + user.Password.Length > 0 ? "Nkey users do not take usernames or passwords" : null;
    }

    // Already reported, and what is missing because of it needs no word.
    private static bool HasIllTypedKey(ConfigMap map) => map.Any(static pair => pair.Key.ToUpperInvariant() switch
    {
        "NKEY" or "USER" or "USERNAME" or "PASS" or "PASSWORD" => pair.Value.Content is not string,
        "PROXY_REQUIRED" => pair.Value.Content is not bool,
        _ => false,
    });
}
