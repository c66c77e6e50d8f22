using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>Users with passwords and permissions of their own. Immutable, thread-safe.</summary>
internal sealed class UsersCheck : CredentialCheck
{
    private readonly Dictionary<string, User> _users = new(StringComparer.Ordinal);
    private readonly StoredSecret? _decoy;

    /// <summary>Compiles the users and their permissions.</summary>
    /// <exception cref="ArgumentException">A user's permissions are invalid.</exception>
    public UsersCheck(IReadOnlyList<UserOptions> users, PermissionsOptions? defaultPermissions)
    {
        PermissionSet? defaults = defaultPermissions is null ? null : new PermissionSet(defaultPermissions);
        foreach (UserOptions user in users)
        {
            PermissionSet? permissions = user.Permissions is null ? defaults : new PermissionSet(user.Permissions);
            _users[user.Username] = new User(user, new StoredSecret(user.Password), permissions);
        }

        _decoy = MakeDecoy(_users.Values.Select(user => user.Secret.Hash));
    }

    public override bool IsSlow => _decoy is not null;

    public override bool AppliesTo(ConnectOptions options) => options.User.Length > 0;

    /// <summary>The configured user, or null.</summary>
    public UserOptions? Find(string name) => _users.GetValueOrDefault(name)?.Options;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        if (!_users.TryGetValue(options.User, out User? user)) return Reject(options, hashed: false, "User is not configured");
        if (!user.Allows(facts.ConnectionType)) return Reject(options, hashed: false, "Connection type not allowed");
        bool isVerified = verified is not null && verified.IsSameAs(user.Secret);
        if (!isVerified && !user.Secret.Matches(options.Password)) return Reject(options, user.Secret.IsHashed, "Password is wrong");
        return Accept(options, user);
    }

    /// <summary>Makes a client without credentials the user that was configured for such. Never slow.</summary>
    public AuthResult CheckNoAuthUser(string name, ConnectOptions options, in ConnectionFacts facts)
    {
        if (!_users.TryGetValue(name, out User? user)) return AuthResult.Reject(options, "User is not configured");
        options = options with { User = name, Password = user.Options.Password };
        if (!user.Allows(facts.ConnectionType)) return AuthResult.Reject(options, "Connection type not allowed");

        // The reference checks the configured password against itself, which a hash does not pass.
        return user.Secret.IsHashed ? AuthResult.Reject(options, "The user for clients without credentials has a hashed password") : Accept(options, user);
    }

    private static AuthResult Accept(ConnectOptions options, User user) =>
        AuthResult.Accept(options, user.Secret) with { Permissions = user.Permissions, IsConfiguredUser = true };

    // Every rejection takes the time of a hash when some user has one: how long it takes does not tell which users exist.
    private AuthResult Reject(ConnectOptions options, bool hashed, string reason)
    {
        if (!hashed) _decoy?.Matches(options.Password);
        return AuthResult.Reject(options, reason);
    }

    // A well-formed hash of the cost that is configured most often and of no known password.
    private static StoredSecret? MakeDecoy(IEnumerable<string> hashes)
    {
        const int lengthThroughCost = 7;
        const int saltAndDigest = 53;
        string? prefix = hashes
            .Where(hash => Core.Security.Bcrypt.TryReadCost(hash, out _))
            .GroupBy(hash => hash[..lengthThroughCost], StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .FirstOrDefault()?.Key;
        return prefix is null ? null : new StoredSecret(prefix + new string('.', saltAndDigest));
    }

    private sealed record User(UserOptions Options, StoredSecret Secret, PermissionSet? Permissions)
    {
        public bool Allows(string connectionType) =>
            Options.AllowedConnectionTypes.Count == 0 || Options.AllowedConnectionTypes.Contains(connectionType, StringComparer.OrdinalIgnoreCase);
    }
}
