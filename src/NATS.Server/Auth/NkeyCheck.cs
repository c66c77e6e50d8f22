using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;

namespace NATS.Server.Auth;

/// <summary>Users with keys: they sign the connection's nonce. Immutable, thread-safe.</summary>
internal sealed class NkeyCheck(UserDirectory users) : ImmediateCheck
{
    // Verified in vain for keys of nobody, so that the time does not tell which are known: the key and the signature of a test vector of RFC 8032.
    private static readonly byte[] DecoySignature = Convert.FromHexString(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");

    private static readonly Nkey DecoyKey = new(NkeyRole.User, Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));

    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => options.Nkey.Length > 0 || Anonymous(options) is not null;

    public override CheckCost CostOf(ConnectOptions options) => IsAnonymous(options.Nkey) || Anonymous(options) is not null ? CheckCost.None : CheckCost.Signature;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier)
    {
        if (Anonymous(options) is { } anonymous) options = options with { Nkey = anonymous.Options.Nkey };
        ConfiguredUser? user = users.FindKey(options.Nkey);
        bool isAllowed = user is not null && user.Allows(facts.ConnectionType);
        if (isAllowed && user!.LacksProxy(facts)) return AuthResult.RejectWithoutProxy(options);

        // As in the reference the user for clients without credentials needs no signature, even if it is named.
        if (isAllowed && IsAnonymous(options.Nkey)) return Accept(options, user!, "");
        if (isAllowed && earlier is not null && earlier.VerifiedKey == options.Nkey) return Accept(options, user!, earlier.VerifiedKey);
        if (options.Signature.Length == 0) return AuthResult.Reject(options, "Signature missing");
        if (!SignatureText.TryDecode(options.Signature, out byte[]? signature)) return AuthResult.Reject(options, "Signature not valid base64");
        bool isKey = Nkey.TryParse(options.Nkey, NkeyRole.User, out Nkey key);
        if (!isKey || !isAllowed)
        {
            DecoyKey.Verify(Encoding.ASCII.GetBytes(facts.Nonce), DecoySignature);
            return AuthResult.Reject(options, !isKey ? "User nkey not valid" : user is null ? "User is not configured" : "Connection type not allowed");
        }

        // Without a nonce of this connection a signature proves nothing.
        bool isSigned = facts.Nonce.Length > 0 && key.Verify(Encoding.ASCII.GetBytes(facts.Nonce), signature);
        return isSigned ? Accept(options, user!, options.Nkey) : AuthResult.Reject(options, "Signature not verified");
    }

    private static AuthResult Accept(ConnectOptions options, ConfiguredUser user, string verifiedKey) =>
        UsersCheck.Accept(options, user) with { Verified = null, VerifiedKey = verifiedKey };

    private ConfiguredUser? Anonymous(ConnectOptions options) =>
        options.User.Length + options.Password.Length + options.AuthToken.Length + options.Nkey.Length == 0 && users.AnonymousName.Length > 0
            ? users.FindKey(users.AnonymousName)
            : null;

    private bool IsAnonymous(string nkey) => nkey.Length > 0 && nkey == users.AnonymousName;
}
