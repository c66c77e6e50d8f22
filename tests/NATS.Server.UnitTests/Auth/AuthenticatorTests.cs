using System.Net;
using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class AuthenticatorTests
{
    // bcrypt of "U*U"
    private const string Hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    private static readonly ConnectionFacts Standard = new(ConnectionTypes.Standard, 7, new IPEndPoint(IPAddress.Loopback, 1), "nonce");

    private static Authenticator Users(params UserOptions[] users) => new(new ServerOptions { Authorization = new AuthorizationOptions { Users = users } });

    private static Authenticator Single(string user, string password) =>
        new(new ServerOptions { Authorization = new AuthorizationOptions { Username = user, Password = password } });

    private static Authenticator Token(string token) => new(new ServerOptions { Authorization = new AuthorizationOptions { Token = token } });

    private static UserOptions User(string name, string password, string? subscribe = null, params string[] types) => new()
    {
        Username = name,
        Password = password,
        Permissions = subscribe is null ? null : new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Allow = [subscribe] } },
        AllowedConnectionTypes = types,
    };

    private static ConnectOptions Connect(string user = "", string password = "", string token = "") =>
        ConnectOptions.Default with { User = user, Password = password, AuthToken = token };

    private static bool Accepts(Authenticator authenticator, ConnectOptions options) => authenticator.Authenticate(options, Standard).Accepted;

    [Fact]
    public void Without_authorization_everybody_is_accepted()
    {
        var authenticator = new Authenticator(new ServerOptions());

        Assert.False(authenticator.IsRequired);
        AuthResult result = authenticator.Authenticate(Connect("x", "y", "z"), Standard);
        Assert.True(result.Accepted);
        Assert.Null(result.Permissions);
        Assert.Equal("$G", result.AccountName);
        Assert.False(result.IsConfiguredUser);
    }

    [Theory]
    [InlineData("u", "p", true)]
    [InlineData("u", "q", false)]
    [InlineData("u", "pp", false)]
    [InlineData("u", "", false)]
    [InlineData("U", "p", false)]
    [InlineData("", "p", false)]
    [InlineData("", "", false)]
    public void Single_user(string user, string password, bool expected)
    {
        Authenticator authenticator = Single("u", "p");

        Assert.True(authenticator.IsRequired);
        Assert.Equal(CheckCost.None, authenticator.CostOf(Connect(user, password)));
        Assert.Equal(expected, Accepts(authenticator, Connect(user, password)));
    }

    [Fact]
    public void A_single_user_may_have_no_password()
    {
        Assert.True(Accepts(Single("u", ""), Connect("u")));
        Assert.False(Accepts(Single("u", ""), Connect("u", "p")));
    }

    [Fact]
    public void A_password_without_a_user_requires_nothing()
    {
        Assert.False(Single("", "p").IsRequired);
    }

    [Theory]
    [InlineData("t", true)]
    [InlineData("T", false)]
    [InlineData("", false)]
    public void Token_(string token, bool expected)
    {
        Assert.True(Token("t").IsRequired);
        Assert.Equal(expected, Accepts(Token("t"), Connect(token: token)));
        Assert.False(Accepts(Token("t"), Connect("u", token)));
    }

    [Theory]
    [InlineData("u", "p", true)]
    [InlineData("v", "w", true)]
    [InlineData("u", "w", false)]
    [InlineData("x", "p", false)]
    [InlineData("", "", false)]
    [InlineData("", "p", false)]
    public void One_of_several_users(string user, string password, bool expected)
    {
        Assert.Equal(expected, Accepts(Users(User("u", "p"), User("v", "w")), Connect(user, password)));
    }

    [Theory]
    [InlineData("U*U", true)]
    [InlineData("U*V", false)]
    [InlineData(Hash, false)]
    [InlineData("", false)]
    public void Hashed_secrets_are_compared_by_bcrypt_and_off_the_loop(string secret, bool expected)
    {
        Assert.Equal(expected, Accepts(Users(User("u", Hash)), Connect("u", secret)));
        Assert.Equal(expected, Accepts(Single("u", Hash), Connect("u", secret)));
        Assert.Equal(expected, Accepts(Token(Hash), Connect(token: secret)));
        Assert.Equal(CheckCost.Hash, Users(User("u", Hash)).CostOf(Connect("u", secret)));
        Assert.Equal(CheckCost.Hash, Single("u", Hash).CostOf(Connect("u", secret)));
        Assert.Equal(CheckCost.Hash, Token(Hash).CostOf(Connect(token: secret)));
    }

    [Fact]
    public void Where_some_user_has_a_hash_all_rejections_are_slow()
    {
        Authenticator authenticator = Users(User("plain", "p"), User("hashed", Hash));

        Assert.Equal(CheckCost.Hash, authenticator.CostOf(Connect("unknown", "x")));
        Assert.Equal(CheckCost.Hash, authenticator.CostOf(Connect("plain", "x")));
        Assert.Equal(CheckCost.None, authenticator.CostOf(Connect()));
        Assert.False(Accepts(authenticator, Connect("unknown", "x")));
        Assert.True(Accepts(authenticator, Connect("plain", "p")));
        Assert.Equal(CheckCost.None, Users(User("plain", "p")).CostOf(Connect("unknown", "x")));
    }

    [Fact]
    public void A_malformed_hash_lets_nobody_in_and_is_no_plain_password()
    {
        Authenticator authenticator = Users(User("u", "$2a$05$CC"));

        Assert.False(Accepts(authenticator, Connect("u", "$2a$05$CC")));
        Assert.False(Accepts(authenticator, Connect("u", "")));
        Assert.False(Accepts(authenticator, Connect("x", "")));
    }

    [Fact]
    public void A_user_brings_its_permissions()
    {
        Authenticator authenticator = Users(User("u", "p", "foo"), User("v", "w"));

        AuthResult u = authenticator.Authenticate(Connect("u", "p"), Standard);
        Assert.True(u.IsConfiguredUser);
        Assert.True(u.Permissions!.MaySubscribe("foo"u8, default));
        Assert.False(u.Permissions.MaySubscribe("bar"u8, default));
        Assert.Same(u.Permissions, authenticator.Authenticate(Connect("u", "p"), Standard).Permissions);
        Assert.Null(authenticator.Authenticate(Connect("v", "w"), Standard).Permissions);
    }

    [Fact]
    public void Default_permissions_are_for_users_without_their_own()
    {
        var authorization = new AuthorizationOptions
        {
            Users = [User("u", "p", "foo"), User("v", "w")],
            DefaultPermissions = new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Allow = ["bar"] } },
        };
        var authenticator = new Authenticator(new ServerOptions { Authorization = authorization });

        Assert.False(authenticator.Authenticate(Connect("u", "p"), Standard).Permissions!.MaySubscribe("bar"u8, default));
        Assert.True(authenticator.Authenticate(Connect("v", "w"), Standard).Permissions!.MaySubscribe("bar"u8, default));
        Assert.False(authenticator.Authenticate(Connect("v", "w"), Standard).Permissions!.MaySubscribe("foo"u8, default));
    }

    [Fact]
    public void Default_permissions_are_not_for_the_single_user()
    {
        var authorization = new AuthorizationOptions
        {
            Username = "u",
            Password = "p",
            DefaultPermissions = new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Allow = ["bar"] } },
        };

        Assert.Null(new Authenticator(new ServerOptions { Authorization = authorization }).Authenticate(Connect("u", "p"), Standard).Permissions);
    }

    [Theory]
    [InlineData("STANDARD", "STANDARD", true)]
    [InlineData("STANDARD", "IN_PROCESS", false)]
    [InlineData("IN_PROCESS", "IN_PROCESS", true)]
    [InlineData("IN_PROCESS", "STANDARD", false)]
    [InlineData("MQTT", "STANDARD", false)]
    [InlineData("standard", "STANDARD", true)]
    [InlineData("", "STANDARD", true)]
    [InlineData("", "IN_PROCESS", true)]
    public void A_user_may_be_limited_to_connection_types(string allowed, string type, bool expected)
    {
        Authenticator authenticator = Users(User("u", "p", null, allowed.Split(',', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Equal(expected, authenticator.Authenticate(Connect("u", "p"), new ConnectionFacts(type)).Accepted);
    }

    [Fact]
    public void Clients_without_credentials_become_the_user_for_such()
    {
        var authenticator = new Authenticator(new ServerOptions
        {
            NoAuthUser = "u",
            Authorization = new AuthorizationOptions { Users = [User("u", "p", "foo"), User("v", "w")] },
        });

        Assert.True(authenticator.IsRequired);
        Assert.True(authenticator.HasNoAuthUser);
        AuthResult result = authenticator.Authenticate(Connect(), Standard);
        Assert.True(result.Accepted);
        Assert.True(result.IsConfiguredUser);
        Assert.Equal(("u", "p"), (result.Options.User, result.Options.Password));
        Assert.False(result.Permissions!.MaySubscribe("bar"u8, default));
        Assert.True(Accepts(authenticator, Connect() with { Nkey = "N" }));
        Assert.True(Accepts(authenticator, Connect("v", "w")));
        Assert.False(Accepts(authenticator, Connect("u")));
        Assert.False(Accepts(authenticator, Connect(password: "p")));
        Assert.False(Accepts(authenticator, Connect(token: "t")));
    }

    [Fact]
    public void The_user_for_clients_without_credentials_needs_a_plain_password_and_the_connection_type()
    {
        static Authenticator With(UserOptions user) =>
            new(new ServerOptions { NoAuthUser = "u", Authorization = new AuthorizationOptions { Users = [user] } });

        Assert.False(Accepts(With(User("u", Hash)), Connect()));
        Assert.Equal(CheckCost.None, With(User("u", Hash)).CostOf(Connect()));
        Assert.True(Accepts(With(User("u", Hash)), Connect("u", "U*U")));
        Assert.True(Accepts(With(User("u", "")), Connect()));
        Assert.False(Accepts(With(User("u", "p", null, "MQTT")), Connect()));
        Assert.False(Accepts(With(User("other", "p")), Connect()));
    }

    [Fact]
    public void Choosing_an_account_is_a_violation_even_without_authorization()
    {
        var authenticator = new Authenticator(new ServerOptions());

        Assert.False(Accepts(authenticator, Connect() with { Account = "x" }));
        Assert.False(Accepts(authenticator, Connect() with { NewAccount = true }));
        Assert.False(Accepts(Single("u", "p"), Connect("u", "p") with { Account = "x" }));
    }

    [Fact]
    public void A_jwt_is_dropped()
    {
        Assert.Equal("", new Authenticator(new ServerOptions()).Authenticate(Connect() with { Jwt = "j" }, Standard).Options.Jwt);
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("u", "", false)]
    [InlineData("u", "p", true)]
    [InlineData("", "p", true)]
    [InlineData("u", Hash, false)]
    public void A_warning_is_due_for_a_plain_single_password(string user, string password, bool expected)
    {
        Assert.Equal(expected, Single(user, password).HasPlaintextPasswords);
    }

    [Fact]
    public void A_warning_is_due_for_any_user_without_hash_but_not_for_tokens()
    {
        Assert.False(Users(User("u", Hash)).HasPlaintextPasswords);
        Assert.False(Users(User("u", "$2a$05$CC")).HasPlaintextPasswords);
        Assert.True(Users(User("u", Hash), User("v", "w")).HasPlaintextPasswords);
        Assert.True(Users(User("u", "")).HasPlaintextPasswords);
        Assert.False(Token("t").HasPlaintextPasswords);
    }

    [Fact]
    public void An_embedder_decides_instead_of_the_options()
    {
        var requests = new List<AuthenticationRequest>();
        AuthenticationDecision Decide(AuthenticationRequest request)
        {
            requests.Add(request);
            return request.Options.AuthToken switch
            {
                "ok" => AuthenticationDecision.Accept(),
                "named" => AuthenticationDecision.Accept("n", new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["foo"] } }),
                "throws" => throw new InvalidOperationException("broken"),
                "bad" => AuthenticationDecision.Accept("n", new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["a..b"] } }),
                _ => AuthenticationDecision.Reject,
            };
        }

        var authenticator = new Authenticator(
            new ServerOptions { Authorization = new AuthorizationOptions { Token = "configured" } },
            new AuthenticatorParts { Custom = new DelegateCheck((request, _) => new(Decide(request))) });

        Assert.True(authenticator.IsRequired);
        Assert.Equal(CheckCost.Wait, authenticator.CostOf(Connect()));
        Assert.True(Accepts(authenticator, Connect("u", token: "ok")));
        Assert.False(Accepts(authenticator, Connect(token: "configured")));
        AuthResult named = authenticator.Authenticate(Connect("u", token: "named"), Standard);
        Assert.Equal("n", named.Options.User);
        Assert.True(named.Permissions!.MayPublish("foo"u8));
        Assert.False(named.Permissions.MayPublish("bar"u8));
        Assert.Equal("Custom authentication failed: broken", authenticator.Authenticate(Connect(token: "throws"), Standard).Reason);
        Assert.False(Accepts(authenticator, Connect(token: "bad")));
        AuthenticationRequest first = requests[0];
        Assert.Equal((7UL, "STANDARD", "nonce", "u"), (first.ConnectionId, first.ConnectionType, first.Nonce, first.Options.User));
        Assert.Equal(IPAddress.Loopback, Assert.IsType<IPEndPoint>(first.RemoteEndPoint).Address);
    }

    [Fact]
    public void Secrets_are_in_no_text()
    {
        Authenticator authenticator = Users(User("u", "hunter2"));

        Assert.DoesNotContain("hunter2", authenticator.Authenticate(Connect("u", "hunter2"), Standard).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Users(User("u", "x")).Authenticate(Connect("u", "hunter2"), Standard).ToString(), StringComparison.Ordinal);
    }
}
