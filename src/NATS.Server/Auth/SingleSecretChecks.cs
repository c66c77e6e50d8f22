using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>One secret for everybody. Immutable, thread-safe.</summary>
internal abstract class SingleSecretCheck(StoredSecret secret, bool proxyRequired) : ImmediateCheck
{
    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => true;

    public override CheckCost CostOf(ConnectOptions options) => secret.IsHashed ? CheckCost.Hash : CheckCost.None;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (proxyRequired && facts.ProxyKey.Length == 0) return AuthResult.RejectWithoutProxy(options);
        bool isVerified = earlier?.Verified is { } verified && verified.IsSameAs(secret);
        return IsGood(options, secret, isVerified) ? AuthResult.Accept(options with { Nkey = "" }, secret) with { KnownAs = Name } : AuthResult.Reject(options, Complaint);
    }

    protected abstract string Complaint { get; }

    /// <summary>The name that the secret proves; empty for none.</summary>
    protected virtual string Name => "";

    protected abstract bool IsGood(ConnectOptions options, StoredSecret secret, bool isVerified);
}

/// <summary>One token for everybody. Immutable, thread-safe.</summary>
internal sealed class TokenCheck(StoredSecret token, bool proxyRequired) : SingleSecretCheck(token, proxyRequired)
{
    protected override string Complaint => "Token is wrong";

    protected override bool IsGood(ConnectOptions options, StoredSecret secret, bool isVerified) => isVerified || secret.Matches(options.AuthToken);
}

/// <summary>One user name and password for everybody. Immutable, thread-safe.</summary>
internal sealed class SingleUserCheck(string name, StoredSecret password, bool proxyRequired) : SingleSecretCheck(password, proxyRequired)
{
    protected override string Name => name;

    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    protected override string Complaint => "User or password is wrong";

    protected override bool IsGood(ConnectOptions options, StoredSecret secret, bool isVerified)
    {
        // The password is looked at even for a wrong name: the time must not tell which of them is wrong.
        bool isName = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(options.User), _name);
        bool isPassword = isVerified || secret.Matches(options.Password);
        return isName & isPassword;
    }
}
