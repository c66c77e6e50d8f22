using System.Text;
using NATS.Server.Auth;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

/// <summary>The verdicts were taken from nats-server 2.15.1; the transcripts of the interoperability tests ask it again.</summary>
public sealed class PermissionSetTests
{
    private static PermissionSet Publish(string? allow, string? deny = null) =>
        new(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = Split(allow), Deny = Split(deny) } });

    private static PermissionSet Subscribe(string? allow, string? deny = null) =>
        new(new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Allow = Split(allow), Deny = Split(deny) } });

    private static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("foo.*", "foo.x", "foo.a", true)]
    [InlineData("foo.*", "foo.x", "foo.x", false)]
    [InlineData("foo.*", "foo.x", "foo", false)]
    [InlineData("foo.*", "foo.x", "foo.a.b", false)]
    [InlineData("foo.*", "foo.x", "foo.*", true)]
    [InlineData("foo.*", "foo.x", "foo.>", true)]
    [InlineData("foo.*", "foo.x", "foo..a", false)]
    [InlineData("foo.*", "foo.x", ">", false)]
    [InlineData("foo.*", "foo.x", "*.x", false)]
    [InlineData(">", null, "a", true)]
    [InlineData(">", null, "a..b", false)]
    [InlineData(">", null, ".a", false)]
    [InlineData(">", null, "a.", false)]
    [InlineData("", null, "a", false)]
    [InlineData(null, "", "a", true)]
    [InlineData(null, "a.*,b.>", "a.1", false)]
    [InlineData(null, "a.*,b.>", "a.*", false)]
    [InlineData(null, "a.*,b.>", "a.>", false)]
    [InlineData(null, "a.*,b.>", "b", true)]
    [InlineData(null, "a.*,b.>", "b.1.2", false)]
    [InlineData(null, "a.*,b.>", "c", true)]
    [InlineData(null, "a.*,b.>", "a..b", true)]
    [InlineData("foo*", null, "foo*", true)]
    [InlineData("foo*", null, "foox", false)]
    [InlineData("ü.*", null, "ü.ä", true)]
    public void Publish_verdicts(string? allow, string? deny, string subject, bool expected)
    {
        Assert.Equal(expected, Publish(allow, deny).MayPublish(Bytes(subject)));
    }

    [Theory]
    [InlineData("foo.*", null, "foo.*", "", true)]
    [InlineData("foo.*", null, "foo.>", "", true)]
    [InlineData("foo.*", null, "foo.a", "", true)]
    [InlineData("foo.*", null, "foo.a.b", "", false)]
    [InlineData("foo.*", null, "*.a", "", false)]
    [InlineData("foo.*", null, ">", "", false)]
    [InlineData("foo.*", null, "foo..a", "", false)]
    [InlineData("foo.*", null, "foo.", "", false)]
    [InlineData("foo,foo v1", null, "foo", "", true)]
    [InlineData("foo,foo v1", null, "foo", "v1", true)]
    [InlineData("foo,foo v1", null, "foo", "v2", false)]
    [InlineData("foo,foo v1", null, "foo", "v1.x", false)]
    [InlineData("foo v1", null, "foo", "", false)]
    [InlineData("foo v1", null, "foo", "v1", true)]
    [InlineData("foo v1", null, "foo", "v2", false)]
    [InlineData("foo v*", null, "foo", "v*", true)]
    [InlineData("foo v*", null, "foo", "v1", false)]
    [InlineData("foo v.*", null, "foo", "v.*", true)]
    [InlineData("foo v.*", null, "foo", "v.1", true)]
    [InlineData("foo v.*", null, "foo", "v.1.2", false)]
    [InlineData("foo v.*", null, "foo", "v", false)]
    [InlineData("foo v.*", null, "foo", "v.>", false)]
    [InlineData("foo v.*", null, "foo", "*.1", false)]
    [InlineData("foo >", null, "foo", "x.y", true)]
    [InlineData("foo >", null, "foo", "", false)]
    [InlineData("foo *", null, "foo", "x", true)]
    [InlineData("foo *", null, "foo", "x.y", false)]
    [InlineData("foo *", null, "foo", ">", false)]
    [InlineData("> q", null, "foo", "x", false)]
    [InlineData("> q", null, "a.b", "q", true)]
    [InlineData("> q", null, ">", "q", true)]
    [InlineData("> q", null, "a.b", "", false)]
    [InlineData("> q", null, "a..b", "q", false)]
    [InlineData(null, "foo q", "foo", "q", false)]
    [InlineData(null, "foo q", "foo", "r", true)]
    [InlineData(null, "foo q", "foo", "", true)]
    [InlineData(null, "foo q", "foo.*", "q", true)]
    [InlineData(null, "foo q", "*", "q", true)]
    [InlineData(null, "foo q", ">", "q", true)]
    [InlineData(null, "foo", "foo", "q", false)]
    [InlineData(null, "foo", "foo", "", false)]
    [InlineData(null, "foo", "*", "", true)]
    [InlineData(null, "foo", ">", "q", true)]
    [InlineData(null, ">", "a..b", "", true)]
    [InlineData(">", "foo *", "foo", "q", false)]
    [InlineData(">", "foo *", "foo", "", true)]
    [InlineData(">", "foo *", "*", "q", true)]
    [InlineData(">", "foo *", ">", "x", true)]
    [InlineData("> *.dev", "foo,bar a.dev", "foo", "a.dev", false)]
    [InlineData("> *.dev", "foo,bar a.dev", "bar", "a.dev", false)]
    [InlineData("> *.dev", "foo,bar a.dev", "bar", "b.dev", true)]
    [InlineData("> *.dev", "foo,bar a.dev", "baz", "x", false)]
    [InlineData("> *.dev", "foo,bar a.dev", "baz", "", false)]
    public void Subscribe_verdicts(string? allow, string? deny, string subject, string queue, bool expected)
    {
        Assert.Equal(expected, Subscribe(allow, deny).MaySubscribe(Bytes(subject), Bytes(queue)));
    }

    [Theory]
    [InlineData("foo.bar,x q,y *", "foo.*", "", "foo.bar", false)]
    [InlineData("foo.bar,x q,y *", "foo.*", "", "foo.baz", true)]
    [InlineData("foo.bar,x q,y *", "foo.>", "q", "foo.bar", false)]
    [InlineData("foo.bar,x q,y *", ">", "q", "x", false)]
    [InlineData("foo.bar,x q,y *", ">", "r", "x", true)]
    [InlineData("foo.bar,x q,y *", "*", "", "x", true)]
    [InlineData("foo.bar,x q,y *", ">", "r", "y", false)]
    [InlineData("foo.bar,x q,y *", "*", "", "y", true)]
    [InlineData("foo.*", ">", "", "foo.*", false)]
    [InlineData("foo.*", ">", "", "foo.a", false)]
    [InlineData("foo.*", ">", "", "foo", true)]
    public void Messages_to_a_wider_subscription_are_denied_one_by_one(string deny, string subscription, string queue, string subject, bool expected)
    {
        PermissionSet permissions = Subscribe(null, deny);

        Assert.True(permissions.MaySubscribe(Bytes(subscription), Bytes(queue)));
        Assert.True(permissions.HasDeliverDenies);
        Assert.True(permissions.NeedsDeliveryCheck(Bytes(subscription)));
        Assert.Equal(expected, permissions.MayDeliver(Bytes(subject), Bytes(queue)));
    }

    [Theory]
    [InlineData("foo.bar", "foo.*", true)]
    [InlineData("foo.bar", "foo.>", true)]
    [InlineData("foo.bar q", ">", true)]
    [InlineData("foo.*", "*.bar", true)]
    [InlineData("foo.bar", "foo.baz", false)]
    [InlineData("foo.bar", "*", false)]
    [InlineData("foo.bar", "baz.>", false)]
    [InlineData("foo", "foo*", false)]
    [InlineData("", ">", false)]
    public void Only_a_wildcard_subscription_that_overlaps_a_deny_needs_the_check(string deny, string subscription, bool expected)
    {
        Assert.Equal(expected, Subscribe(null, deny).NeedsDeliveryCheck(Bytes(subscription)));
    }

    [Fact]
    public void Without_lists_everything_is_allowed()
    {
        var permissions = new PermissionSet(new PermissionsOptions());

        Assert.False(permissions.RestrictsPublish);
        Assert.False(permissions.HasDeliverDenies);
        Assert.True(permissions.MayPublish("a"u8));
        Assert.True(permissions.MaySubscribe("a"u8, "q"u8));
        Assert.True(permissions.MayDeliver("a"u8, "q"u8));
        Assert.Null(permissions.Responses);
        Assert.Null(permissions.CreateResponses(TimeProvider.System));
    }

    [Fact]
    public void A_permission_to_respond_denies_all_other_publishing()
    {
        var permissions = new PermissionSet(new PermissionsOptions { AllowResponses = new ResponsePermissionOptions(5, TimeSpan.FromSeconds(1)) });

        Assert.True(permissions.RestrictsPublish);
        Assert.False(permissions.MayPublish("a"u8));
        Assert.Equal(new ResponsePermissionOptions(5, TimeSpan.FromSeconds(1)), permissions.Responses);
        Assert.NotNull(permissions.CreateResponses(TimeProvider.System));
    }

    [Fact]
    public void A_permission_to_respond_leaves_an_allow_list_as_it_is()
    {
        var permissions = new PermissionSet(new PermissionsOptions
        {
            Publish = new SubjectPermissionOptions { Allow = ["ok.>"], Deny = ["ok.not"] },
            AllowResponses = new ResponsePermissionOptions(0, TimeSpan.Zero),
        });

        Assert.True(permissions.MayPublish("ok.1"u8));
        Assert.False(permissions.MayPublish("ok.not"u8));
        Assert.False(permissions.MayPublish("x"u8));
        Assert.Equal(new ResponsePermissionOptions(1, TimeSpan.FromMinutes(2)), permissions.Responses);
        Assert.Equal(permissions.Responses, permissions.Options.AllowResponses);
    }

    [Fact]
    public void An_entry_may_stand_in_a_list_twice()
    {
        PermissionSet permissions = Subscribe("foo,foo,foo q,foo q");

        Assert.True(permissions.MaySubscribe("foo"u8, default));
        Assert.True(permissions.MaySubscribe("foo"u8, "q"u8));
    }

    [Theory]
    [InlineData("foo..bar")]
    [InlineData("")]
    [InlineData(" foo")]
    [InlineData("foo q r")]
    [InlineData("foo q..r")]
    [InlineData("a.>.b")]
    public void An_invalid_entry_is_refused(string entry)
    {
        Assert.Throws<ArgumentException>(() => new PermissionSet(new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Deny = [entry] } }));
    }

    [Fact]
    public void A_queue_group_is_refused_for_publishing()
    {
        Assert.Throws<ArgumentException>(() => new PermissionSet(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["foo q"] } }));
    }

    [Fact]
    public void Questions_allocate_nothing()
    {
        PermissionSet permissions = Subscribe("foo.*,bar q", "foo.x,foo.y v.*");
        byte[] subject = Bytes("foo.z");
        byte[] queue = Bytes("v.1");
        bool Ask() => permissions.MaySubscribe(subject, queue) & permissions.MayDeliver(subject, queue) & permissions.MayPublish(subject);
        Assert.True(Ask());

        // The compiler is at it meanwhile, and code that it instruments may allocate: in one of the rounds nothing is.
        long least = long.MaxValue;
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                Ask();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
