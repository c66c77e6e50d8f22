using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

/// <summary>Requests and answers over the borders of accounts, and that nothing of them is left behind.</summary>
public sealed class ServiceRouterTests
{
    private static readonly TimeSpan TwoMinutes = TimeSpan.FromMilliseconds(ReplyQueue.DefaultThresholdMs);

    [Fact]
    public void An_answered_request_leaves_nothing_behind()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        Assert.Equal(1, requester.Publish("req.x", "inbox.1", "question"));
        Assert.Equal(("req.x", "question"), (responder.Received[0].Subject, responder.Received[0].Payload));
        Assert.Equal(1, world.Router.PendingReplies);
        Assert.Equal(1, responder.Publish(responder.LastReply, payload: "answer"));
        Assert.Equal(("inbox.1", "answer"), (requester.Received[0].Subject, requester.Received[0].Payload));
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_request_that_reaches_nobody_leaves_nothing_behind()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        Assert.Equal(0, world.Client("A").Publish("req.x"u8, "inbox.1"u8, default, "question"u8));
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_request_without_reply_is_not_remembered()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        Assert.Equal(1, world.Client("A").Publish("req.x"u8, default, default, "question"u8));
        Assert.Equal("", responder.LastReply);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void An_unanswered_request_is_forgotten_when_its_time_is_up()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        world.Time.Advance(TwoMinutes - TimeSpan.FromMilliseconds(1));
        world.Sweep();
        Assert.Equal(1, world.Router.PendingReplies);
        world.Time.Advance(TimeSpan.FromMilliseconds(1));
        world.Sweep();
        Assert.Equal(0, world.Router.PendingReplies);
        responder.Publish(responder.LastReply);
        Assert.Empty(requester.Received);
    }

    [Fact]
    public void Each_of_several_answers_starts_the_time_anew()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(ServiceResponseType.Streamed, TimeSpan.FromSeconds(1)), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        for (int i = 0; i < 5; i++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(0.9));
            world.Sweep();
            responder.Publish(responder.LastReply);
        }

        Assert.Equal(5, requester.Received.Count);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        world.Sweep();
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Theory]
    [InlineData(ServiceResponseType.Streamed)]
    [InlineData(ServiceResponseType.Chunked)]
    public void An_empty_answer_ends_several(ServiceResponseType responses)
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(responses), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        responder.Publish(responder.LastReply, payload: "1");
        Assert.Equal(1, world.Router.PendingReplies);
        responder.Publish(responder.LastReply, payload: "");
        Assert.Equal(["1", ""], requester.Received.Select(static message => message.Payload));
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void Several_answers_end_when_one_reaches_nobody()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(ServiceResponseType.Streamed), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        world.Client("A").Publish("req.x"u8, "inbox.1"u8, default, "x"u8);
        Assert.Equal(1, world.Router.PendingReplies);
        responder.Publish(responder.LastReply);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_requester_that_unsubscribes_leaves_nothing_behind()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.1");
        requester.Publish("req.x", "inbox.1");
        requester.Publish("req.y", "inbox.1");
        requester.Publish("req.z", "inbox.2");
        Assert.Equal(3, world.Router.PendingReplies);
        requester.Client.Unsubscribe(requester.Subscription);
        Assert.Equal(1, world.Router.PendingReplies);
    }

    [Fact]
    public void A_requester_stays_while_somebody_else_waits_for_its_answer()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.1");
        ServicePeer other = world.Peer("A", "inbox.*");
        requester.Publish("req.x", "inbox.1");
        requester.Client.Unsubscribe(requester.Subscription);
        Assert.Equal(1, world.Router.PendingReplies);
        other.Client.Unsubscribe(other.Subscription);
        world.Sweep();
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void The_end_of_a_wildcard_subscription_is_noticed_with_the_next_sweep()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        world.Peer("A", "kept.*");
        for (int i = 0; i < 100; i++) requester.Publish("req.x", $"inbox.{i % 10}");
        requester.Publish("req.x", "kept.1");
        requester.Client.Unsubscribe(requester.Subscription);
        world.Sweep();
        Assert.Equal(1, world.Router.PendingReplies);
    }

    [Fact]
    public void An_import_that_is_taken_out_still_gets_the_answers_to_earlier_requests()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        requester.Publish("req.x", "inbox.2");
        world.Configure(ServiceWorld.Exporter(), new AccountOptions { Name = "A" });
        Assert.Equal(0, requester.Publish("req.x", "inbox.3"));
        responder.Publish(responder.Received[0].Reply);
        Assert.Equal("inbox.1", Assert.Single(requester.Received).Subject);
        world.Time.Advance(TwoMinutes);
        world.Sweep();
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_reload_keeps_requests_and_the_import_in_force()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        int subscriptions = world.Account("A").SubscriptionCount;
        for (int i = 0; i < 3; i++) world.Configure(ServiceWorld.Exporter(), ServiceWorld.Importer());
        Assert.Equal(subscriptions, world.Account("A").SubscriptionCount);
        responder.Publish(responder.LastReply);
        Assert.Single(requester.Received);
        Assert.Equal(1, requester.Publish("req.x", "inbox.2"));
    }

    [Fact]
    public void An_account_that_is_taken_out_leaves_nothing_behind()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer(), ServiceWorld.Importer("C"));
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        world.Configure(ServiceWorld.Exporter(), ServiceWorld.Importer("C"));
        Assert.Equal(0, world.Router.PendingReplies);
        responder.Publish(responder.LastReply);
        Assert.Empty(requester.Received);
        Assert.Equal(0, requester.Publish("req.x", "inbox.1"));
    }

    [Fact]
    public void An_exporter_that_is_taken_out_answers_nobody()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        world.Configure(new AccountOptions { Name = "A" });
        Assert.Equal(0, responder.Publish(responder.LastReply));
        Assert.Empty(requester.Received);
        world.Time.Advance(TwoMinutes);
        world.Sweep();
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void An_answer_is_taken_only_from_the_account_that_was_asked()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Exporter(name: "D"), ServiceWorld.Importer(), ServiceWorld.Importer("C", "D"));
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer other = world.Peer("D", "req.*");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        world.Client("C").Publish("req.x"u8, "inbox.1"u8, default, default);
        string prefixOfOther = other.LastReply[..11];
        other.Publish(prefixOfOther + responder.LastReply[11..], payload: "evil");
        Assert.Empty(requester.Received);
        responder.Publish(responder.LastReply, payload: "good");
        Assert.Equal("good", Assert.Single(requester.Received).Payload);
    }

    [Fact]
    public void Reply_subjects_do_not_repeat_and_lead_to_their_requests()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer(), ServiceWorld.Importer("C"));
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer one = world.Peer("A", "inbox.>");
        ServicePeer two = world.Peer("C", "inbox.>");
        for (int i = 0; i < 500; i++)
        {
            one.Publish("req.x", $"inbox.{i}");
            two.Publish("req.x", $"inbox.{i}");
        }

        string[] replies = [.. responder.Received.Select(static request => request.Reply)];
        Assert.Equal(1000, replies.Distinct().Count());
        for (int i = 999; i >= 0; i--) responder.Publish(replies[i]);
        Assert.Equal(Enumerable.Range(0, 500).Reverse().Select(static i => $"inbox.{i}"), one.Received.Select(static answer => answer.Subject));
        Assert.Equal(500, two.Received.Count);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void An_answer_may_ask_back()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        ServicePeer responder = world.Peer("B", "req.*");
        ServicePeer back = world.Peer("B", "back");
        ServicePeer requester = world.Peer("A", "inbox.>");
        requester.Publish("req.x", "inbox.1");
        responder.Publish(responder.LastReply, "back");
        Assert.StartsWith("_R_.", requester.LastReply, StringComparison.Ordinal);
        requester.Publish(requester.LastReply, payload: "again");
        Assert.Equal("again", Assert.Single(back.Received).Payload);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_chain_of_accounts_deeper_than_messages_may_cause_each_other_ends()
    {
        const int length = DeliveryContext.MaxDepth + 5;
        AccountOptions[] accounts = [.. Enumerable.Range(0, length).Select(static i => new AccountOptions
        {
            Name = $"A{i}",
            Exports = [new ExportOptions(ExportKind.Service, "req")],
            Imports = i == 0 ? [] : [new ImportOptions(ExportKind.Service, $"A{i - 1}", "req")],
        })];
        var world = new ServiceWorld(accounts);
        ServicePeer end = world.Peer("A0", "req");
        ServicePeer near = world.Peer("A5", "inbox");
        Assert.Equal(0, world.Client($"A{length - 1}").Publish("req"u8, "inbox"u8, default, default));
        Assert.Equal(0, world.Router.PendingReplies);
        Assert.Equal(1, near.Publish("req", "inbox"));
        end.Publish(end.LastReply);
        Assert.Single(near.Received);
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_circle_made_by_mappings_ends()
    {
        var world = new ServiceWorld(
            new AccountOptions
            {
                Name = "B",
                Exports = [new ExportOptions(ExportKind.Service, "req")],
                Imports = [new ImportOptions(ExportKind.Service, "A", "x") { To = "y" }],
                Mappings = [new SubjectMappingOptions("req", [new MappingDestinationOptions("y", 100)])],
            },
            new AccountOptions
            {
                Name = "A",
                Exports = [new ExportOptions(ExportKind.Service, "x")],
                Imports = [new ImportOptions(ExportKind.Service, "B", "req")],
                Mappings = [new SubjectMappingOptions("x", [new MappingDestinationOptions("req", 100)])],
            });
        Assert.Equal(0, world.Client("A").Publish("req"u8, "inbox"u8, default, default));
        Assert.Equal(0, world.Router.PendingReplies);
    }

    [Fact]
    public void A_request_and_its_answer_allocate_nothing()
    {
        var world = new ServiceWorld(ServiceWorld.Exporter(), ServiceWorld.Importer());
        InternalClient responder = world.Client("B");
        InternalClient requester = world.Client("A");
        int answers = 0;
        responder.Subscribe("req.*"u8, (LoopContext loop, Subscription _, in InboundMessage request, Subscriber _) =>
            responder.Publish(loop, request.Reply, default, default, "answer"u8));
        requester.Subscribe("inbox.*"u8, (LoopContext _, Subscription _, in InboundMessage _, Subscriber _) => answers++);

        // Reply subjects differ, so this fills every place of the match caches.
        Ask(60_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Ask(2000);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2000, "less than a byte for each request");
        Assert.Equal(62_000, answers);

        void Ask(int count)
        {
            for (int i = 0; i < count; i++) requester.Publish("req.x"u8, "inbox.1"u8, default, "question"u8);
        }
    }

    // Any order of requests, answers, ends of interest, time and reloads: what waits is what a simple model says, and in the end nothing does.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_happens_nothing_is_left_behind(int seed)
    {
        var random = new Random(seed);
        AccountOptions exporter = ServiceWorld.Exporter(ServiceResponseType.Streamed, TimeSpan.FromSeconds(10));
        var world = new ServiceWorld(exporter, ServiceWorld.Importer(), ServiceWorld.Importer("C"));
        ServicePeer responder = world.Peer("B", "req.*");
        Dictionary<string, (string Account, string Inbox, TimeSpan Due)> waiting = [];
        Dictionary<(string Account, string Inbox), ServicePeer> interest = [];
        TimeSpan now = TimeSpan.Zero;
        for (int step = 0; step < 3000; step++)
        {
            string account = random.Next(2) == 0 ? "A" : "C";
            string inbox = $"inbox.{random.Next(5)}";
            switch (random.Next(12))
            {
                case < 5:
                    if (!interest.ContainsKey((account, inbox))) interest[(account, inbox)] = world.Peer(account, inbox);
                    interest[(account, inbox)].Publish("req.x", inbox);
                    waiting[responder.LastReply] = (account, inbox, now + TimeSpan.FromSeconds(10));
                    break;
                case < 8 when waiting.Count > 0:
                    string reply = waiting.Keys.ElementAt(random.Next(waiting.Count));
                    bool isLast = random.Next(2) == 0;
                    int before = interest[(waiting[reply].Account, waiting[reply].Inbox)].Received.Count;
                    responder.Publish(reply, payload: isLast ? "" : "x");
                    Assert.Equal(before + 1, interest[(waiting[reply].Account, waiting[reply].Inbox)].Received.Count);
                    if (isLast) waiting.Remove(reply);
                    else waiting[reply] = waiting[reply] with { Due = now + TimeSpan.FromSeconds(10) };
                    break;
                case 8 when interest.Remove((account, inbox), out ServicePeer? gone):
                    gone.Client.Unsubscribe(gone.Subscription);
                    foreach ((string lost, var entry) in waiting.ToArray())
                    {
                        if (entry.Account == account && entry.Inbox == inbox) waiting.Remove(lost);
                    }

                    break;
                case 9:
                    TimeSpan by = TimeSpan.FromMilliseconds(random.Next(3000));
                    world.Time.Advance(by);
                    now += by;
                    world.Sweep();
                    foreach ((string late, var entry) in waiting.ToArray())
                    {
                        if (entry.Due <= now) waiting.Remove(late);
                    }

                    break;
                case 10:
                    world.Configure(exporter, ServiceWorld.Importer(), ServiceWorld.Importer("C"));
                    break;
                case 11:
                    responder.Publish("_R_.abcdef.0001aaaaaaaa");
                    break;
            }

            Assert.Equal(waiting.Count, world.Router.PendingReplies);
        }

        foreach (ServicePeer peer in interest.Values) peer.Client.Unsubscribe(peer.Subscription);
        Assert.Equal(0, world.Router.PendingReplies);
    }
}
