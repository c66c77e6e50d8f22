using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

/// <summary>What a reload does to a connection. Verdicts of nats-server 2.15.1, but where a comment says otherwise.</summary>
public sealed class RecheckTests
{
    private const string Hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    private const string OtherHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";

    private static readonly ConnectionFacts Standard = new(ConnectionTypes.Standard);
    private static readonly AuthorizationOptions None = new();
    private static readonly AuthorizationOptions U = Users(("u", "p"));
    private static readonly ConnectOptions AsU = ConnectOptions.Default with { User = "u", Password = "p" };
    private static readonly ConnectOptions AsToken = ConnectOptions.Default with { AuthToken = "t" };

    private static AuthorizationOptions Users(params (string Name, string Password)[] users) =>
        new() { Users = [.. users.Select(user => new UserOptions { Username = user.Name, Password = user.Password })] };

    private static AuthorizationOptions Single(string password) => new() { Username = "u", Password = password };

    private static AuthorizationOptions Token(string token) => new() { Token = token };

    private static RecheckResult Reload(AuthorizationOptions before, AuthorizationOptions after, ConnectOptions connect, string noAuthUser = "")
    {
        AuthResult accepted = new Authenticator(new ServerOptions { Authorization = before, NoAuthUser = noAuthUser }).Authenticate(connect, Standard);
        Assert.True(accepted.Accepted);
        return new Authenticator(new ServerOptions { Authorization = after, NoAuthUser = noAuthUser }).Recheck(accepted, Standard);
    }

    [Fact]
    public void Nothing_changed() => Assert.Equal(RecheckAction.Keep, Reload(U, Users(("u", "p")), AsU).Action);

    [Fact]
    public void Another_user_was_added() => Assert.Equal(RecheckAction.Keep, Reload(U, Users(("u", "p"), ("v", "w")), AsU).Action);

    [Fact]
    public void The_user_is_gone() => Assert.Equal(RecheckAction.Close, Reload(Users(("u", "p"), ("v", "w")), Users(("v", "w")), AsU).Action);

    [Fact]
    public void The_password_changed() => Assert.Equal(RecheckAction.Violation, Reload(U, Users(("u", "p2")), AsU).Action);

    [Fact]
    public void The_single_password_changed() => Assert.Equal(RecheckAction.Close, Reload(Single("p"), Single("p2"), AsU).Action);

    // The reference closes this connection, and every other one that named a user, at every reload.
    [Fact]
    public void The_single_user_is_the_same() => Assert.Equal(RecheckAction.Keep, Reload(Single("p"), Single("p"), AsU).Action);

    [Fact]
    public void The_token_changed() => Assert.Equal(RecheckAction.Violation, Reload(Token("t"), Token("t2"), AsToken).Action);

    [Fact]
    public void The_token_is_the_same() => Assert.Equal(RecheckAction.Keep, Reload(Token("t"), Token("t"), AsToken).Action);

    [Fact]
    public void Users_are_no_longer_needed() => Assert.Equal(RecheckAction.Close, Reload(U, None, AsU).Action);

    [Fact]
    public void A_token_is_no_longer_needed() => Assert.Equal(RecheckAction.Keep, Reload(Token("t"), None, AsToken).Action);

    [Fact]
    public void Users_are_needed_from_now_on() => Assert.Equal(RecheckAction.Violation, Reload(None, U, ConnectOptions.Default).Action);

    [Fact]
    public void Users_are_needed_and_the_client_had_said_who_it_is() => Assert.Equal(RecheckAction.Keep, Reload(None, U, AsU).Action);

    [Fact]
    public void Users_are_needed_and_the_client_named_another() => Assert.Equal(RecheckAction.Close, Reload(None, Users(("v", "w")), AsU).Action);

    // The reference keeps the users that are gone and lets the connection, and new ones like it, stay.
    [Fact]
    public void A_token_instead_of_users() => Assert.Equal(RecheckAction.Close, Reload(U, Token("t"), AsU).Action);

    [Fact]
    public void The_connection_type_is_no_longer_allowed()
    {
        var after = new AuthorizationOptions { Users = [new UserOptions { Username = "u", Password = "p", AllowedConnectionTypes = ["MQTT"] }] };

        Assert.Equal(RecheckAction.Violation, Reload(U, after, AsU).Action);
    }

    [Fact]
    public void A_client_without_credentials_lives_as_long_as_its_user()
    {
        Assert.Equal(RecheckAction.Keep, Reload(U, Users(("u", "p"), ("v", "w")), ConnectOptions.Default, "u").Action);
        Assert.Equal(RecheckAction.Close, Reload(U, Users(("v", "w")), ConnectOptions.Default, "u").Action);
        Assert.Equal(RecheckAction.Violation, Reload(U, Users(("u", "p3")), ConnectOptions.Default, "u").Action);
    }

    [Fact]
    public void A_connection_that_stays_gets_the_new_permissions()
    {
        var permissions = new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Deny = ["foo"] } };
        var after = new AuthorizationOptions { Users = [new UserOptions { Username = "u", Password = "p", Permissions = permissions }] };

        RecheckResult result = Reload(U, after, AsU);

        Assert.Equal(RecheckAction.Keep, result.Action);
        Assert.False(result.Result.Permissions!.MaySubscribe("foo"u8, default));
        Assert.Null(Reload(after, U, AsU).Result.Permissions);
    }

    [Fact]
    public void A_hash_that_is_the_same_is_not_verified_again()
    {
        ConnectOptions connect = ConnectOptions.Default with { User = "u", Password = "U*U" };
        AuthorizationOptions hashed = Users(("u", Hash));
        AuthResult accepted = new Authenticator(new ServerOptions { Authorization = hashed }).Authenticate(connect, Standard);
        Assert.True(accepted.Accepted);

        // A password that the hash would not verify shows that it was not asked.
        AuthResult forgetful = accepted with { Options = connect with { Password = "" } };

        Assert.Equal(RecheckAction.Keep, new Authenticator(new ServerOptions { Authorization = hashed }).Recheck(forgetful, Standard).Action);
        Assert.Equal(
            RecheckAction.Violation,
            new Authenticator(new ServerOptions { Authorization = Users(("u", OtherHash)) }).Recheck(accepted, Standard).Action);
    }

    [Fact]
    public void The_result_of_a_recheck_can_be_rechecked()
    {
        RecheckResult first = Reload(U, Users(("u", "p"), ("v", "w")), AsU);

        Assert.Equal(RecheckAction.Keep, new Authenticator(new ServerOptions { Authorization = U }).Recheck(first.Result, Standard).Action);
    }
}
