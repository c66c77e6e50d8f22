using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Answers to where a message would go, over accounts whose subscriptions are lists.</summary>
public sealed class RouteExplainerTests
{
    private readonly FakeMonitoredServer _server = new();

    private Explanation Route(string subject, string account = "", ulong cid = 0, string user = "", bool reply = false) =>
        RouteExplainer.Explain(new ExplainQuestion { Kind = ExplainKind.Route, Subject = subject, Account = account, Cid = cid, User = user, HasReply = reply }, _server);

    private void Subscribed(string account, string subject, params RouteTarget[] plain) => _server.Targets[(account, subject)] = new RouteTargets { Plain = plain };

    private static ClientTarget Client(ulong cid, string subscription, string account = "$G") => new(subscription, cid) { Account = account };

    private static StreamTarget Stream(string name, Func<StreamConfig, StreamConfig>? change = null, string stored = "x")
    {
        var config = new StreamConfig { Name = name, Subjects = ["x"], MaxMessages = -1, MaxBytes = -1, MaxMessagesPerSubject = -1, MaxMessageSize = -1 };
        return new StreamTarget("x", change is null ? config : change(config)) { StoredSubject = stored, SmallestMessage = 30 };
    }

    /// <summary>Kinds with what they are about, nested ones in brackets.</summary>
    private static string Outline(IReadOnlyList<Finding>? findings)
    {
        var text = new StringBuilder();
        foreach (Finding finding in findings ?? [])
        {
            if (text.Length > 0) text.Append(", ");
            text.Append(finding.Kind);
            string about = finding.Stream ?? finding.Cid?.ToString(CultureInfo.InvariantCulture) ?? finding.Queue ?? finding.Account ?? "";
            if (about.Length > 0) text.Append(' ').Append(about);
            if (finding.Refusal is not null) text.Append('!');
            if (finding.Findings is { Count: > 0 } nested) text.Append('[').Append(Outline(nested)).Append(']');
        }

        return text.ToString();
    }

    [Fact]
    public void Everybody_who_subscribed_gets_it()
    {
        _server.Targets[("$G", "x")] = new RouteTargets
        {
            Plain = [Client(3, "x") with { Name = "billing", User = "bob" }, Client(4, ">"), Stream("S")],
            Queues = [new RouteQueue("q", [Client(5, "x") with { Queue = "q" }, Client(6, "*") with { Queue = "q" }], LeftOut: 0)],
        };
        Explanation answer = Route("x");
        Assert.Equal(("route", "delivered", "A message on \"x\" in account $G goes to 2 subscriptions, one member of a queue group and stream S."), (answer.Question, answer.Verdict, answer.Summary));
        Assert.Equal("subscription 3, subscription 4, stream S, queue_group q[subscription 5, subscription 6]", Outline(answer.Findings));
        Assert.Equal("connection 3 \"billing\" of user bob, subscribed to \"x\"", answer.Findings[0].Text);
        Assert.Equal("one of the 2 members of queue group \"q\" gets it, chosen by chance", answer.Findings[3].Text);
    }

    [Fact]
    public void Nobody_is_told_with_what_is_near()
    {
        _server.Declare(new AccountOptions { Name = "B" });
        _server.Subscriptions.AddRange([FakeMonitoredServer.Subscription(3, "1", "orders.new"), FakeMonitoredServer.Subscription(3, "2", "_INBOX.abc")]);
        Subscribed("B", "orders.neu", Client(9, "orders.*", "B"));
        Explanation answer = Route("orders.neu", reply: true);
        Assert.Equal("nobody", answer.Verdict);
        Assert.Equal("Nobody gets a message on \"orders.neu\" in account $G. Nothing there matches it.", answer.Summary);
        Assert.Equal("elsewhere B, no_responders", Outline(answer.Findings));
        Assert.Equal(["It matches in account B: publish there, or export and import the subject.", "Subjects that somebody wants in the account: orders.new."], answer.Hints);
    }

    [Fact]
    public void Those_who_do_not_get_it_say_why()
    {
        var denies = new PermissionSet(new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Deny = ["x"] } });
        _server.Rights.AddRange([
            new RightsSnapshot { Cid = 1, Account = "$G", User = "pub", Echo = false },
            new RightsSnapshot { Cid = 2, Account = "$G", User = "bob", Permissions = denies, Source = RightsSource.User },
        ]);
        Subscribed("$G", "x",
            Client(1, "x") with { Echo = false },
            Client(2, "*") with { Filter = denies },
            Client(3, "x") with { IsClosing = true },
            Client(4, "x") with { Delivered = 5, Maximum = 5 },
            Client(5, "x") with { IsBehind = true },
            Client(6, "x") with { Echo = false });
        Explanation answer = Route("x", cid: 1);
        Assert.Equal("permission, subscription 1!, subscription 2!, subscription 3!, subscription 4!, subscription 5!, subscription 6", Outline(answer.Findings));
        Assert.Equal("A message on \"x\" in account $G goes to 1 subscription. 5 that match do not get it.", answer.Summary);
        Assert.Equal(
        [
            "it is the publisher itself, and asked for no echo of its own messages",
            "permissions.subscribe.deny has \"x\"",
            "the connection or the subscription is being closed",
            "the subscription has had the 5 messages after which it ends",
            "it reads too slowly, and with no_fast_producer_stall such a connection is left out",
        ], answer.Findings.Select(static finding => finding.Refusal).OfType<string>());
    }

    [Fact]
    public void A_single_refusal_is_why_nobody_gets_it()
    {
        _server.Rights.Add(new RightsSnapshot { Cid = 1, Account = "$G", Echo = false });
        Subscribed("$G", "x", Client(1, "x") with { Echo = false });
        Explanation answer = Route("x", cid: 1, reply: true);
        Assert.Equal(("nobody", new ExplainRule("echo", "false", "connection 1")), (answer.Verdict, answer.Rule));
        Assert.EndsWith("Connection 1 does not get it: it is the publisher itself, and asked for no echo of its own messages.", answer.Summary, StringComparison.Ordinal);
        Assert.Equal("no_responders", answer.Findings[^1].Kind);
    }

    [Fact]
    public void A_publisher_that_may_not_publish_reaches_nobody()
    {
        var permissions = new PermissionSet(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["y"] } });
        _server.ConfiguredUsers.Add(new RightsSnapshot { Account = "$G", User = "bob", Permissions = permissions, Source = RightsSource.User });
        Subscribed("$G", "x", Client(3, "x"));
        Explanation answer = Route("x", user: "bob");
        Assert.Equal(("denied", "permissions.publish.allow"), (answer.Verdict, answer.Rule!.Name));
        Assert.Equal("permission!", Outline(answer.Findings));
    }

    [Fact]
    public void Weighted_mappings_are_followed_one_by_one()
    {
        _server.Declare(new AccountOptions { Name = "$G", Mappings = [new SubjectMappingOptions("x", [new MappingDestinationOptions("y", 60), new MappingDestinationOptions("x", 30)])] });
        Subscribed("$G", "y", Client(3, "y"));
        Explanation answer = Route("x", reply: true);
        Assert.Equal("mapping[subscription 3], mapping, mapping!, no_responders", Outline(answer.Findings));
        Assert.Equal("A message on \"x\" in account $G, which is mapped to 2 subjects by weight, goes to 1 subscription. 40 % of the messages go to nobody.", answer.Summary);
        Assert.Equal([60L, 30L, 10L], answer.Findings.Take(3).Select(static finding => finding.Value));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "sealed", "sealed" },
        { "counter", "allow_msg_counter" },
        { "server", "max_file_store" },
        { "interest", "retention" },
        { "none", "jetstream.max_file" },
        { "room", "jetstream.max_mem" },
        { "messages", "max_msgs" },
        { "bytes", "max_bytes" },
        { "subject", "max_msgs_per_subject" },
        { "failure", "storage" },
        { "closing", "stream" },
        { "offline", "stream" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_stream_says_why_it_does_not_keep_it(string name, string rule)
    {
        Subscribed("$G", "x", name switch
        {
            "sealed" => Stream("S", static config => config with { Sealed = true }),
            "counter" => Stream("S", static config => config with { AllowMessageCounter = true }),
            "server" => Stream("S") with { IsServerFull = true },
            "interest" => Stream("S", static config => config with { Retention = RetentionPolicy.Interest }) with { Consumers = 2 },
            "none" => Stream("S") with { Room = -1 },
            "room" => Stream("S", static config => config with { Storage = StorageType.Memory }) with { Room = 29 },
            "messages" => Stream("S", static config => config with { Discard = DiscardPolicy.New, MaxMessages = 5 }) with { Messages = 5 },
            "bytes" => Stream("S", static config => config with { Discard = DiscardPolicy.New, MaxBytes = 100 }) with { Bytes = 71 },
            "subject" => Stream("S", static config => config with { Discard = DiscardPolicy.New, DiscardNewPerSubject = true, MaxMessagesPerSubject = 2 }) with { MessagesOfSubject = 2 },
            "failure" => Stream("S") with { Failure = "input/output error" },
            "offline" => Stream("S") with { Offline = "unsupported - required API level: 9" },
            _ => Stream("S") with { IsClosing = true },
        });
        Explanation answer = Route("x", reply: true);
        Assert.Equal(("nobody", rule), (answer.Verdict, answer.Rule?.Name));

        // The stream itself answers, unless it is gone: a requester is not told that nobody is there.
        Assert.Equal(name is "closing" or "offline" ? "stream S!, no_responders" : "stream S![reply]", Outline(answer.Findings));
    }

    [Fact]
    public void What_a_stream_does_with_it_is_told_below_it()
    {
        StreamTarget stream = Stream("S", static config => config with
        {
            MaxMessages = 5, MaxMessageSize = 100, NoAck = true, Republish = new RepublishConfig { Source = "stored.>", Destination = "again.>", HeadersOnly = true },
        }, stored: "stored.x") with { Messages = 5, Consumers = 3, Interested = 1, Copies = [new StreamCopy("M", IsMirror: true), new StreamCopy("T", IsMirror: false)] };
        Subscribed("$G", "x", stream);
        Subscribed("$G", "again.x", Client(3, "again.>"));
        Explanation answer = Route("x", reply: true);
        Assert.Equal("stream S[limit, mirror M, source T, republish S[subscription 3], reply!, limit]", Outline(answer.Findings));
        Assert.Equal("stream S stores it as \"stored.x\"; 1 of its 3 consumers want it", answer.Findings[0].Text);
        Assert.Equal("A message on \"x\" in account $G goes to 1 subscription and stream S.", answer.Summary);
    }

    [Fact]
    public void Streams_that_publish_to_each_other_are_not_followed_without_end()
    {
        Subscribed("$G", "x", Stream("S", static config => config with { Republish = new RepublishConfig { Source = "x", Destination = "y" } }, "x"));
        Subscribed("$G", "y", Stream("T", static config => config with { Republish = new RepublishConfig { Source = "y", Destination = "x" } }, "y"));
        Explanation answer = Route("x");
        Assert.Equal("A message on \"x\" in account $G goes to streams S, T.", answer.Summary);
    }

    // Programs read JSON up to a depth of 64, and the answer stands in an envelope.
    [Fact]
    public void The_longest_way_is_not_too_deep_for_readers_of_json()
    {
        StreamImport import = ImportOfNews();
        foreach ((string account, string other, string subject, string next) in ((string, string, string, string)[])[("$G", "B", "x", "y"), ("B", "$G", "y", "x")])
        {
            StreamTarget stream = Stream("S", config => config with { Republish = new RepublishConfig { Source = subject, Destination = next } }, subject);
            _server.Targets[(account, subject)] = new RouteTargets { Queues = [new RouteQueue("q", [new StreamImportTarget(subject, import, other, subject, stream)], 0)] };
        }

        _server.Declare(new AccountOptions { Name = "$G", Mappings = [new SubjectMappingOptions("start", [new MappingDestinationOptions("x", 100)])] });
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(Route("start", reply: true), MonitoringJson.Default.Explanation);
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 60 });
        Assert.Equal("delivered", document.RootElement.GetProperty("verdict").GetString());
    }

    private StreamImport ImportOfNews()
    {
        _server.Declare(new AccountOptions { Name = "$G", Exports = [new ExportOptions(ExportKind.Stream, "x.>")] });
        return _server.Declare(new AccountOptions { Name = "B", Imports = [new ImportOptions(ExportKind.Stream, "$G", "x.>") { Prefix = "in" }] }).StreamImports[0];
    }

    [Fact]
    public void Imports_of_streams_are_told_with_who_gets_them_there()
    {
        StreamImport import = ImportOfNews();
        Subscribed("$G", "x.1",
            new StreamImportTarget("x.1", import, "B", "in.x.1", Client(7, "in.>", "B")),
            new StreamImportTarget("x.*", import, "B", "in.x.1", Client(8, "in.x.*", "B") with { IsClosing = true }));
        Explanation answer = Route("x.1");
        Assert.Equal("stream_import B[subscription 7, subscription 8!]", Outline(answer.Findings));
        Assert.Equal(("in.x.1", "account B imports it as \"in.x.1\""), (answer.Findings[0].Subject, answer.Findings[0].Text));
    }

    [Fact]
    public void Services_are_followed_through_mappings_and_back_no_circle()
    {
        AccountModel exporter = _server.Declare(new AccountOptions { Name = "B", Exports = [new ExportOptions(ExportKind.Service, "req.*")], Mappings = [new SubjectMappingOptions("req.*", [new MappingDestinationOptions("work.$1", 100)])] });
        ServiceImport import = _server.Declare(new AccountOptions { Name = "$G", Imports = [new ImportOptions(ExportKind.Service, "B", "req.*") { To = "ask.*" }] }).ServiceImports[0];
        Assert.Same(exporter.Exports[0], import.Export);
        Subscribed("$G", "ask.1", new ServiceImportTarget("ask.*", import));
        Subscribed("B", "work.1", Client(7, "work.*", "B"), new ServiceImportTarget("work.*", import), new StreamImportTarget("work.1", null!, "C", "work.1", Client(9, "work.*", "C")));
        Explanation answer = Route("ask.1", reply: true);
        Assert.Equal("service_import B[mapping B[subscription 7, service_import B!, stream_import C!], reply]", Outline(answer.Findings));
        Assert.Equal("goes to account B as \"req.1\" (service import of \"req.*\")", answer.Findings[0].Text);
        Assert.Equal("one answer of account B may come back within 120 s", answer.Findings[0].Findings![1].Text);
    }

    [Fact]
    public void A_service_without_responders_is_nobody()
    {
        _server.Declare(new AccountOptions { Name = "B", Exports = [new ExportOptions(ExportKind.Service, "req")] });
        ServiceImport import = _server.Declare(new AccountOptions { Name = "$G", Imports = [new ImportOptions(ExportKind.Service, "B", "req")] }).ServiceImports[0];
        Subscribed("$G", "req", new ServiceImportTarget("req", import));
        Explanation answer = Route("req", reply: true);
        Assert.Equal("nobody", answer.Verdict);
        Assert.Equal("service_import B!, no_responders", Outline(answer.Findings));
    }

    [Fact]
    public void An_answer_has_at_most_a_thousand_findings_and_says_how_many_are_missing()
    {
        Subscribed("$G", "x", [.. Enumerable.Range(1, 1500).Select(static cid => Client((ulong)cid, "x"))]);
        Explanation answer = Route("x");
        Assert.Equal((1001, "left_out", 500L), (answer.Findings.Count, answer.Findings[^1].Kind, answer.Findings[^1].Value));
        Assert.Equal("A message on \"x\" in account $G goes to 1500 subscriptions.", answer.Summary);
    }

    [Fact]
    public void Who_names_nobody_asks_for_the_account_of_those_who_log_in_as_nobody()
    {
        _server.Declare(new AccountOptions { Name = "B" });
        Subscribed("B", "x", Client(7, "x", "B"));
        Assert.Equal("nobody", Route("x").Verdict);
        _server.ConfiguredUsers.Add(new RightsSnapshot { User = "guest", Account = "B" });
        _server.Server = _server.Server with { Options = _server.Server.Options with { NoAuthUser = "guest" } };
        Assert.Equal("delivered", Route("x").Verdict);
        Assert.Equal("not_found", Route("x", account: "C").Verdict);
    }
}
