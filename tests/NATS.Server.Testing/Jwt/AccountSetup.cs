using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Testing.Jwt;

/// <summary>An account of an <see cref="OperatorSetup"/>. Not thread-safe.</summary>
public sealed class AccountSetup
{
    private readonly OperatorSetup _operator;
    private readonly NkeyPair _signer;

    internal AccountSetup(OperatorSetup owner, string name, Func<AccountClaims, AccountClaims>? change, NkeyPair? signer)
    {
        _operator = owner;
        _signer = signer ?? owner.Key;
        Key = owner.NewKey(NkeyRole.Account);
        Claims = new AccountClaims { Name = name, Subject = Key.ToString(), Limits = AccountLimits.Standard };
        if (change is not null) Claims = change(Claims);
        Token = JwtToken.Encode(Claims, _signer, owner.Now);
    }

    public NkeyPair Key { get; }

    /// <summary>The public key, which is the account's name on the server.</summary>
    public string Id => Key.ToString();

    public AccountClaims Claims { get; private set; }

    public string Token { get; private set; }

    /// <summary>Changes what the token says and issues it anew.</summary>
    /// <param name="change">From what it said before.</param>
    /// <param name="later">Seconds by which the new token is younger than the operator's time.</param>
    public string Reissue(Func<AccountClaims, AccountClaims> change, long later = 1)
    {
        Claims = change(Claims);
        Token = JwtToken.Encode(Claims, _signer, _operator.Now + later);
        return Token;
    }

    /// <summary>Makes a user.</summary>
    /// <param name="name">Of the user.</param>
    /// <param name="change">What its token shall say beyond its name and that nothing is limited.</param>
    /// <param name="signer">A signing key of the account instead of its own; the user then says nothing about its rights.</param>
    public UserSetup AddUser(string name, Func<UserClaims, UserClaims>? change = null, NkeyPair? signer = null)
    {
        NkeyPair key = _operator.NewKey(NkeyRole.User);
        var claims = new UserClaims
        {
            Name = name,
            Subject = key.ToString(),
            Rights = signer is null ? UserRights.Standard : UserRights.None,
            IssuerAccount = signer is null ? "" : Id,
        };
        if (change is not null) claims = change(claims);
        return new UserSetup(key, JwtToken.Encode(claims, signer ?? Key, _operator.Now));
    }

    /// <summary>Permits another account to import.</summary>
    public string Activate(AccountSetup importer, string subject, ExportKind kind, Func<ActivationClaims, ActivationClaims>? change = null, NkeyPair? signer = null)
    {
        var claims = new ActivationClaims { Subject = importer.Id, ImportSubject = subject, ImportKind = kind, IssuerAccount = signer is null ? "" : Id };
        return JwtToken.Encode(change is null ? claims : change(claims), signer ?? Key, _operator.Now);
    }
}
