using NATS.Server.Auth;
using NATS.Server.Core.Protocol;

namespace NATS.Server.UnitTests.Auth;

/// <summary>Thread-safe. Calls of an authenticator in tests, where nothing waits.</summary>
internal static class AuthenticatorCalls
{
    public static AuthResult Authenticate(this Authenticator authenticator, ConnectOptions options, ConnectionFacts facts) =>
        authenticator.AuthenticateAsync(options, facts, TestContextToken).AsTask().GetAwaiter().GetResult();

    public static RecheckResult Recheck(this Authenticator authenticator, AuthResult earlier, ConnectionFacts facts) =>
        authenticator.RecheckAsync(earlier, facts).AsTask().GetAwaiter().GetResult();

    public static CheckCost CostOf(this Authenticator authenticator, ConnectOptions options) =>
        authenticator.CostOf(options, new ConnectionFacts(NATS.Server.Options.ConnectionTypes.Standard));

    private static CancellationToken TestContextToken => Xunit.TestContext.Current.CancellationToken;
}
