using NATS.Server.Auth;
using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Where the rights of a user come from.</summary>
internal enum RightsSource : byte
{
    /// <summary>Nobody gave any: no authentication, or one secret for everybody.</summary>
    None,

    /// <summary><c>permissions</c> of a configured user.</summary>
    User,

    /// <summary><c>default_permissions</c> of the <c>authorization</c> block.</summary>
    AuthorizationDefaults,

    /// <summary><c>default_permissions</c> of a configured account.</summary>
    AccountDefaults,

    /// <summary>The user's own token.</summary>
    Token,

    /// <summary>The template of the signing key that signed the user's token.</summary>
    SigningKey,

    /// <summary><c>default_permissions</c> of the account's token.</summary>
    AccountToken,

    /// <summary>An authorization service.</summary>
    Callout,

    /// <summary>The program that embeds the server.</summary>
    Embedder,
}

/// <summary>What somebody may do at one moment, and who says so. Immutable.</summary>
internal sealed record RightsSnapshot
{
    /// <summary>An open connection; 0 for a user as configured, or for users without permissions of their own.</summary>
    public ulong Cid { get; init; }

    /// <summary>What the connection calls itself.</summary>
    public string Name { get; init; } = "";

    /// <summary>As <c>/connz?auth=1</c> shows it; empty for none.</summary>
    public string User { get; init; } = "";

    /// <summary>The name in the user's token; empty without one.</summary>
    public string UserName { get; init; } = "";

    /// <summary>Whether there is a user; else these are the rights of users without permissions of their own.</summary>
    public bool IsUser { get; init; } = true;

    /// <summary>Whether the connection has yet to say who it is, and may do nothing before.</summary>
    public bool IsUnauthenticated { get; init; }

    public required string Account { get; init; }

    /// <summary>Null restricts nothing.</summary>
    public PermissionSet? Permissions { get; init; }

    public RightsSource Source { get; init; }

    /// <summary>The public key that signed the user's token; empty without one.</summary>
    public string Signer { get; init; } = "";

    /// <summary>The role of the signing key; empty for none.</summary>
    public string Role { get; init; } = "";

    /// <summary>The account of the authorization service; empty without one.</summary>
    public string CalloutAccount { get; init; } = "";

    /// <summary>
    /// Of a signing key's template: tells what stands in it, by what became of it for this user; only what is not the same. Null without a template. Costs about as
    /// much as a login.
    /// </summary>
    public Func<IReadOnlyDictionary<string, string>>? FindTemplates { get; init; }

    /// <summary>Subscriptions that the connection has.</summary>
    public long Subscriptions { get; init; }

    /// <summary>Subscriptions that one connection may have; null: any number.</summary>
    public SubscriptionLimit? MaxSubscriptions { get; init; }

    /// <summary>Whether the connection gets its own messages back.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>Whether the connection is told when nobody gets its requests.</summary>
    public bool NoResponders { get; init; } = true;

    /// <summary>Whether both are the same rights, so that one answer holds for both.</summary>
    public bool IsSameAs(RightsSnapshot other) =>
        Account == other.Account && Source == other.Source && Signer == other.Signer && IsUnauthenticated == other.IsUnauthenticated
        && IsSame(Permissions, other.Permissions) && MaxSubscriptions == other.MaxSubscriptions;

    // Users with tokens have a set for each connection.
    private static bool IsSame(PermissionSet? left, PermissionSet? right)
    {
        if (ReferenceEquals(left, right)) return true;
        return left is not null && right is not null && left.Responses == right.Responses && IsSame(left.Options.Publish, right.Options.Publish) && IsSame(left.Options.Subscribe, right.Options.Subscribe);
    }

    private static bool IsSame(SubjectPermissionOptions? left, SubjectPermissionOptions? right) => IsSame(left?.Allow, right?.Allow) && IsSame(left?.Deny ?? [], right?.Deny ?? []);

    private static bool IsSame(IReadOnlyList<string>? left, IReadOnlyList<string>? right) =>
        left is null || right is null ? ReferenceEquals(left, right) : left.SequenceEqual(right, StringComparer.Ordinal);
}

/// <summary>How many subscriptions a connection may have. Immutable.</summary>
/// <param name="Maximum">The number.</param>
/// <param name="Rule">Its name.</param>
/// <param name="Owner">Whose it is.</param>
internal sealed record SubscriptionLimit(long Maximum, string Rule, string Owner);
