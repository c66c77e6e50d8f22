using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class SubjectMappingsReaderTests
{
    [Fact]
    public void Mappings_keep_their_order_weights_and_clusters()
    {
        var mappings = Read("""
            mappings {
              foo: bar
              "a.*": [ { destination: "b.$1", weight: 30 }, { dest: "c.$1", weight: "70%" } ]
              d { destination: e, weight: 50, cluster: east }
            }
            """).Mappings;
        Assert.Equal(["foo", "a.*", "d"], mappings.Select(mapping => mapping.Source));
        Assert.Equal([new MappingDestinationOptions("bar", 100)], mappings[0].Destinations);
        Assert.Equal([new MappingDestinationOptions("b.$1", 30), new MappingDestinationOptions("c.$1", 70)], mappings[1].Destinations);
        Assert.Equal([new MappingDestinationOptions("e", 50, "east")], mappings[2].Destinations);
    }

    [Fact]
    public void Both_spellings_are_one_list_and_the_later_source_wins()
    {
        var mappings = Read("mappings { a: b, c: d }\nmaps { a: e }").Mappings;
        Assert.Equal(["c", "a"], mappings.Select(mapping => mapping.Source));
        Assert.Equal("e", mappings[1].Destinations[0].Subject);
    }

    [Theory]
    [InlineData("\"a..b\": c", "1:0: Subject \"a..b\" is not a valid subject")]
    [InlineData("a: \"b..c\"", "1:11: Error adding mapping for \"a\" to \"b..c\" : invalid mapping destination: invalid transform")]
    [InlineData("a: 5", "1:11: Expected an entry for the mapping destination")]
    [InlineData("a: [b]", "1:15: Expected an entry for the mapping destination")]
    [InlineData("a {dest: b}", "1:11: Missing weight for mapping destination \"b\"")]
    [InlineData("a {dest: b, weight: 101}", "1:23: Invalid weight 101 for mapping destination")]
    [InlineData("a {dest: b, weight: x}", "1:23: Invalid weight \"x\" for mapping destination")]
    [InlineData("a {dest: b, weight: 1.5}", "1:23: Unknown entry type for weight of 1.5")]
    [InlineData("a {dest: b, wieght: 1}", "1:23: Unknown field \"wieght\" for mapping destination, did you mean \"weight\"?")]
    [InlineData("a: [{dest: b, weight: 60}, {dest: c, weight: 60}]", "1:11: Error adding mapping for \"a\" : total weight needs to be <= 100")]
    [InlineData("a: [{dest: b, weight: 6}, {dest: b, weight: 6}]", "1:11: Error adding mapping for \"a\" : duplicate entry for \"b\"")]
    public void Says_what_is_wrong_as_the_reference_does(string block, string expected) => Assert.Equal(expected, Error($"mappings {{ {block} }}"));
}
