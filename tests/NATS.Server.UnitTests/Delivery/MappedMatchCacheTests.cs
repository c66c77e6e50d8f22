using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

/// <summary>What a loop remembers of subjects that are published in an account with mappings.</summary>
public sealed class MappedMatchCacheTests
{
    private readonly Account _account = new("A");
    private readonly MatchCache _cache = new(mapsSubjects: true);

    [Fact]
    public void A_subject_that_always_becomes_the_same_other_is_remembered_with_its_matches()
    {
        Map("foo.*", new MappingDestinationOptions("bar.$1", 100));
        Subscription subscription = Subscribe("bar.x");
        MatchEntry entry = _cache.Find(_account, "foo.x"u8);

        Assert.Equal(EntryMapping.Fixed, entry.Mapping);
        Assert.Equal("HMSG bar.x ", Encoding.UTF8.GetString(entry.Head));
        Assert.Equal([subscription], entry.Match.Plain.ToArray());
        Assert.Same(entry, _cache.Find(_account, "foo.x"u8));
        Assert.Equal(1, _cache.Misses);
    }

    [Fact]
    public void A_subject_without_mapping_is_remembered_as_it_is()
    {
        Map("foo.*", new MappingDestinationOptions("bar.$1", 100));
        Subscription subscription = Subscribe("other");
        MatchEntry entry = _cache.Find(_account, "other"u8);

        Assert.Equal(EntryMapping.None, entry.Mapping);
        Assert.True(entry.Head.IsEmpty);
        Assert.Equal([subscription], entry.Match.Plain.ToArray());
    }

    [Theory]
    [InlineData("bar", 50)]
    [InlineData("bar.{{random(10)}}", 100)]
    public void What_chance_has_a_part_in_is_mapped_anew_each_time(string destination, int weight)
    {
        Map("foo", new MappingDestinationOptions(destination, weight));
        Subscribe(">");
        MatchEntry entry = _cache.Find(_account, "foo"u8);

        Assert.Equal(EntryMapping.Varying, entry.Mapping);
        Assert.True(entry.Match.IsEmpty);
    }

    [Fact]
    public void Changed_mappings_and_changed_subscriptions_are_seen()
    {
        Map("foo", new MappingDestinationOptions("bar", 100));
        Assert.True(_cache.Find(_account, "foo"u8).Match.IsEmpty);
        Subscribe("bar");
        Assert.False(_cache.Find(_account, "foo"u8).Match.IsEmpty);
        Map("foo", new MappingDestinationOptions("baz", 100));
        Assert.Equal("HMSG baz ", Encoding.UTF8.GetString(_cache.Find(_account, "foo"u8).Head));
        _account.Apply(AccountModel.Empty);
        Assert.Equal(EntryMapping.None, _cache.Find(_account, "foo"u8).Mapping);
    }

    [Fact]
    public void Permissions_are_asked_for_the_mapped_subject()
    {
        Map("foo", new MappingDestinationOptions("bar", 100));
        MatchEntry entry = _cache.Find(_account, "foo"u8);
        Assert.True(entry.MayPublish(Publishing("bar"), "bar"u8));
        Assert.False(entry.MayPublish(Publishing("foo"), "bar"u8));
    }

    private static PermissionSet Publishing(string subject) => new(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = [subject] } });

    private void Map(string source, MappingDestinationOptions destination)
    {
        AccountOptions declared = new() { Name = "A", Mappings = [new SubjectMappingOptions(source, [destination])] };
        _account.Apply(AccountLinker.LinkAll([declared], _ => _account, static problem => Assert.Fail(problem))[0]);
    }

    private Subscription Subscribe(string subject)
    {
        var subscription = new Subscription(new NoSubscriber(), Encoding.UTF8.GetBytes(subject), null, "1"u8.ToArray());
        _account.Insert(subscription);
        return subscription;
    }

    private sealed class NoSubscriber : Subscriber
    {
        public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer) => false;
    }
}
