using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>Asks the embedder. Thread-safe as far as the delegate is.</summary>
internal sealed class DelegateCheck(AuthenticationDelegate authenticate) : CredentialCheck
{
    public override bool IsSlow => true;

    public override bool AppliesTo(ConnectOptions options) => true;

    public override AuthResult Check(ConnectOptions options, in ConnectionFacts facts, StoredSecret? verified)
    {
        try
        {
            var request = new AuthenticationRequest(options, facts.ConnectionId, facts.RemoteEndPoint, facts.ConnectionType, facts.Nonce);
            AuthenticationDecision decision = authenticate(request);
            if (!decision.IsAccepted) return AuthResult.Reject(options, "Custom authentication rejected the connection");
            return AuthResult.Accept(decision.UserName.Length > 0 ? options with { User = decision.UserName } : options) with
            {
                Permissions = decision.Permissions is null ? null : new PermissionSet(decision.Permissions),
            };
        }
        catch (Exception problem)
        {
            return AuthResult.Reject(options, "Custom authentication failed: " + problem.Message);
        }
    }
}
