using NATS.Server.Auth;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Answers to whether a user may publish or subscribe, word by word.</summary>
public sealed class PermissionExplainerTests
{
    private readonly FakeMonitoredServer _server = new();

    private static RightsSnapshot Alice(PermissionsOptions? permissions, RightsSource source = RightsSource.User) => new()
    {
        User = "alice",
        Account = "$G",
        Permissions = permissions is null ? null : new PermissionSet(permissions),
        Source = source,
    };

    private static PermissionsOptions Permissions(string[]? publish = null, string[]? denyPublish = null, string[]? subscribe = null, string[]? denySubscribe = null) => new()
    {
        Publish = new SubjectPermissionOptions { Allow = publish, Deny = denyPublish },
        Subscribe = new SubjectPermissionOptions { Allow = subscribe, Deny = denySubscribe },
    };

    private Explanation Publish(string subject, string user = "alice", string account = "", ulong cid = 0) =>
        PermissionExplainer.Publish(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = subject, User = user, Account = account, Cid = cid }, _server);

    private Explanation Subscribe(string subject, string queue = "", ulong cid = 0) =>
        PermissionExplainer.Subscribe(new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = subject, Queue = queue, User = cid == 0 ? "alice" : "", Cid = cid }, _server);

    private static string Words(Explanation answer) => $"{answer.Verdict}: {answer.Summary} | {answer.Rule?.Name} {answer.Rule?.Value} | {answer.Rule?.Source}";

    [Fact]
    public void An_allowed_subject_is_allowed_by_the_entry_that_matches()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: ["other", "orders.>", "orders.*"])));
        Assert.Equal(
            "allowed: User alice in account $G may publish to \"orders.new\": permissions.publish.allow has \"orders.>\". | permissions.publish.allow orders.> | user alice in account $G",
            Words(Publish("orders.new")));
    }

    [Fact]
    public void A_subject_that_nothing_allows_is_denied_by_the_whole_list()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: ["a", "b.*"])));
        Explanation answer = Publish("c");
        Assert.Equal("denied: User alice in account $G may not publish to \"c\": nothing in permissions.publish.allow matches it. | permissions.publish.allow a, b.* | user alice in account $G", Words(answer));
        Assert.Equal(["Add \"c\", or a wildcard that covers it, to permissions.publish.allow of user alice in account $G, and reload the configuration."], answer.Hints);
        Assert.Equal("permission", Assert.Single(answer.Findings).Kind);
    }

    [Fact]
    public void A_deny_entry_wins_over_what_is_allowed()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: [">"], denyPublish: ["secret", "secret.>"])));
        Assert.Equal(
            "denied: User alice in account $G may not publish to \"secret.x\": permissions.publish.deny has \"secret.>\". | permissions.publish.deny secret.> | user alice in account $G",
            Words(Publish("secret.x")));
    }

    [Fact]
    public void Without_permissions_nothing_restricts()
    {
        _server.ConfiguredUsers.Add(Alice(null));
        Assert.Equal("allowed: User alice in account $G may publish to \"x\": no permissions restrict what it may publish. |   | ", Words(Publish("x")));
    }

    [Fact]
    public void With_a_deny_list_alone_the_rest_is_allowed()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(denyPublish: ["secret"])));
        Assert.Equal(
            "allowed: User alice in account $G may publish to \"x\": nothing in permissions.publish.deny matches it, and all else is allowed. | permissions.publish.deny secret | user alice in account $G",
            Words(Publish("x")));
    }

    [Theory]
    [InlineData("$NRG.x", "$NRG.>")]
    [InlineData("_GR_.x", "_GR_.>")]
    public void Subjects_of_the_server_are_denied_to_everybody(string subject, string value)
    {
        _server.ConfiguredUsers.Add(Alice(null));
        Explanation answer = Publish(subject);
        Assert.Equal(("denied", new ExplainRule("reserved subject", value, "the server")), (answer.Verdict, answer.Rule));
    }

    [Theory]
    [InlineData(RightsSource.AuthorizationDefaults, "default_permissions.publish.deny", "the authorization block")]
    [InlineData(RightsSource.AccountDefaults, "default_permissions.publish.deny", "account $G")]
    [InlineData(RightsSource.Token, "pub.deny", "the token of user alice")]
    [InlineData(RightsSource.SigningKey, "pub.deny", "the signing key KEY (role team) of account $G")]
    [InlineData(RightsSource.AccountToken, "default_permissions.pub.deny", "the token of account $G")]
    [InlineData(RightsSource.Callout, "pub.deny", "the authorization service")]
    [InlineData(RightsSource.Embedder, "permissions.publish.deny", "the program that embeds the server")]
    internal void The_rule_is_named_as_where_it_stands(RightsSource source, string name, string owner)
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(denyPublish: ["x"]), source) with { Signer = "KEY", Role = "team" });
        Assert.Equal(new ExplainRule(name, "x", owner), Publish("x").Rule);
    }

    [Fact]
    public void A_template_is_shown_as_it_was_written()
    {
        RightsSnapshot rights = Alice(Permissions(publish: ["orders.alice"]), RightsSource.SigningKey) with
        {
            FindTemplates = static () => new Dictionary<string, string>(StringComparer.Ordinal) { ["orders.alice"] = "orders.{{name()}}" },
        };
        _server.ConfiguredUsers.Add(rights);
        Explanation answer = Publish("orders.alice");
        Assert.Equal("orders.{{name()}}", answer.Rule!.Value);
        Assert.Contains("pub.allow has \"orders.{{name()}}\", which is \"orders.alice\" for this user", answer.Summary, StringComparison.Ordinal);
        Assert.Equal("orders.{{name()}}", Publish("other").Rule!.Value);
    }

    [Fact]
    public void The_right_to_answer_is_told_and_used_when_there_is_a_request()
    {
        var permissions = new PermissionsOptions { AllowResponses = new ResponsePermissionOptions(2, TimeSpan.FromSeconds(5)) };
        _server.Rights.Add(Alice(permissions) with { Cid = 7 });
        _server.Grants.Add((7, "_INBOX.1", new ResponseGrant(1, TimeSpan.FromSeconds(3))));

        Explanation denied = Publish("x", user: "", cid: 7);
        Assert.Equal("denied: User alice in account $G (connection 7) may not publish to \"x\": permissions.allow_responses lets it answer requests, and nothing else is allowed. | permissions.allow_responses max: 2, expires: 5 s | user alice in account $G", Words(denied));
        Assert.Equal(["permission", "allow_responses"], denied.Findings.Select(static finding => finding.Kind));

        Explanation allowed = Publish("_INBOX.1", user: "", cid: 7);
        Assert.Equal("allowed", allowed.Verdict);
        Assert.Contains("it got a request with this reply subject and may answer it, once more, for the next 3 s", allowed.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_server_asks_the_authorization_service()
    {
        RightsSnapshot rights = Alice(null) with { Permissions = new PermissionCompiler().Compile(null, deniesCallout: true), CalloutAccount = "$G" };
        _server.ConfiguredUsers.Add(rights);
        Assert.Equal(new ExplainRule("auth_callout", "$SYS.REQ.USER.AUTH", "the server"), Publish("$SYS.REQ.USER.AUTH").Rule);
        Assert.Equal("allowed", Publish("x").Verdict);
    }

    [Fact]
    public void Mapped_subjects_are_what_permissions_are_asked_for()
    {
        _server.Declare(new AccountOptions { Name = "$G", Mappings = [new SubjectMappingOptions("a.*", [new MappingDestinationOptions("b.$1", 100)])] });
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: ["a.*"])));
        Explanation answer = Publish("a.x");
        Assert.Equal("denied", answer.Verdict);
        Assert.Equal("User alice in account $G may not publish to \"a.x\", which \"a.*\" maps to \"b.x\": nothing in permissions.publish.allow matches it.", answer.Summary);
        Finding mapping = answer.Findings[0];
        Assert.Equal(("mapping", "b.x", 100L, "permission"), (mapping.Kind, mapping.Subject, mapping.Value, mapping.Findings![0].Kind));
    }

    [Fact]
    public void Of_weighted_mappings_the_refused_share_is_told()
    {
        _server.Declare(new AccountOptions { Name = "$G", Mappings = [new SubjectMappingOptions("a", [new MappingDestinationOptions("b", 70), new MappingDestinationOptions("a", 20)])] });
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: ["a"])));
        Explanation answer = Publish("a");
        Assert.Equal("allowed: User alice in account $G may publish to \"a\", but 70 % of the messages are refused after the mapping of \"a\". | permissions.publish.allow a | user alice in account $G", Words(answer));
        Assert.Equal([(70, false), (20, false), (10, true)], answer.Findings.Select(static finding => ((int)finding.Value!, finding.Refusal is not null)));
    }

    [Fact]
    public void A_subscription_is_judged_by_subject_and_queue_group()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(subscribe: ["foo", "foo v1", "bar"], denySubscribe: ["bar q"])));
        Assert.Equal("permissions.subscribe.allow foo", RuleOf(Subscribe("foo")));
        Assert.Equal("permissions.subscribe.allow foo v1", RuleOf(Subscribe("foo", "v1")));
        Explanation other = Subscribe("foo", "v2");
        Assert.Equal("denied: User alice in account $G may not subscribe to \"foo\" in queue group \"v2\": permissions.subscribe.allow allows the subject to queue groups such as that of \"foo v1\", not to this one. | permissions.subscribe.allow foo v1 | user alice in account $G", Words(other));
        Assert.Equal("denied", Subscribe("bar", "q").Verdict);
        Assert.Equal("permissions.subscribe.deny bar q", RuleOf(Subscribe("bar", "q")));
        Assert.Equal("allowed", Subscribe("bar", "r").Verdict);
        Assert.Equal(new ExplainRule("reserved queue group", "_sys_", "the server"), Subscribe("foo", "_sys_").Rule);

        static string RuleOf(Explanation answer) => $"{answer.Rule!.Name} {answer.Rule.Value}";
    }

    [Fact]
    public void A_subscription_that_overlaps_what_is_denied_is_allowed_without_it()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(denySubscribe: ["orders.secret", "other"])));
        Explanation answer = Subscribe("orders.*");
        Assert.Equal("allowed", answer.Verdict);
        Assert.EndsWith("It does not get what permissions.subscribe.deny denies: \"orders.secret\".", answer.Summary, StringComparison.Ordinal);
        Assert.Equal(("denied_part", "orders.secret"), (answer.Findings[1].Kind, answer.Findings[1].Subject));
    }

    [Theory]
    [InlineData("a..b", "subject")]
    [InlineData("a.>.b", "subject")]
    [InlineData("a.b.c.d", "max_sub_tokens")]
    [InlineData("a b", "subject")]
    public void Subjects_that_nobody_can_subscribe_to_are_denied(string subject, string rule)
    {
        _server.Server = _server.Server with { Options = _server.Server.Options with { MaxSubTokens = 3 } };
        _server.ConfiguredUsers.Add(Alice(null));
        Explanation answer = Subscribe(subject);
        Assert.Equal(("denied", rule), (answer.Verdict, answer.Rule!.Name));
    }

    [Fact]
    public void A_subject_longer_than_a_line_is_denied_and_not_repeated()
    {
        _server.ConfiguredUsers.Add(Alice(null));
        Explanation answer = Publish(new string('a', 100_000));
        Assert.Equal(("denied", "max_control_line", "4096"), (answer.Verdict, answer.Rule!.Name, answer.Rule.Value));
        Assert.InRange(answer.Summary.Length, 100, 500);
    }

    [Fact]
    public void A_connection_with_all_the_subscriptions_it_may_have_gets_no_more()
    {
        _server.Rights.Add(Alice(null) with { Cid = 9, Subscriptions = 3, MaxSubscriptions = new SubscriptionLimit(3, "max_subscriptions", "the server") });
        Explanation answer = Subscribe("x", cid: 9);
        Assert.Equal("denied: User alice in account $G (connection 9) may not subscribe to \"x\": the connection has 3 subscriptions, and 3 are allowed. | max_subscriptions 3 | the server", Words(answer));
        Assert.Equal((3L, 3L), (answer.Findings[0].Value, answer.Findings[0].Limit));
    }

    [Fact]
    public void Who_has_not_said_who_it_is_may_do_nothing()
    {
        _server.Rights.Add(new RightsSnapshot { Cid = 5, Account = "$G", IsUnauthenticated = true });
        Assert.Equal("denied: Connection 5 in account $G may not subscribe to \"x\": it has not authenticated yet, and may do nothing before. | authorization  | the server", Words(Subscribe("x", cid: 5)));
    }

    [Fact]
    public void What_streams_a_subscription_would_import_is_told()
    {
        _server.Declare(new AccountOptions { Name = "B", Exports = [new ExportOptions(ExportKind.Stream, "news.>")] });
        _server.Declare(new AccountOptions { Name = "$G", Imports = [new ImportOptions(ExportKind.Stream, "B", "news.>") { Prefix = "b" }] });
        _server.ConfiguredUsers.Add(Alice(null));
        Finding import = Subscribe("b.news.*").Findings[1];
        Assert.Equal(("stream_import", "B", "b.news.*"), (import.Kind, import.Account, import.Subject));
        Assert.Single(Subscribe("news.*").Findings);
    }

    [Fact]
    public void Open_connections_of_a_user_come_before_its_configuration()
    {
        _server.ConfiguredUsers.Add(Alice(Permissions(publish: ["new"])));
        _server.Rights.AddRange([Alice(Permissions(publish: ["old"])) with { Cid = 3 }, Alice(Permissions(publish: ["old"])) with { Cid = 4 }, Alice(null) with { Cid = 8 }]);
        Explanation answer = Publish("new");
        Assert.Equal("denied", answer.Verdict);
        Assert.EndsWith("It is otherwise for other connections of this user.", answer.Summary, StringComparison.Ordinal);
        Assert.Equal("the same holds for connection 4 of this user", answer.Findings[1].Text);
        Assert.StartsWith("allowed for connection 8, which has other rights", answer.Findings[2].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bob", "", 0, "There is no user bob: none is configured, and none is connected.")]
    [InlineData("alice", "B", 0, "User alice is in account $G, not in B.")]
    [InlineData("alice", "C", 0, "There is no account C.")]
    [InlineData("", "C", 0, "There is no account C.")]
    [InlineData("", "", 77, "There is no open connection 77.")]
    [InlineData("", "B", 7, "Connection 7 is in account $G, not in B.")]
    [InlineData("bob", "", 7, "Connection 7 is of user alice, not of user bob.")]
    public void Who_does_not_exist_is_not_found(string user, string account, ulong cid, string summary)
    {
        _server.Declare(new AccountOptions { Name = "B" });
        _server.Server = _server.Server with { Options = _server.Server.Options with { Authorization = new AuthorizationOptions { Users = [new UserOptions { Username = "alice" }] } } };
        _server.ConfiguredUsers.Add(Alice(null));
        _server.Rights.Add(Alice(null) with { Cid = 7 });
        Explanation answer = PermissionExplainer.Subscribe(new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = "x", User = user, Account = account, Cid = cid }, _server);
        Assert.Equal(("subscribe", "not_found", summary), (answer.Question, answer.Verdict, answer.Summary));
        if (user == "bob" && cid == 0) Assert.Equal(["Users: alice."], answer.Hints);
    }

    [Fact]
    public void An_account_alone_stands_for_users_without_permissions_of_their_own()
    {
        _server.DefaultRights[0] = _server.DefaultRights[0] with { Permissions = new PermissionSet(Permissions(publish: ["a"])), Source = RightsSource.AccountDefaults };
        Assert.Equal(
            "denied: A user without permissions of its own in account $G may not publish to \"b\": nothing in default_permissions.publish.allow matches it. | default_permissions.publish.allow a | account $G",
            Words(Publish("b", user: "", account: "$G")));
    }

    [Fact]
    public void Wildcards_in_a_published_subject_are_pointed_out()
    {
        _server.ConfiguredUsers.Add(Alice(null));
        Assert.Equal(["permission", "subject"], Publish("a.*").Findings.Select(static finding => finding.Kind));
    }
}
