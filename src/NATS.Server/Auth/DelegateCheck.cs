using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>Asks the embedder. Thread-safe as far as the delegate is.</summary>
internal sealed class DelegateCheck(AsyncAuthenticationDelegate authenticate) : CredentialCheck
{
    public override bool AppliesTo(ConnectOptions options, in ConnectionFacts facts) => true;

    public override CheckCost CostOf(ConnectOptions options) => CheckCost.Wait;

    public override ValueTask<AuthResult> CheckAsync(ConnectOptions options, in ConnectionFacts facts, AuthResult? earlier, CancellationToken cancellation)
    {
        var request = new AuthenticationRequest(options, facts.ConnectionId, facts.RemoteEndPoint, facts.ConnectionType, facts.Nonce) { Tls = facts.Tls };
        return AskAsync(request, cancellation);
    }

    private async ValueTask<AuthResult> AskAsync(AuthenticationRequest request, CancellationToken cancellation)
    {
        ConnectOptions options = request.Options;
        try
        {
            AuthenticationDecision decision = await authenticate(request, cancellation).ConfigureAwait(false);
            if (!decision.IsAccepted) return AuthResult.Reject(options, "Custom authentication rejected the connection");
            return AuthResult.Accept(decision.UserName.Length > 0 ? options with { User = decision.UserName } : options) with
            {
                Permissions = decision.Permissions is null ? null : new PermissionSet(decision.Permissions),
                AccountName = decision.Account.Length > 0 ? decision.Account : Accounts.Account.GlobalName,
                ExpiresAt = decision.ExpiresAt,
            };
        }
        catch (Exception problem)
        {
            return AuthResult.Reject(options, "Custom authentication failed: " + problem.Message);
        }
    }
}
