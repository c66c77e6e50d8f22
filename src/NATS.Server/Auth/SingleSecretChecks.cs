using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>One token for everybody. Immutable, thread-safe.</summary>
internal sealed class TokenCheck(StoredSecret token) : CredentialCheck
{
    public override bool IsSlow => token.IsHashed;

    public override bool AppliesTo(ConnectOptions options) => true;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        bool isVerified = verified is not null && verified.IsSameAs(token);
        return isVerified || token.Matches(options.AuthToken) ? AuthResult.Accept(options, token) : AuthResult.Reject(options, "Token is wrong");
    }
}

/// <summary>One user name and password for everybody. Immutable, thread-safe.</summary>
internal sealed class SingleUserCheck(string name, StoredSecret password) : CredentialCheck
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    public override bool IsSlow => password.IsHashed;

    public override bool AppliesTo(ConnectOptions options) => true;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        // The password is looked at even for a wrong name: the time must not tell which of them is wrong.
        bool isName = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(options.User), _name);
        bool isVerified = verified is not null && verified.IsSameAs(password);
        bool isPassword = isVerified || password.Matches(options.Password);
        return isName & isPassword ? AuthResult.Accept(options, password) : AuthResult.Reject(options, "User or password is wrong");
    }
}
