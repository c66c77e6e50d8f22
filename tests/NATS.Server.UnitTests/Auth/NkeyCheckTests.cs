using System.Text;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class NkeyCheckTests
{
    private const string TheNonce = "q0TgWFFFVA0hGa8";

    private static readonly NkeyPair Alice = Pair(NkeyRole.User, 1);
    private static readonly NkeyPair Bob = Pair(NkeyRole.User, 2);
    private static readonly ConnectionFacts Facts = new(ConnectionTypes.Standard, Nonce: TheNonce);

    private static NkeyPair Pair(NkeyRole role, byte seed) => NkeyPair.Create(role, Enumerable.Repeat(seed, NkeyPair.SeedSize).ToArray());

    private static Authenticator With(params UserOptions[] users) => new(new ServerOptions { Authorization = new AuthorizationOptions { Users = users } });

    private static UserOptions User(NkeyPair pair, params string[] types) => new() { Username = "", Nkey = pair.ToString(), AllowedConnectionTypes = types };

    private static string Raw(byte[] signature) => Convert.ToBase64String(signature).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static ConnectOptions Signed(NkeyPair pair, string nonce = TheNonce) =>
        ConnectOptions.Default with { Nkey = pair.ToString(), Signature = Raw(pair.Sign(Encoding.ASCII.GetBytes(nonce))) };

    [Fact]
    public void The_holder_of_a_configured_key_is_let_in()
    {
        AuthResult result = With(User(Alice)).Authenticate(Signed(Alice), Facts);

        Assert.True(result.Accepted);
        Assert.True(result.IsConfiguredUser);
        Assert.Equal(Alice.ToString(), result.VerifiedKey);
    }

    [Fact]
    public void The_signature_may_be_ordinary_base64()
    {
        ConnectOptions options = Signed(Alice) with { Signature = Convert.ToBase64String(Alice.Sign(Encoding.ASCII.GetBytes(TheNonce))) };

        Assert.True(With(User(Alice)).Authenticate(options, Facts).Accepted);
    }

    [Fact]
    public void Keys_that_are_not_configured_are_refused() => Assert.False(With(User(Alice)).Authenticate(Signed(Bob), Facts).Accepted);

    [Fact]
    public void A_signature_by_another_key_is_refused()
    {
        Assert.Equal("Signature not verified", With(User(Alice)).Authenticate(Signed(Bob) with { Nkey = Alice.ToString() }, Facts).Reason);
    }

    [Fact]
    public void A_signature_of_another_nonce_is_refused() => Assert.False(With(User(Alice)).Authenticate(Signed(Alice, "other"), Facts).Accepted);

    // A signature of nothing could be used for ever.
    [Fact]
    public void Without_a_nonce_nobody_is_let_in() => Assert.False(With(User(Alice)).Authenticate(Signed(Alice, ""), Facts with { Nonce = "" }).Accepted);

    [Theory]
    [InlineData("", "Signature missing")]
    [InlineData("not base64!", "Signature not valid base64")]
    [InlineData("AAAA", "Signature not verified")]
    [InlineData("A", "Signature not valid base64")]
    public void Malformed_signatures_are_refused(string signature, string reason)
    {
        Assert.Equal(reason, With(User(Alice)).Authenticate(Signed(Alice) with { Signature = signature }, Facts).Reason);
    }

    [Fact]
    public void A_nkey_goes_before_a_user_and_its_password()
    {
        Authenticator authenticator = With(User(Alice), new UserOptions { Username = "u", Password = "p" });

        Assert.True(authenticator.Authenticate(ConnectOptions.Default with { User = "u", Password = "p" }, Facts).Accepted);
        Assert.True(authenticator.Authenticate(Signed(Alice) with { User = "u", Password = "wrong" }, Facts).Accepted);
        Assert.False(authenticator.Authenticate(Signed(Bob) with { User = "u", Password = "p" }, Facts).Accepted);
    }

    [Fact]
    public void Where_no_keys_are_configured_a_nkey_counts_for_nothing()
    {
        Assert.True(With(new UserOptions { Username = "u", Password = "p" }).Authenticate(Signed(Bob) with { User = "u", Password = "p" }, Facts).Accepted);
    }

    [Fact]
    public void The_connection_type_has_to_be_allowed()
    {
        Assert.False(With(User(Alice, "MQTT")).Authenticate(Signed(Alice), Facts).Accepted);
        Assert.True(With(User(Alice, "STANDARD")).Authenticate(Signed(Alice), Facts).Accepted);
    }

    [Fact]
    public void The_key_of_clients_without_credentials_needs_no_signature()
    {
        var authenticator = new Authenticator(new ServerOptions
        {
            NoAuthUser = Alice.ToString(),
            Authorization = new AuthorizationOptions { Users = [User(Alice), User(Bob)] },
        });

        Assert.True(authenticator.Authenticate(ConnectOptions.Default, Facts).Accepted);
        Assert.Equal(Alice.ToString(), authenticator.Authenticate(ConnectOptions.Default, Facts).Options.Nkey);
        Assert.True(authenticator.Authenticate(ConnectOptions.Default with { Nkey = Alice.ToString() }, Facts).Accepted);
        Assert.False(authenticator.Authenticate(ConnectOptions.Default with { Nkey = Bob.ToString() }, Facts).Accepted);
        Assert.False(authenticator.Authenticate(ConnectOptions.Default with { User = "u" }, Facts).Accepted);

        // Only a user with a name can do without CONNECT, as in the reference.
        Assert.False(authenticator.MayOmitConnect(Facts));
    }

    [Fact]
    public void Signatures_are_verified_off_the_loop()
    {
        Assert.Equal(CheckCost.Signature, With(User(Alice)).CostOf(Signed(Bob)));
        Assert.Equal(CheckCost.None, With(User(Alice)).CostOf(ConnectOptions.Default));
    }

    [Fact]
    public void A_nonce_is_announced_when_something_needs_it()
    {
        Assert.True(With(User(Alice)).RequiresNonce);
        Assert.False(With(new UserOptions { Username = "u" }).RequiresNonce);
        Assert.True(new Authenticator(new ServerOptions { AlwaysEnableNonce = true }).RequiresNonce);
        Assert.True(new Authenticator(new ServerOptions { TrustedProxies = [Bob.ToString()] }).RequiresNonce);
    }

    [Fact]
    public void A_reload_does_not_verify_again_but_looks_for_the_key_and_its_account()
    {
        AuthResult accepted = With(User(Alice)).Authenticate(Signed(Alice), Facts);
        AuthResult resigned = accepted with { Options = accepted.Options with { Signature = "" } };

        Assert.Equal(RecheckAction.Keep, With(User(Alice), User(Bob)).Recheck(resigned, Facts).Action);
        Assert.Equal(RecheckAction.Close, With(User(Bob)).Recheck(accepted, Facts).Action);
        Assert.Equal(RecheckAction.Close, With(User(Alice) with { Account = "other" }).Recheck(accepted, Facts).Action);
        Assert.Equal(RecheckAction.Violation, With(User(Alice, "MQTT")).Recheck(accepted, Facts).Action);
    }

    [Fact]
    public void A_trusted_proxy_vouches_by_signing_the_nonce()
    {
        NkeyPair proxy = Pair(NkeyRole.User, 9);
        Authenticator authenticator = new(new ServerOptions
        {
            TrustedProxies = [proxy.ToString()],
            Authorization = new AuthorizationOptions { Users = [User(Alice) with { ProxyRequired = true }, new UserOptions { Username = "u", Password = "p", ProxyRequired = true }] },
        });
        ConnectOptions proxied = Signed(Alice) with { ProxySignature = Raw(proxy.Sign(Encoding.ASCII.GetBytes(TheNonce))) };
        ConnectOptions user = proxied with { Nkey = "", Signature = "", User = "u", Password = "p" };

        Assert.Equal(proxy.ToString(), authenticator.Authenticate(proxied, Facts).ProxyKey);
        Assert.True(authenticator.Authenticate(user, Facts).Accepted);
        Assert.Equal(CheckCost.Signature, authenticator.CostOf(user));
        Assert.Equal(ClosedState.ProxyRequired, authenticator.Authenticate(Signed(Alice), Facts).ClosedState);
        Assert.Equal(ClosedState.ProxyRequired, authenticator.Authenticate(user with { ProxySignature = "" }, Facts).ClosedState);
        Assert.Equal(ClosedState.ProxyNotTrusted, authenticator.Authenticate(proxied with { ProxySignature = Signed(Bob).Signature }, Facts).ClosedState);
        Assert.Equal(ClosedState.ProxyNotTrusted, authenticator.Authenticate(proxied, Facts with { Nonce = "other" }).ClosedState);

        AuthResult accepted = authenticator.Authenticate(proxied, Facts);
        RecheckResult untrusted = With(User(Alice)).Recheck(accepted, Facts);
        Assert.Equal((RecheckAction.Violation, ClosedState.ProxyNotTrusted), (untrusted.Action, untrusted.Result.ClosedState));
        Assert.Equal(RecheckAction.Keep, authenticator.Recheck(accepted, Facts).Action);
    }

    [Fact]
    public void A_single_secret_may_require_a_proxy_too()
    {
        var authenticator = new Authenticator(new ServerOptions { Authorization = new AuthorizationOptions { Token = "t", ProxyRequired = true } });

        Assert.Equal(ClosedState.ProxyRequired, authenticator.Authenticate(ConnectOptions.Default with { AuthToken = "t" }, Facts).ClosedState);
    }
}
