using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

public sealed class MatchCacheTests
{
    private readonly Account _account = new("A");
    private readonly MatchCache _cache = new();

    [Fact]
    public void Subjects_of_a_prefix_after_which_nothing_matters_share_an_entry()
    {
        Subscribe("acks.>");
        Assert.Equal(["acks.>"], Find("acks.S.1"));
        MatchEntry shared = _cache.Find(_account, "acks.S.2"u8);
        Assert.True(shared.IsShared);
        Assert.Same(shared, _cache.Find(_account, "acks.T.3.4"u8));
        Assert.Same(shared, _cache.FindOnce(_account, "acks.T.5"u8));
        Assert.Empty(Find("acks"));
        Assert.Empty(Find("acks..1"));
        Assert.Empty(Find("other.1"));
    }

    [Fact]
    public void Another_subscription_ends_what_was_shared()
    {
        Subscribe("acks.>");
        Find("acks.S.1");
        Assert.Equal(["acks.>"], Find("acks.S.2"));
        Subscribe("acks.S.*");
        Assert.Equal(["acks.>", "acks.S.*"], Find("acks.S.2"));
        Assert.Equal(["acks.>"], Find("acks.T"));
    }

    [Fact]
    public void An_entry_that_remembers_who_may_publish_is_of_one_subject()
    {
        Subscribe("acks.>");
        Find("acks.S.1");
        Assert.True(_cache.Find(_account, "acks.S.2"u8).IsShared);
        MatchEntry own = _cache.FindOwn(_account, "acks.S.2"u8);
        Assert.False(own.IsShared);
        Assert.NotSame(own, _cache.FindOwn(_account, "acks.S.3"u8));
    }

    [Fact]
    public void An_entry_of_many_subjects_judges_each_by_itself()
    {
        Subscribe("acks.>");
        Find("acks.S.1");
        var permissions = new PermissionSet(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["acks.>"], Deny = ["acks.no"] } });
        MatchEntry shared = _cache.Find(_account, "acks.S.2"u8);
        Assert.True(shared.IsShared);
        Assert.True(shared.MayPublish(permissions, "acks.S.2"u8));
        Assert.False(shared.MayPublish(permissions, "acks.no"u8));
        Assert.True(shared.MayPublish(permissions, "acks.S.3"u8));
    }

    [Fact]
    public void More_prefixes_than_there_are_places_are_all_found()
    {
        for (int i = 0; i < 50; i++) Subscribe($"p{i}.>");
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 50; i++) Assert.Equal([$"p{i}.>"], Find($"p{i}.{round}"));
        }
    }

    [Fact]
    public void Accounts_share_nothing()
    {
        Subscribe("acks.>");
        Find("acks.S.1");
        Assert.True(_cache.Find(new Account("B"), "acks.S.2"u8).Match.IsEmpty);
    }

    [Theory]
    [InlineData("a.")]
    [InlineData("subject.")]
    [InlineData("a.longer.subject.that.ends.in.")]
    public void Subjects_that_differ_at_the_end_have_places_of_their_own(string start)
    {
        for (char c = '0'; c <= 'z'; c++) Find(start + c);
        long misses = _cache.Misses;
        for (char c = '0'; c <= 'z'; c++) _cache.Find(_account, Encoding.ASCII.GetBytes(start + c));
        Assert.InRange(_cache.Misses - misses, 0, 4);
    }

    private void Subscribe(string subject) => _account.Insert(new Subscription(new NoSubscriber(), Encoding.ASCII.GetBytes(subject), null, "1"u8.ToArray()));

    private string[] Find(string subject)
    {
        string[] once = Subjects(_cache.FindOnce(_account, Encoding.ASCII.GetBytes(subject)));
        Assert.Equal(once, Subjects(_cache.FindOwn(_account, Encoding.ASCII.GetBytes(subject))));
        Assert.Equal(once, Subjects(_cache.Find(_account, Encoding.ASCII.GetBytes(subject))));
        return once;
    }

    private static string[] Subjects(MatchEntry entry) => [.. entry.Match.Plain.ToArray().Select(subscription => Encoding.ASCII.GetString(subscription.Subject)).Order(StringComparer.Ordinal)];

    private sealed class NoSubscriber : Subscriber
    {
        public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) => false;
    }
}
