using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Options;

/// <summary>Reads the block of one account. Pure.</summary>
internal static class AccountReader
{
    private static readonly BlockReader<AccountOptions> Keys = new(
    [
        new("nkey", ReadNkey),
        new("users", (a, e) => UsersReader.Read(e) is { } users ? a with { Users = users } : a),
        new("default_permissions", (a, e) => a with { DefaultPermissions = PermissionsReader.Read(e) }),
        new("exports", (a, e) => a with { Exports = [.. a.Exports, .. ExportsReader.Read(e)] }),
        new("imports", (a, e) => a with { Imports = [.. a.Imports, .. ImportsReader.Read(e)] }),
        new("mappings maps", (a, e) => a with { Mappings = SubjectMappingsReader.Read(a.Mappings, e) }),
        new("limits", ReadLimits),
        new("msg_trace trace_dest", MessageTraceReader.Read),
        new("jetstream", AccountJetStreamReader.Read),
    ]);

    // Negative values stand for no limit.
    private static readonly BlockReader<AccountLimitsOptions> LimitKeys = new(
        static name => $"Unknown field {name} parsing account limits",
        Key.Long<AccountLimitsOptions>("max_connections max_conn", (l, v) => l with { MaxConnections = v }),
        Key.Long<AccountLimitsOptions>("max_subscriptions max_subs", (l, v) => l with { MaxSubscriptions = v }),
        Key.Long<AccountLimitsOptions>("max_payload max_pay", (l, v) => l with { MaxPayload = v }),
        Key.Long<AccountLimitsOptions>("max_leafnodes max_leafs", (l, v) => l with { MaxLeafNodes = v }));

    /// <summary>The account; its exports and imports are not yet checked against other accounts.</summary>
    public static AccountOptions Read(string name, ConfigMap block, OptionsDiagnostics diagnostics)
    {
        var account = Keys.Read(block, new AccountOptions { Name = name }, diagnostics);
        var users = UsersReader.WithDefaults(account.Users, account.DefaultPermissions);
        return account with { Users = [.. users.Select(user => user with { Account = name })] };
    }

    private static AccountOptions ReadNkey(AccountOptions account, ConfigEntry entry)
    {
        if (entry.Content is string key && Nkey.IsValid(key, NkeyRole.Account)) return account with { Nkey = key };
        entry.Fail($"Not a valid public nkey for an account: {GoFormat.QuoteValue(entry.Content)}");
        return account;
    }

    private static AccountOptions ReadLimits(AccountOptions account, ConfigEntry entry)
    {
        if (entry.Content is ConfigMap map) return account with { Limits = LimitKeys.Read(map, account.Limits, entry.Diagnostics) };
        entry.Fail($"Expected account limits to be a map/struct, got {GoFormat.Value(entry.Content)}");
        return account;
    }
}
