using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class UserDirectoryTests
{
    private static readonly ConnectionFacts Standard = new(ConnectionTypes.Standard);

    private static PermissionsOptions Publish(string subject) => new() { Publish = new SubjectPermissionOptions { Allow = [subject] } };

    private static AuthResult Connect(ServerOptions options, string user = "", string password = "") =>
        new Authenticator(options).Authenticate(ConnectOptions.Default with { User = user, Password = password }, Standard);

    [Fact]
    public void Users_of_accounts_are_bound_to_them()
    {
        var options = new ServerOptions
        {
            Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "g", Password = "p" }] },
            Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "a", Password = "p" }] }],
        };

        Assert.Equal("A", Connect(options, "a", "p").AccountName);
        Assert.Equal("$G", Connect(options, "g", "p").AccountName);
        Assert.False(Connect(options).Accepted);
    }

    [Fact]
    public void Default_permissions_of_an_account_are_for_its_users_only()
    {
        var options = new ServerOptions
        {
            Accounts =
            [
                new AccountOptions { Name = "A", DefaultPermissions = Publish("a"), Users = [new UserOptions { Username = "a" }, new UserOptions { Username = "b", Permissions = Publish("b") }] },
                new AccountOptions { Name = "C", Users = [new UserOptions { Username = "c" }] },
            ],
        };

        Assert.True(Connect(options, "a").Permissions!.MayPublish("a"u8));
        Assert.False(Connect(options, "a").Permissions!.MayPublish("b"u8));
        Assert.False(Connect(options, "b").Permissions!.MayPublish("a"u8));
        Assert.Null(Connect(options, "c").Permissions);
    }

    [Fact]
    public void Users_that_share_their_permissions_share_the_compiled_set()
    {
        PermissionsOptions shared = Publish("a");
        var options = new ServerOptions
        {
            Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "a", Permissions = shared }, new UserOptions { Username = "b", Permissions = shared }] },
        };
        var users = new UserDirectory(options);

        Assert.Same(users.FindName("a")!.Permissions, users.FindName("b")!.Permissions);
    }

    [Fact]
    public void In_the_account_of_an_authorization_service_nobody_may_publish_its_requests()
    {
        var options = new ServerOptions
        {
            Authorization = new AuthorizationOptions { Callout = new AuthCalloutOptions { Issuer = "", Account = "AUTH" } },
            Accounts = [new AccountOptions { Name = "AUTH", Users = [new UserOptions { Username = "auth" }, new UserOptions { Username = "p", Permissions = Publish(">") }] }],
        };
        var users = new UserDirectory(options);

        Assert.False(users.FindName("auth")!.Permissions!.MayPublish("$SYS.REQ.USER.AUTH"u8));
        Assert.True(users.FindName("auth")!.Permissions!.MayPublish("other"u8));
        Assert.False(users.FindName("p")!.Permissions!.MayPublish("$SYS.REQ.USER.AUTH"u8));
    }

    // CVE-2023-47090 (2023-01): authentication was off as soon as only the system account had users, whatever else was configured.
    [Fact]
    public void Only_without_an_authorization_block_do_users_of_the_system_account_leave_everybody_else_alone()
    {
        AccountOptions system = new() { Name = "$SYS", Users = [new UserOptions { Username = "s", Password = "p" }] };
        var options = new ServerOptions { Accounts = [system] };

        AuthResult anonymous = Connect(options);
        Assert.True(anonymous.Accepted);
        Assert.Equal("$G", anonymous.AccountName);
        Assert.Equal("$SYS", Connect(options, "s", "p").AccountName);
        Assert.False(Connect(options, "s", "wrong").Accepted);
        Assert.False(Connect(options, anonymous.Options.User, "").Accepted);
        Assert.True(new Authenticator(options).IsRequired);
        Assert.False(new Authenticator(options).HasNoAuthUser);

        Assert.False(Connect(options with { Authorization = new AuthorizationOptions { IsDefined = true } }).Accepted);
        Assert.False(Connect(options with { Authorization = new AuthorizationOptions { Token = "t" } }).Accepted);
        Assert.False(Connect(options with { Accounts = [system, new AccountOptions { Name = "A" }] }).Accepted);
    }

    [Fact]
    public void The_user_for_clients_without_credentials_may_be_in_an_account()
    {
        var options = new ServerOptions { NoAuthUser = "a", Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "a", Password = "p" }] }] };

        Assert.Equal("A", Connect(options).AccountName);
    }

    // 2026-24: what comes without CONNECT is bound by the same restrictions.
    [Fact]
    public void Connect_may_be_left_out_only_where_the_user_may_connect_that_way()
    {
        static Authenticator With(UserOptions user) => new(new ServerOptions { NoAuthUser = "u", Authorization = new AuthorizationOptions { Users = [user] } });

        Assert.True(With(new UserOptions { Username = "u" }).MayOmitConnect(Standard));
        Assert.False(With(new UserOptions { Username = "u", AllowedConnectionTypes = ["MQTT"] }).MayOmitConnect(Standard));
        Assert.False(With(new UserOptions { Username = "u", ProxyRequired = true }).MayOmitConnect(Standard));
        Assert.False(With(new UserOptions { Username = "v" }).MayOmitConnect(Standard));
    }
}
