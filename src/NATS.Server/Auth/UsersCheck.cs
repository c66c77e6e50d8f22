using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>Users with names and passwords. Immutable, thread-safe.</summary>
/// <param name="users">All configured users.</param>
/// <param name="needsCertificate">Tells users that a certificate stands for: without password, and mapped on some listener.</param>
internal sealed class UsersCheck(UserDirectory users, Func<ConfiguredUser, bool> needsCertificate) : ImmediateCheck
{
    private readonly StoredSecret? _decoy = MakeDecoy(users.Named.Select(static user => user.Secret.Hash));

    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => options.User.Length > 0 || Anonymous(options) is not null;

    public override CheckCost CostOf(ConnectOptions options) => _decoy is null || Anonymous(options) is not null ? CheckCost.None : CheckCost.Hash;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (Anonymous(options) is { } anonymous) return CheckAnonymous(anonymous, options, facts);
        if (users.FindName(options.User) is not { } user) return Reject(options, hashed: false, "User is not configured");
        if (!user.Allows(facts.ConnectionType)) return Reject(options, hashed: false, "Connection type not allowed");
        if (user.LacksProxy(facts)) return Decoy(AuthResult.RejectWithoutProxy(options));
        if (user.Options.Username != users.AnonymousName && needsCertificate(user)) return Reject(options, hashed: false, "User requires a client certificate");
        bool isVerified = earlier?.Verified is { } verified && verified.IsSameAs(user.Secret);
        if (!isVerified && !user.Secret.Matches(options.Password)) return Reject(options, user.Secret.IsHashed, "Password is wrong");
        return Accept(options, user);
    }

    /// <summary>The result for a client that is known to be this user. A key that it claims beside is forgotten: nobody looked at it.</summary>
    public static AuthResult Accept(ConnectOptions options, ConfiguredUser user) =>
        AuthResult.Accept(options with { Nkey = user.Options.Nkey }, user.Secret) with
        {
            AccountName = user.AccountName,
            Permissions = user.Permissions,
            IsConfiguredUser = true,
            KnownAs = user.Options.Nkey.Length > 0 ? user.Options.Nkey : user.Options.Username,
        };

    private ConfiguredUser? Anonymous(ConnectOptions options) =>
        options.User.Length + options.Password.Length + options.AuthToken.Length == 0 && users.AnonymousName.Length > 0 ? users.FindName(users.AnonymousName) : null;

    private static AuthResult CheckAnonymous(ConfiguredUser user, ConnectOptions options, in ConnectionFacts facts)
    {
        options = options with { User = user.Options.Username, Password = user.Options.Password };
        if (!user.Allows(facts.ConnectionType)) return AuthResult.Reject(options, "Connection type not allowed");
        if (user.LacksProxy(facts)) return AuthResult.RejectWithoutProxy(options);

        // The reference checks the configured password against itself, which a hash does not pass.
        return user.Secret.IsHashed ? AuthResult.Reject(options, "The user for clients without credentials has a hashed password") : Accept(options, user);
    }

    // Every rejection takes the time of a hash when some user has one: how long it takes does not tell which users exist.
    private AuthResult Reject(ConnectOptions options, bool hashed, string reason)
    {
        AuthResult rejected = AuthResult.Reject(options, reason);
        return hashed ? rejected : Decoy(rejected);
    }

    private AuthResult Decoy(AuthResult rejected)
    {
        _decoy?.Matches(rejected.Options.Password);
        return rejected;
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
}
