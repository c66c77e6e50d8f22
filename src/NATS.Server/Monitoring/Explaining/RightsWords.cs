using NATS.Server.Auth;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one answer. Names for users, their rights and where these stand.</summary>
/// <param name="rights">Whose.</param>
/// <param name="account">How people call the account.</param>
internal sealed class RightsWords(RightsSnapshot rights, string account)
{
    private const int ShownEntries = 20;

    private IReadOnlyDictionary<string, string>? _templates;

    /// <summary>Who this is, such as <c>user alice in account A</c>.</summary>
    public string Who
    {
        get
        {
            if (!rights.IsUser) return $"a user without permissions of its own in account {account}";
            string where = rights.Cid > 0 ? $" (connection {rights.Cid})" : "";
            return Person.Length > 0 ? $"user {Person} in account {account}{where}" : $"connection {rights.Cid} in account {account}";
        }
    }

    /// <summary>The same at the beginning of a sentence.</summary>
    public string WhoFirst => char.ToUpperInvariant(Who[0]) + Who[1..];

    /// <summary>Who gave the rights.</summary>
    public string Owner => rights.Source switch
    {
        RightsSource.User => $"user {Person} in account {account}",
        RightsSource.AuthorizationDefaults => "the authorization block",
        RightsSource.AccountDefaults => $"account {account}",
        RightsSource.Token => $"the token of user {Person}",
        RightsSource.SigningKey => $"the signing key {rights.Signer}{(rights.Role.Length > 0 ? $" (role {rights.Role})" : "")} of account {account}",
        RightsSource.AccountToken => $"the token of account {account}",
        RightsSource.Callout => "the authorization service",
        RightsSource.Embedder => "the program that embeds the server",
        _ => "the server",
    };

    /// <summary>How its rights are changed; a sentence.</summary>
    /// <param name="change">What is to be done, such as <c>add "a"</c>.</param>
    /// <param name="rule">In which list.</param>
    public string HowTo(string change, string rule)
    {
        string sentence = $"{char.ToUpperInvariant(change[0])}{change[1..]} {rule} of {Owner}";
        return rights.Source switch
        {
            RightsSource.User or RightsSource.AuthorizationDefaults or RightsSource.AccountDefaults => $"{sentence}, and reload the configuration.",
            RightsSource.Token => $"{sentence}: issue a new token and let the user connect with it.",
            RightsSource.SigningKey => $"{sentence}: its template holds for all users that it signs; change it and push the account's token.",
            RightsSource.AccountToken => $"{sentence}: it holds for all users without permissions of their own; push the account's new token.",
            RightsSource.Callout => $"{sentence}: what it answers holds until the user connects anew.",
            _ => sentence + ".",
        };
    }

    /// <summary>The name of a list as it stands where the rights come from.</summary>
    public string NameOf(PermissionListKind list)
    {
        bool isToken = rights.Source is RightsSource.Token or RightsSource.SigningKey or RightsSource.AccountToken or RightsSource.Callout;
        string name = list switch
        {
            PermissionListKind.PublishAllow => isToken ? "pub.allow" : "publish.allow",
            PermissionListKind.PublishDeny => isToken ? "pub.deny" : "publish.deny",
            PermissionListKind.SubscribeAllow => isToken ? "sub.allow" : "subscribe.allow",
            _ => isToken ? "sub.deny" : "subscribe.deny",
        };
        return Prefix + name;
    }

    /// <summary>The name of the right to answer requests.</summary>
    public string ResponsesName => rights.Source is RightsSource.Token or RightsSource.SigningKey or RightsSource.AccountToken or RightsSource.Callout ? Prefix + "resp" : Prefix + "allow_responses";

    /// <summary>An entry as it was written.</summary>
    public string Written(string entry)
    {
        if (rights.FindTemplates is not { } find) return entry;
        _templates ??= find();
        return _templates.GetValueOrDefault(entry, entry);
    }

    /// <summary>What a whole list says.</summary>
    public string All(PermissionListKind list)
    {
        IReadOnlyList<string> entries = Entries(list);
        string shown = string.Join(", ", entries.Take(ShownEntries).Select(Written).Distinct(StringComparer.Ordinal));
        return entries.Count > ShownEntries ? $"{shown}, and {entries.Count - ShownEntries} more" : shown;
    }

    public IReadOnlyList<string> Entries(PermissionListKind list) => list switch
    {
        PermissionListKind.PublishAllow => rights.Permissions?.Options.Publish?.Allow ?? [],
        PermissionListKind.PublishDeny => rights.Permissions?.Options.Publish?.Deny ?? [],
        PermissionListKind.SubscribeAllow => rights.Permissions?.Options.Subscribe?.Allow ?? [],
        PermissionListKind.SubscribeDeny => rights.Permissions?.Options.Subscribe?.Deny ?? [],
        _ => [],
    };

    /// <summary>How the user is called: the name in the token before the key.</summary>
    private string Person => rights.UserName.Length > 0 && rights.UserName != rights.User ? $"{rights.UserName} ({rights.User})" : rights.User;

    private string Prefix => rights.Source switch
    {
        RightsSource.AuthorizationDefaults or RightsSource.AccountDefaults or RightsSource.AccountToken => "default_permissions.",
        RightsSource.User or RightsSource.Embedder or RightsSource.None => "permissions.",
        _ => "",
    };
}
