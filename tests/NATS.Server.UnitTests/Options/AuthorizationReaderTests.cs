using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class AuthorizationReaderTests
{
    [Theory]
    [InlineData("authorization { user: a, password: b }")]
    [InlineData("authorization { username: a, pass: b }")]
    public void A_user_and_password(string text)
    {
        var block = Read(text).Authorization;
        Assert.Equal(("a", "b", ""), (block.Username, block.Password, block.Token));
        Assert.True(block.IsDefined && block.IsRequired);
    }

    [Fact]
    public void An_empty_block_is_defined_and_requires_nothing()
    {
        Assert.True(Read("authorization {}").Authorization is { IsDefined: true, IsRequired: false });
        Assert.False(Read("debug: on").Authorization.IsDefined);
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("0.5", 0.5)]
    [InlineData("\"1500ms\"", 1.5)]
    [InlineData("0", 2)]
    public void A_timeout_is_seconds_or_a_duration(string value, double seconds) =>
        Assert.Equal(seconds, Read($"authorization {{ timeout: {value} }}").Authorization.Timeout.TotalSeconds);

    [Fact]
    public void Users_with_their_permissions()
    {
        var users = Read("""
            authorization {
              default_permissions { publish: "default.>" }
              users = [
                { user: a, password: b, permissions { publish: "x", subscribe { allow: ["y", "z q"], deny: "w" } }, clients: [standard, "MQTT"] }
                { username: c, pass: d }
              ]
            }
            """).Authorization.Users;
        Assert.Equal(["a", "c"], users.Select(user => user.Username));
        Assert.Equal(["b", "d"], users.Select(user => user.Password));
        Assert.Equal(["x"], users[0].Permissions!.Publish!.Allow);
        Assert.Null(users[0].Permissions!.Publish!.Deny);
        Assert.Equal(["y", "z q"], users[0].Permissions!.Subscribe!.Allow);
        Assert.Equal(["w"], users[0].Permissions!.Subscribe!.Deny);
        Assert.Equal(["STANDARD", "MQTT"], users[0].AllowedConnectionTypes);
        Assert.Equal(["default.>"], users[1].Permissions!.Publish!.Allow);
        Assert.Empty(users[1].AllowedConnectionTypes);
    }

    [Theory]
    [InlineData("{ pub: x, sub: y }")]
    [InlineData("{ publish: x, subscribe: y }")]
    [InlineData("{ import: x, export: y }")]
    [InlineData("{ publish: [x], subscribe { allow: y } }")]
    public void Permissions_have_many_spellings(string text)
    {
        var permissions = PermissionsOf(text);
        Assert.Equal(["x"], permissions!.Publish!.Allow);
        Assert.Equal(["y"], permissions.Subscribe!.Allow);
    }

    [Fact]
    public void Empty_lists_restrict_nothing()
    {
        Assert.Null(PermissionsOf("{ publish: [] }")!.Publish!.Allow);
        Assert.Null(PermissionsOf("{ publish { allow: [] } }")!.Publish!.Allow);
        Assert.Null(PermissionsOf("{ publish {} }")!.Publish);
    }

    [Theory]
    [InlineData("allow_responses: true", 1, 120)]
    [InlineData("publish_allow_responses: on", 1, 120)]
    [InlineData("allow_responses {}", 1, 120)]
    [InlineData("allow_responses { max: 5 }", 5, 120)]
    [InlineData("allow_responses { max_msgs: 0, ttl: \"0s\" }", 1, 120)]
    [InlineData("allow_responses { max_messages: -1, expires: \"-1s\" }", -1, -1)]
    [InlineData("allow_responses { max_responses: 7, expiration: \"1m\" }", 7, 60)]
    public void Responses_are_limited(string text, int messages, int seconds) =>
        Assert.Equal(new ResponsePermissionOptions(messages, TimeSpan.FromSeconds(seconds)), PermissionsOf($"{{ {text} }}")!.AllowResponses);

    [Fact]
    public void The_shortest_time_to_respond_is_not_the_default() =>
        Assert.Equal(TimeSpan.FromTicks(1), PermissionsOf("{ allow_responses { expires: \"1ns\" } }")!.AllowResponses!.Expires);

    [Fact]
    public void Who_may_respond_may_publish_only_what_is_allowed_explicitly()
    {
        Assert.Empty(PermissionsOf("{ allow_responses: true }")!.Publish!.Allow!);
        Assert.Empty(PermissionsOf("{ allow_responses: true, publish { deny: x } }")!.Publish!.Allow!);
        Assert.Equal(["x"], PermissionsOf("{ allow_responses: true, publish: x }")!.Publish!.Allow);
        Assert.Null(PermissionsOf("{ allow_responses: false }")!.Publish);
    }

    [Theory]
    [InlineData("user: a, token: t", "1:0: Cannot have a user/pass and token")]
    [InlineData("password: a, token: t", "1:0: Cannot have a user/pass and token")]
    [InlineData("user: a, users: []", "1:0: Can not have a single user/pass and a users array")]
    [InlineData("token: a, users: [{user: b}]", "1:0: Can not have a token and a users array")]
    [InlineData("users: [{user: b}, {user: b}]", "1:0: Duplicate user \"b\" detected")]
    [InlineData("users: abc", "1:16: Expected users field to be an array, got abc")]
    [InlineData("users: [abc]", "1:24: Expected user entry to be a map/struct, got abc")]
    [InlineData("users: [{password: b}]", "1:25: User entry requires a user")]
    [InlineData("users: [{user: 5}]", "1:25: interface conversion: interface {} is int64, not string")]
    [InlineData("timeout: x", "1:16: error parsing authorization config, 'timeout' time: invalid duration \"x\"")]
    [InlineData("timeout: true", "1:16: error parsing authorization config, 'timeout' wrong type")]
    [InlineData("permissions: x", "1:16: Expected permissions to be a map/struct, got x")]
    [InlineData("permissions { publsh: x }", "1:30: Unknown field \"publsh\" parsing permissions, did you mean \"publish\"?")]
    [InlineData("permissions { publish { x: y } }", "1:40: Unknown field name \"x\" parsing subject permissions, only 'allow' or 'deny' are permitted")]
    [InlineData("permissions { publish: \"a..b\" }", "1:30: subject \"a..b\" is not a valid subject")]
    [InlineData("permissions { publish: \"a b\" }", "1:30: subject \"a b\" is not a valid subject")]
    [InlineData("permissions { subscribe: \"a b..c\" }", "1:30: queue \"b..c\" is not a valid queue")]
    [InlineData("permissions { publish: 5 }", "1:30: Expected subject permissions to be a subject, or array of subjects, got int64")]
    [InlineData("permissions { publish: [5 ] }", "1:40: Subject in permissions array cannot be cast to string")]
    [InlineData("permissions { allow_responses: 5 }", "1:30: error parsing response permissions, expected a boolean or a map")]
    [InlineData("permissions { allow_responses { ttl: 5 } }", "1:48: error parsing expires, not a duration string")]
    [InlineData("permissions { allow_responses { ttl: x } }", "1:48: error parsing expires: time: invalid duration \"x\"")]
    [InlineData("users: [{user: a, clients: [x, Y]}]", "1:34: invalid connection types [\"X\" \"Y\"]")]
    [InlineData("users: [{user: a, clients: 5}]", "1:34: error parsing allowed connection types: unsupported type int64")]
    public void Says_what_is_wrong_as_the_reference_does(string block, string expected) => Assert.Equal(expected, Error($"authorization {{ {block} }}"));

    private static PermissionsOptions? PermissionsOf(string permissions) =>
        Read($"authorization {{ users: [ {{ user: a, permissions {permissions} }} ] }}").Authorization.Users[0].Permissions;
}
