using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SubjectMappingTests
{
    private readonly Random _random = new(7);

    [Fact]
    public void A_simple_mapping_maps_everything_its_source_matches()
    {
        var mappings = new SubjectMappings([Create("foo", "bar"), Create("a.*", "b.$1")]);

        Assert.Equal("bar", Map(mappings, "foo"));
        Assert.Equal("b.x", Map(mappings, "a.x"));
        Assert.Null(Map(mappings, "foo.bar"));
        Assert.Null(Map(mappings, "a.b.c"));
        Assert.Null(Map(SubjectMappings.Empty, "foo"));
    }

    [Fact]
    public void A_literal_source_is_tried_before_wildcards_and_those_in_order()
    {
        var mappings = new SubjectMappings([Create("*", "any"), Create("foo", "literal"), Create(">", "all.>")]);

        Assert.Equal("literal", Map(mappings, "foo"));
        Assert.Equal("any", Map(mappings, "bar"));
        Assert.Equal("all.foo.bar", Map(mappings, "foo.bar"));
    }

    [Fact]
    public void Of_two_mappings_with_one_source_the_later_counts()
    {
        var mappings = new SubjectMappings([Create("foo", "first"), Create("bar", "other"), Create("foo", "second")]);

        Assert.Equal("second", Map(mappings, "foo"));
        Assert.Equal(["foo", "bar"], mappings.All.Select(mapping => mapping.Source));
        Assert.Equal("third", Map(mappings.With(Create("foo", "third")), "foo"));
        Assert.Null(Map(mappings.Without("foo"), "foo"));
        Assert.True(mappings.Without("foo").Without("bar").IsEmpty);
    }

    [Fact]
    public void Messages_are_spread_by_weight_and_the_rest_stays()
    {
        var mappings = new SubjectMappings([Create("foo.*", [new("a.$1", 50), new("b.$1", 20)])]);

        Dictionary<string, int> counts = Spread(mappings, "foo.x");

        Assert.Equal(["a.x", "b.x", "foo.x"], counts.Keys.Order());
        Assert.InRange(counts["a.x"], 4800, 5200);
        Assert.InRange(counts["b.x"], 1800, 2200);
        Assert.InRange(counts["foo.x"], 2800, 3200);
    }

    [Fact]
    public void A_source_among_its_destinations_gives_the_rest_up()
    {
        var mappings = new SubjectMappings([Create("foo", [new("foo", 20), new("bar", 30)])]);

        Dictionary<string, int> counts = Spread(mappings, "foo");

        Assert.Equal(["bar", "dropped", "foo"], counts.Keys.Order());
        Assert.InRange(counts["foo"], 1800, 2200);
        Assert.InRange(counts["bar"], 2800, 3200);
    }

    [Fact]
    public void A_cluster_with_destinations_of_its_own_uses_only_those()
    {
        var mappings = new SubjectMappings(
            [Create("foo", [new("everywhere", 100), new("east.a", 100, "east"), new("west.a", 40, "west"), new("west.b", 20, "west")])]);

        Assert.Equal(["everywhere"], Spread(mappings, "foo").Keys);
        Assert.Equal(["everywhere"], Spread(mappings, "foo", "north").Keys);
        Assert.Equal(["east.a"], Spread(mappings, "foo", "east").Keys);
        Dictionary<string, int> west = Spread(mappings, "foo", "west");
        Assert.Equal(["foo", "west.a", "west.b"], west.Keys.Order());
        Assert.InRange(west["foo"], 3800, 4200);
    }

    [Fact]
    public void Without_a_destination_for_every_cluster_the_others_keep_the_source()
    {
        var mappings = new SubjectMappings([Create("foo", [new("east.a", 100, "east")])]);

        Assert.Equal(["foo"], Spread(mappings, "foo").Keys);
    }

    [Theory]
    [InlineData("foo..bar", "x:100", "invalid subject")]
    [InlineData("foo bar", "x:100", "invalid subject")]
    [InlineData("foo", "x:60 y:60", "total weight needs to be <= 100")]
    [InlineData("foo", "x:101", "individual weights need to be <= 100")]
    [InlineData("foo", "x:10 x:10", "duplicate entry for \"x\"")]
    [InlineData("foo", "x:60@east x:10@west", "duplicate entry for \"x\"")]
    [InlineData("foo", "x:60@east y:60@east", "total weight needs to be <= 100")]
    [InlineData("foo.*", "x.{{unknown(1)}}:10", "invalid mapping destination: unknown function in {{unknown(1)}}")]
    [InlineData("foo.*", "x.$2:10", "invalid mapping destination: wildcard index out of range in $2: [2]")]
    [InlineData("foo", ":10", "invalid mapping destination: invalid transform")]
    [InlineData("foo.{{bad}}", "x:10", "invalid mapping destination: unknown function in {{bad}}")]
    public void An_invalid_mapping_is_refused(string source, string destinations, string expected)
    {
        MappingDestination[] parsed = [.. destinations.Split(' ').Select(text =>
        {
            string[] parts = text.Split(':', '@');
            return new MappingDestination(parts[0], int.Parse(parts[1]), parts.Length > 2 ? parts[2] : null);
        })];

        Assert.False(SubjectMapping.TryCreate(source, parsed, out SubjectMapping? mapping, out string? error));
        Assert.Null(mapping);
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Weights_of_different_clusters_are_added_apart() =>
        Create("foo", [new("a", 60), new("b", 60, "east"), new("c", 60, "west")]);

    [Fact]
    public void Mapping_allocates_nothing()
    {
        var mappings = new SubjectMappings([Create("foo", "bar"), Create("a.*", [new("b.$1", 50, "east"), new("c.$1.{{partition(10,1)}}", 30)])]);
        var output = new ArrayBufferWriter<byte>(1024);
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            if (i == 100) before = GC.GetAllocatedBytesForCurrentThread();
            foreach (string? cluster in (ReadOnlySpan<string?>)[null, "east"])
            {
                output.ResetWrittenCount();
                mappings.Map("foo"u8, cluster, _random, output);
                mappings.Map("a.b"u8, cluster, _random, output);
                mappings.Map("other"u8, cluster, _random, output);
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private Dictionary<string, int> Spread(SubjectMappings mappings, string subject, string? cluster = null)
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 10_000; i++)
        {
            string to = Map(mappings, subject, cluster) ?? "unmapped";
            counts[to] = counts.GetValueOrDefault(to) + 1;
        }

        return counts;
    }

    private string? Map(SubjectMappings mappings, string subject, string? cluster = null)
    {
        var output = new ArrayBufferWriter<byte>();
        return mappings.Map(Encoding.UTF8.GetBytes(subject), cluster, _random, output) switch
        {
            MappingResult.Mapped => Encoding.UTF8.GetString(output.WrittenSpan),
            MappingResult.Dropped => "dropped",
            _ => null,
        };
    }

    private static SubjectMapping Create(string source, string destination) => Create(source, [new(destination, 100)]);

    private static SubjectMapping Create(string source, MappingDestination[] destinations)
    {
        Assert.True(SubjectMapping.TryCreate(source, destinations, out SubjectMapping? mapping, out string? error), error);
        return mapping;
    }
}
