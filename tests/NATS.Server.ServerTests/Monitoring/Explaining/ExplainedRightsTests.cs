using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using NATS.Server.ServerTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring.Explaining;

/// <summary>What explain says of permissions, and what happens when it is tried.</summary>
public sealed class ExplainedRightsTests
{
    private const string Violation = "Permissions Violation";

    private static readonly string[] Subjects = ["orders", "orders.new", "orders.secret", "orders.new.eu", "other", "$NRG.x", "_GR_.x.y", "map.x", "$SYS.REQ.USER.AUTH", "_INBOX.a"];
    private static readonly string[] Subscribed = ["orders", "orders.*", "orders.>", "orders.secret", "other", ">", "a.b.c.d.e.f", "$SYS.>", "bad..subject"];
    private static readonly string[] Queues = ["", "v1", "v2", "_sys_"];

    public static TheoryData<string, string> Configurations => new()
    {
        { "users of their own", """
            max_sub_tokens: 5
            authorization { users: [
              { user: free, password: p }
              { user: allow, password: p, permissions: { publish: "orders.*", subscribe: ["orders.>", "other v1"] } }
              { user: deny, password: p, permissions: { publish: { deny: ["orders.secret", "map.>"] }, subscribe: { deny: ["orders.secret", "orders v2"] } } }
              { user: both, password: p, permissions: { publish: { allow: ["orders.>", "map.*"], deny: "*.secret" }, subscribe: { allow: ["orders.*", "orders.* v*", ">"], deny: ["orders.secret", "$SYS.>"] } } }
              { user: answers, password: p, permissions: { subscribe: "orders.>", allow_responses: { max: 2, expires: "1m" } } }
            ] }
            """ },
        { "defaults of the block", """
            authorization {
              default_permissions: { publish: { deny: "orders.secret" }, subscribe: "orders.*" }
              users: [ { user: plain, password: p }, { user: own, password: p, permissions: { publish: "orders.secret" } } ]
            }
            """ },
        { "accounts with mappings", """
            accounts {
              A {
                mappings: { "map.*": "orders.$1", orders: [ { destination: other, weight: 100 } ] }
                default_permissions: { publish: ["orders.>", "map.>"] }
                users: [ { user: a, password: p }, { user: b, password: p, permissions: { publish: { allow: ["map.>", "other"] } } } ]
                limits: { max_subscriptions: 200 }
              }
              B { users: [ { user: c, password: p, permissions: {} } ] }
            }
            """ },
        { "one secret", "authorization { user: one, password: p }" },
    };

    [Theory]
    [MemberData(nameof(Configurations))]
    public async Task What_is_explained_is_what_happens(string name, string config)
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(config);
        string[] users = [.. play.Server.Options.AllUsers.Select(static user => user.Username).Append(play.Server.Options.Authorization.Username).Where(static user => user.Length > 0)];
        foreach (string user in users)
        {
            string[] before = [.. Questions(play, 0, user).Select(static answer => answer.Verdict)];
            await using ExplainedClient client = await play.ConnectAsync(user);
            string[] asConnected = [.. Questions(play, 0, user).Select(static answer => answer.Verdict)];
            Explanation[] asked = [.. Questions(play, client.Cid, "")];
            string[] happened = [.. await TryAsync(client)];
            Assert.Equal(happened, asked.Select(static answer => answer.Verdict));
            Assert.Equal(happened, before);
            Assert.Equal(happened, asConnected);
            Assert.All(asked, answer => Assert.True(answer.Verdict == "allowed" || answer.Rule is not null, $"{name}, {user}: {answer.Summary}"));
        }
    }

    private static IEnumerable<Explanation> Questions(ExplainedServer play, ulong cid, string user)
    {
        foreach (string subject in Subjects) yield return play.Publish(subject, cid, user);
        foreach (string subject in Subscribed)
        {
            foreach (string queue in Queues) yield return play.Subscribe(subject, queue, cid, user);
        }
    }

    private static async Task<List<string>> TryAsync(ExplainedClient client)
    {
        List<string> verdicts = [];
        foreach (string subject in Subjects) verdicts.Add(VerdictOf(await client.PublishAsync(subject)));
        foreach (string subject in Subscribed)
        {
            foreach (string queue in Queues)
            {
                string said = await client.SubscribeAsync(subject, queue);
                verdicts.Add(said.Contains("Invalid Subject", StringComparison.Ordinal) ? "denied" : VerdictOf(said));
            }
        }

        return verdicts;
    }

    private static string VerdictOf(string said) => said.Contains(Violation, StringComparison.Ordinal) ? "denied" : "allowed";

    [Fact]
    public async Task Rules_are_named_as_they_stand_in_the_configuration()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(Configurations.First(static row => row.Data.Item1 == "accounts with mappings").Data.Item2);
        Assert.Equal(new ExplainRule("default_permissions.publish.allow", "orders.>, map.>", "account A"), play.Publish("other", user: "a").Rule);
        Assert.Equal(new ExplainRule("permissions.publish.allow", "map.>, other", "user b in account A"), play.Publish("map.x", user: "b").Rule);
        Assert.Equal("A user without permissions of its own in account A may publish to \"orders.x\": default_permissions.publish.allow has \"orders.>\".", play.Publish("orders.x", account: "A").Summary);
        Assert.Equal("not_found", play.Publish("x", user: "a", account: "B").Verdict);
    }

    [Fact]
    public async Task A_request_may_be_answered_as_long_as_it_is_explained_so()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(Configurations.First(static row => row.Data.Item1 == "users of their own").Data.Item2);
        await using ExplainedClient responder = await play.ConnectAsync("answers");
        await using ExplainedClient requester = await play.ConnectAsync("free");
        await responder.SubscribeAsync("orders.new");
        Assert.Equal("denied", play.Publish("inbox.1", responder.Cid).Verdict);
        await requester.PublishAsync("orders.new", "inbox.1");
        await responder.TakeAsync();
        for (int answers = 2; answers > 0; answers--)
        {
            Explanation allowed = play.Publish("inbox.1", responder.Cid);
            Assert.Equal(("allowed", "permissions.allow_responses"), (allowed.Verdict, allowed.Rule!.Name));
            Assert.Contains(answers == 2 ? "2 times more" : "once more", allowed.Summary, StringComparison.Ordinal);
            Assert.DoesNotContain(Violation, await responder.PublishAsync("inbox.1"), StringComparison.Ordinal);
        }

        Assert.Equal("denied", play.Publish("inbox.1", responder.Cid).Verdict);
        Assert.Contains(Violation, await responder.PublishAsync("inbox.1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_is_explained_by_what_a_reload_gave_it()
    {
        const string config = "authorization { users: [ { user: u, password: p, permissions: { publish: \"LIST\" } } ] }\n";
        await using ExplainedServer play = await ExplainedServer.StartAsync(config.Replace("LIST", "a", StringComparison.Ordinal));
        await using ExplainedClient client = await play.ConnectAsync("u");
        Assert.Equal("allowed", play.Publish("a", client.Cid).Verdict);
        ServerOptions next = play.Load(config.Replace("LIST", "b", StringComparison.Ordinal)) with { Port = play.Server.Options.Port };
        Assert.Empty(play.Server.Reload(next).Errors);
        Assert.Equal(("denied", "b"), (play.Publish("a", client.Cid).Verdict, play.Publish("a", client.Cid).Rule!.Value));
        Assert.Contains(Violation, await client.PublishAsync("a"), StringComparison.Ordinal);
        Assert.Equal("allowed", play.Publish("b", client.Cid).Verdict);
    }

    [Fact]
    public async Task The_limit_of_subscriptions_is_explained_when_it_is_reached()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync("max_subscriptions: 2");
        await using ExplainedClient client = await play.ConnectAsync();
        await client.SubscribeAsync("a");
        Assert.Equal("allowed", play.Subscribe("c", cid: client.Cid).Verdict);
        await client.SubscribeAsync("b");
        Explanation answer = play.Subscribe("c", cid: client.Cid);
        Assert.Equal(("denied", new ExplainRule("max_subscriptions", "2", "the server")), (answer.Verdict, answer.Rule));
        Assert.Contains("maximum subscriptions exceeded", await client.SubscribeAsync("c"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_has_not_logged_in_may_do_nothing()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync("authorization { user: one, password: p }");
        await using RawClient raw = await RawClient.ConnectAsync(play.Server.ClientEndPoint!);
        string info = await raw.ReadLineAsync();
        ulong cid = System.Text.Json.JsonDocument.Parse(info["INFO ".Length..]).RootElement.GetProperty("client_id").GetUInt64();
        Assert.Equal(("denied", "authorization"), (play.Publish("x", cid).Verdict, play.Publish("x", cid).Rule!.Name));
        await raw.SendAsync("PUB x 0\r\n\r\n");
        Assert.Contains("Authorization Violation", await raw.ReadToCloseAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_of_tokens_are_explained_with_who_gave_them()
    {
        var owner = new OperatorSetup();
        NkeyPair scoped = owner.NewKey(NkeyRole.Account);
        var scope = new SigningKeyScope
        {
            Key = scoped.ToString(),
            Role = "team",
            Template = UserRights.Standard with
            {
                Subscriptions = 3,
                Permissions = new ClaimPermissions(new PermissionList(["orders.{{name()}}.>", "{{tag(city)}}"], ["orders.*.secret"]), new PermissionList(["orders.>"], [])),
            },
        };
        AccountSetup account = owner.AddAccount("Sales", claims => claims with
        {
            SigningKeys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [scoped.ToString()] = scope },
            DefaultPermissions = new ClaimPermissions(new PermissionList([], ["default.denied"]), PermissionList.None),
        });
        await using OperatorServer play = await OperatorServer.StartAsync(owner);
        UserSetup bySigner = account.AddUser("bob", static user => user with { Tags = ["city:paris", "city:rome"] }, scoped);
        UserSetup byToken = account.AddUser("eve", static user => user with { Rights = UserRights.Standard with { Permissions = new ClaimPermissions(new PermissionList(["a"], []), PermissionList.None) } });
        UserSetup byDefault = account.AddUser("joe");
        await using ExplainedClient bob = await ExplainedClient.ConnectAsync(play.Server, nonce => bySigner.Connect(nonce));
        await using ExplainedClient eve = await ExplainedClient.ConnectAsync(play.Server, nonce => byToken.Connect(nonce));
        await using ExplainedClient joe = await ExplainedClient.ConnectAsync(play.Server, nonce => byDefault.Connect(nonce));

        foreach (string subject in (string[])["orders.bob.x", "orders.eve.x", "orders.bob.secret", "rome", "oslo", "a", "default.denied", "x"])
        {
            foreach (ExplainedClient client in (ExplainedClient[])[bob, eve, joe])
            {
                Assert.Equal((subject, client.Cid, VerdictOf(await client.PublishAsync(subject))), (subject, client.Cid, Explain(subject, client.Cid).Verdict));
            }
        }

        string signer = $"the signing key {scoped} (role team) of account Sales";
        Assert.Equal(new ExplainRule("pub.allow", "orders.{{name()}}.>", signer), Explain("orders.bob.x", bob.Cid).Rule);
        Assert.Equal(new ExplainRule("pub.deny", "orders.*.secret", signer), Explain("orders.bob.secret", bob.Cid).Rule);
        Assert.Equal(new ExplainRule("pub.allow", "{{tag(city)}}", signer), Explain("rome", bob.Cid).Rule);
        Assert.Equal(new ExplainRule("pub.allow", "a", $"the token of user eve ({byToken.Id})"), Explain("a", eve.Cid).Rule);
        Assert.Equal(new ExplainRule("default_permissions.pub.deny", "default.denied", "the token of account Sales"), Explain("default.denied", joe.Cid).Rule);
        Assert.Equal("default_permissions.pub.deny", play.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "default.denied", Account = "Sales" }).Rule!.Name);
        Assert.Equal("allowed", play.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "rome", User = "bob", Account = "Sales" }).Verdict);
        Explanation unknown = play.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "rome", User = "bobby" });
        Assert.Equal("not_found", unknown.Verdict);
        Assert.Contains(unknown.Hints!, static hint => hint.StartsWith("Users: bob, ", StringComparison.Ordinal));

        for (int i = 0; i < 3; i++) Assert.Equal("", await bob.SubscribeAsync("orders." + i));
        Explanation full = play.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = "orders.x", Cid = bob.Cid });
        Assert.Equal(("denied", "subs", "3"), (full.Verdict, full.Rule!.Name, full.Rule.Value));
        Assert.NotEqual("", await bob.SubscribeAsync("orders.x"));

        Explanation Explain(string subject, ulong cid) => play.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = subject, Cid = cid });
    }

    [Fact]
    public async Task Rights_that_an_embedder_gave_are_said_to_be_its()
    {
        var permissions = new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["a"] } };
        await using ExplainedServer play = await ExplainedServer.StartAsync("", new NatsServerServices { AsyncAuthentication = (request, _) => new(NATS.Server.Auth.AuthenticationDecision.Accept("joe", permissions)) });
        await using ExplainedClient client = await play.ConnectAsync("x");
        Assert.Equal(new ExplainRule("permissions.publish.allow", "a", "the program that embeds the server"), play.Publish("b", user: "joe").Rule);
        Assert.Contains(Violation, await client.PublishAsync("b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_of_an_authorization_service_are_said_to_be_its()
    {
        string config = $$"""
            authorization { timeout: 15, auth_callout { issuer: {{CalloutService.Issuer}}, account: AUTH, auth_users: [auth] } }
            accounts { AUTH { users: [{ user: auth, password: p }] }, APP { default_permissions: { publish: "defaults" }, users: [{ user: app, password: p }] } }
            """;
        await using ExplainedServer play = await ExplainedServer.StartAsync(config);
        await using CalloutService service = await CalloutService.StartAsync(play.Server.ClientEndPoint!.Port, "auth", "p");
        await using ExplainedClient given = await LoginAsync(static user => user with { Name = "Joe", Audience = "APP", Rights = user.Rights with { Permissions = new ClaimPermissions(new PermissionList(["ok"], []), PermissionList.None) } });
        await using ExplainedClient plain = await LoginAsync(static user => user with { Name = "Ann", Audience = "APP" });
        Assert.Equal(new ExplainRule("pub.allow", "ok", "the authorization service"), play.Publish("no", given.Cid).Rule);
        Assert.Contains(Violation, await given.PublishAsync("no"), StringComparison.Ordinal);
        Assert.Equal(new ExplainRule("default_permissions.publish.allow", "defaults", "account APP"), play.Publish("no", user: "Ann").Rule);
        Assert.Contains(Violation, await plain.PublishAsync("no"), StringComparison.Ordinal);
        Assert.Equal(new ExplainRule("auth_callout", "$SYS.REQ.USER.AUTH", "the server"), play.Publish("$SYS.REQ.USER.AUTH", user: "auth").Rule);

        async Task<ExplainedClient> LoginAsync(Func<UserClaims, UserClaims> allow)
        {
            Task<ExplainedClient> login = play.ConnectAsync("joe");
            await service.AllowAsync(await service.NextAsync(), allow);
            return await login;
        }
    }
}
