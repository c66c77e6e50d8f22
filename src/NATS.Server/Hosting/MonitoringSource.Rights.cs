using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.Jwt;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.OperatorMode;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.Hosting;

/// <summary>Users and their rights.</summary>
internal sealed partial class MonitoringSource
{
    private const int ConnectionsOfUser = 1000;

    public RightsSnapshot? SnapshotRights(ulong cid) => _context.Clients.Find(cid) is { } session ? DescribeRights(session) : null;

    public IReadOnlyList<RightsSnapshot> SnapshotRights(string user) =>
        [.. _context.Clients.Open.Where(session => session.AuthorizedUser == user || session.Authenticated?.NameTag == user).OrderBy(static session => session.Id)
            .Take(ConnectionsOfUser).Select(DescribeRights)];

    public RightsSnapshot? FindConfiguredUser(string user)
    {
        ServerOptions options = _context.Options;
        if (_context.Authenticator.FindUser(user) is { } configured)
        {
            return new RightsSnapshot
            {
                User = user,
                Account = configured.AccountName,
                Permissions = configured.Permissions,
                Source = SourceOf(configured.Options, options),
                CalloutAccount = CalloutAccount(options),
                MaxSubscriptions = LimitOf(UserLimits.None, configured.AccountName, user),
            };
        }

        if (options.Authorization.Username.Length == 0 || options.Authorization.Username != user) return null;
        return new RightsSnapshot { User = user, Account = Account.GlobalName, MaxSubscriptions = LimitOf(UserLimits.None, Account.GlobalName, user) };
    }

    public RightsSnapshot? SnapshotDefaultRights(string account)
    {
        if (!_context.Accounts.TryFind(account, out Account? found)) return null;
        ServerOptions options = _context.Options;
        var rights = new RightsSnapshot { IsUser = false, Account = account, CalloutAccount = CalloutAccount(options), MaxSubscriptions = LimitOf(UserLimits.None, account, "") };
        if (server.FindAccountState(account) is { } state) return rights with { Permissions = state.DefaultPermissions, Source = RightsSource.AccountToken };
        AccountOptions? declared = options.Accounts.FirstOrDefault(other => other.Name == account);
        PermissionsOptions? permissions = declared?.DefaultPermissions;
        RightsSource source = RightsSource.AccountDefaults;
        if (permissions is null && account == Account.GlobalName)
        {
            permissions = options.Authorization.DefaultPermissions;
            source = RightsSource.AuthorizationDefaults;
        }

        PermissionSet? compiled = new PermissionCompiler().Compile(permissions, deniesCallout: account == rights.CalloutAccount);
        return rights with { Permissions = compiled, Source = compiled is null ? RightsSource.None : source };
    }

    public ResponseGrant? FindGrant(ulong cid, byte[] subject) =>
        _context.Clients.Find(cid)?.Rights.Responses is { } responses && responses.TryPeek(subject, out ResponseGrant grant) ? grant : null;

    public AccountModel? FindModel(string account) => _context.Accounts.TryFind(account, out Account? found) ? found.Model : null;

    private RightsSnapshot DescribeRights(ClientSession session)
    {
        AuthResult? result = session.Authenticated;
        var rights = new RightsSnapshot
        {
            Cid = session.Id,
            Name = session.Options.Name,
            User = session.AuthorizedUser,
            UserName = result?.NameTag ?? "",
            IsUnauthenticated = result is null && _context.Authenticator.IsRequired,
            Account = session.Account.Name,
            Permissions = session.Rights.Permissions,
            Signer = result?.IssuerKey ?? "",
            CalloutAccount = CalloutAccount(_context.Options),
            Subscriptions = session.Subscriptions.Count,
            MaxSubscriptions = LimitOf(result?.Limits ?? UserLimits.None, session.Account.Name, session.AuthorizedUser),
            Echo = session.Options.Echo,
            NoResponders = session.Options.NoResponders,
        };
        return result is null ? rights : WithSource(rights, session, result);
    }

    private RightsSnapshot WithSource(RightsSnapshot rights, ClientSession session, AuthResult result)
    {
        AccountState? state = server.FindAccountState(rights.Account);
        PermissionsOptions? defaults = state?.Declared.DefaultPermissions ?? session.Account.Model.Declared.DefaultPermissions;
        RightsSource ofAccount = state is null ? RightsSource.AccountDefaults : RightsSource.AccountToken;
        if (result.IsDelegated) return rights with { Source = IsMadeOf(rights.Permissions, defaults) ? ofAccount : RightsSource.Callout };
        if (_context.Authenticator.IsCustom) return rights with { Source = RightsSource.Embedder };
        if (result.IsConfiguredUser) return rights with { Source = _context.Authenticator.FindUser(result.KnownAs) is { } user ? SourceOf(user.Options, _context.Options) : RightsSource.User };
        if (state is null || result.UserKey.Length == 0) return rights;
        if (state.Claims.Authorization.IsEnabled) rights = rights with { CalloutAccount = rights.Account };
        if (IsMadeOf(rights.Permissions, defaults)) return rights with { Source = RightsSource.AccountToken };
        if (!state.Signers.TryGetValue(result.IssuerKey, out SigningKeyScope? scope) || scope is null) return rights with { Source = RightsSource.Token };
        return rights with { Source = RightsSource.SigningKey, Role = scope.Role, FindTemplates = () => TemplatesOf(scope, session.Options.Jwt, state) };
    }

    // Users who have none of their own hold those that were given to all.
    private static RightsSource SourceOf(UserOptions user, ServerOptions options)
    {
        PermissionsOptions? ofAccount = options.Accounts.FirstOrDefault(account => account.Name == user.Account)?.DefaultPermissions;
        if (user.Permissions is { } own && !ReferenceEquals(own, ofAccount) && !ReferenceEquals(own, options.Authorization.DefaultPermissions)) return RightsSource.User;
        bool isOfBlock = options.Authorization.Users.Any(other => ReferenceEquals(other, user));
        if (isOfBlock) return options.Authorization.DefaultPermissions is null ? RightsSource.User : RightsSource.AuthorizationDefaults;
        return options.Accounts.Any(account => account.DefaultPermissions is not null && account.Users.Contains(user)) ? RightsSource.AccountDefaults : RightsSource.User;
    }

    private static string CalloutAccount(ServerOptions options) =>
        options.Authorization.Callout is not { } callout ? "" : callout.Account.Length > 0 ? callout.Account : Account.GlobalName;

    // The set may deny the authorization service's subject in addition.
    private static bool IsMadeOf(PermissionSet? permissions, PermissionsOptions? options)
    {
        if (permissions is null || options is null) return false;
        PermissionsOptions made = permissions.Options;
        return (made.Publish?.Allow ?? made.Subscribe?.Allow ?? made.Publish?.Deny ?? made.Subscribe?.Deny) is not null
            && IsSame(made.Publish?.Allow, options.Publish?.Allow) && IsSame(made.Subscribe?.Allow, options.Subscribe?.Allow) && IsSame(made.Subscribe?.Deny, options.Subscribe?.Deny)
            && WithoutCallout(made.Publish?.Deny).SequenceEqual(WithoutCallout(options.Publish?.Deny), StringComparer.Ordinal);

        static bool IsSame(IReadOnlyList<string>? left, IReadOnlyList<string>? right) => (left ?? []).SequenceEqual(right ?? [], StringComparer.Ordinal);

        static IEnumerable<string> WithoutCallout(IReadOnlyList<string>? list) => (list ?? []).Where(static entry => entry != CalloutSubjects.Request);
    }

    /// <summary>What stands in a signing key's template, by what became of it for a user.</summary>
    private static Dictionary<string, string> TemplatesOf(SigningKeyScope scope, string token, AccountState state)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!JwtToken.TryDecode(token, out UserClaims? user, out _)) return templates;
        ClaimPermissions permissions = scope.Template.Permissions;
        foreach (string entry in permissions.Publish.Allow.Concat(permissions.Publish.Deny).Concat(permissions.Subscribe.Allow).Concat(permissions.Subscribe.Deny).Distinct(StringComparer.Ordinal))
        {
            UserRights alone = scope.Template with { Permissions = new ClaimPermissions(new PermissionList([entry], []), PermissionList.None) };
            if (!PermissionTemplate.TryExpand(alone, user, state.Claims.Name, state.Claims.Tags, out UserRights? expanded, out _)) continue;
            foreach (string made in expanded.Permissions.Publish.Allow)
            {
                if (made != entry) templates.TryAdd(made, entry);
            }
        }

        return templates;
    }

    private SubscriptionLimit? LimitOf(UserLimits ofUser, string account, string user)
    {
        long ofServer = _context.Options.MaxSubscriptions > 0 ? _context.Options.MaxSubscriptions : -1;
        long ofAccount = _context.Accounts.TryFind(account, out Account? found) ? found.Model.Limits.MaxSubscriptions : -1;
        SubscriptionLimit? least = null;
        Consider(ofServer, "max_subscriptions", "the server");
        Consider(ofAccount, server.FindAccountState(account) is null ? "limits.max_subscriptions" : "limits.subs", $"account {DisplayNameOf(account)}");
        Consider(ofUser.MaxSubscriptions, "subs", $"the token of user {user}");
        return least;

        void Consider(long maximum, string rule, string owner)
        {
            if (maximum >= 0 && (least is null || maximum < least.Maximum)) least = new SubscriptionLimit(maximum, rule, owner);
        }
    }
}
