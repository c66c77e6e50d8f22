using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads the <c>accounts</c>: names only, or blocks, and then what they offer to each other. Pure.</summary>
internal static class AccountsReader
{
    private const string ReservedName = "$G";

    /// <summary>Takes the accounts into the options.</summary>
    /// <param name="options">What is read so far: an authorization block that comes before the accounts in the file may have users.</param>
    /// <param name="entry">The value of <c>accounts</c>; one that is neither an array nor a map is no account, as in the reference.</param>
    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        var accounts = entry.Content switch
        {
            ConfigArray array => ReadNames(array, entry),
            ConfigMap map => ReadBlocks(map, options, entry.Diagnostics),
            _ => [],
        };
        options = options with { Accounts = [.. options.Accounts, .. accounts] };
        return entry.Diagnostics.Errors.Count > 0 ? options : options with { Accounts = AccountGraph.Link(options.Accounts, options.NoSystemAccount, entry.Fail) };
    }

    private static List<AccountOptions> ReadNames(ConfigArray array, ConfigEntry entry)
    {
        var accounts = new List<AccountOptions>();
        foreach (var item in array)
        {
            if (!(entry with { Value = item }).TryText(out var name)) break;
            if (IsReserved(name, item, entry.Diagnostics)) continue;
            if (accounts.Any(account => account.Name == name))
                entry.Diagnostics.Error(item.Position, $"Duplicate Account Entry: {name}");
            else
                accounts.Add(new AccountOptions { Name = name });
        }
        return accounts;
    }

    private static List<AccountOptions> ReadBlocks(ConfigMap map, ServerOptions options, OptionsDiagnostics diagnostics)
    {
        var accounts = new List<AccountOptions>();
        var identities = UsersReader.Identities(options);
        foreach (var (name, value) in map)
        {
            if (value.IsUsedVariable) continue;
            if (value.Content is not ConfigMap block)
                diagnostics.Error(value.Position, "Expected map entries for accounts");
            else if (!IsReserved(name, value, diagnostics))
                accounts.Add(ReadBlock(name, block, options.Authorization, identities, diagnostics));
        }
        return accounts;
    }

    private static AccountOptions ReadBlock(
        string name, ConfigMap block, AuthorizationOptions authorization, HashSet<string> identities, OptionsDiagnostics diagnostics)
    {
        var account = AccountReader.Read(name, block, diagnostics);
        if (account.Users.Count == 0) return account;

        var position = block.Last(static pair => pair.Key.Equals("users", StringComparison.OrdinalIgnoreCase)).Value.Position;
        if (authorization.Username.Length > 0)
        {
            diagnostics.Error(position, "Can not have a single user/pass and accounts");
            return account;
        }
        if (authorization.Token.Length > 0)
        {
            diagnostics.Error(position, "Can not have a token and accounts");
            return account;
        }
        foreach (var user in account.Users.Where(user => !identities.Add(UsersReader.Identity(user))))
            diagnostics.Error(position, UsersReader.DescribeDuplicate(user));
        return account;
    }

    private static bool IsReserved(string name, ConfigValue value, OptionsDiagnostics diagnostics)
    {
        if (name != ReservedName) return false;
        diagnostics.Error(value.Position, $"{GoFormat.Quote(name)} is a Reserved Account");
        return true;
    }
}
