using System.Text;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Testing.Jwt;

/// <summary>An operator with accounts and users, as tools make them. Not thread-safe. The keys are the same in every run.</summary>
public sealed class OperatorSetup
{
    private readonly List<AccountSetup> _accounts = [];
    private int _keys;

    /// <param name="change">What the operator's token shall say beyond its name.</param>
    /// <param name="first">Number of the first key, so that a second operator has others.</param>
    public OperatorSetup(Func<OperatorClaims, OperatorClaims>? change = null, int first = 1)
    {
        _keys = first;
        Key = NewKey(NkeyRole.Operator);
        var claims = new OperatorClaims { Name = "operator", Subject = Key.ToString() };
        Claims = change is null ? claims : change(claims);
        Token = JwtToken.Encode(Claims, Key, Now);
    }

    public NkeyPair Key { get; }

    public OperatorClaims Claims { get; }

    public string Token { get; }

    public IReadOnlyList<AccountSetup> Accounts => _accounts;

    /// <summary>Seconds since 1970 at which tokens are issued.</summary>
    public long Now { get; set; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>A key that nobody else has.</summary>
    public NkeyPair NewKey(NkeyRole role)
    {
        byte[] seed = new byte[NkeyPair.SeedSize];
        BitConverter.TryWriteBytes(seed, _keys++);
        seed[^1] = (byte)role;
        return NkeyPair.Create(role, seed);
    }

    /// <summary>Adds an account.</summary>
    /// <param name="name">Of the account.</param>
    /// <param name="change">What its token shall say beyond its name and that nothing is limited.</param>
    /// <param name="signer">Instead of the operator's own key.</param>
    public AccountSetup AddAccount(string name, Func<AccountClaims, AccountClaims>? change = null, NkeyPair? signer = null)
    {
        var account = new AccountSetup(this, name, change, signer);
        _accounts.Add(account);
        return account;
    }

    /// <summary>A configuration that trusts the operator and knows the accounts.</summary>
    /// <param name="systemAccount">One of them, or null.</param>
    /// <param name="resolver">How accounts are found.</param>
    /// <param name="preloaded">The accounts to name; null for all.</param>
    public string Configuration(AccountSetup? systemAccount = null, string resolver = "MEMORY", IEnumerable<AccountSetup>? preloaded = null)
    {
        var text = new StringBuilder();
        text.Append("operator: ").AppendLine(Token);
        if (systemAccount is not null) text.Append("system_account: ").AppendLine(systemAccount.Id);
        text.Append("resolver: ").AppendLine(resolver).AppendLine("resolver_preload: {");
        foreach (AccountSetup account in preloaded ?? _accounts) text.Append("  ").Append(account.Id).Append(": ").AppendLine(account.Token);
        return text.AppendLine("}").ToString();
    }
}
