using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.Subjects;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests;

/// <summary>Our mappings against those of the reference server: same destinations, same refusals.</summary>
public sealed class SubjectMappingTests
{
    // Source, destination, published subject. Each gets its own first token on both sides.
    private static readonly (string Source, string Destination, string Subject)[] Transforms =
    [
        ("foo", "bar", "foo"),
        ("foo.*.bar.*.baz", "req.$2.$1", "foo.A.bar.B.baz"),
        ("foo.*.bar.*.baz", "req.{{wildcard(2)}}.{{Wildcard( 1 )}}", "foo.A.bar.B.baz"),
        ("*", "$0.$1", "x"),
        ("*.*", "{{wildcard(0)}}.$-1.$+2", "x.y"),
        (">", "my.pre.>", "1.2.3"),
        ("*.>", "$1.>", "1.2.3"),
        ("*", "$JS.$1", "x"),
        ("*", "{{splitfromleft(1,3)}}", "12345"),
        ("*", "{{splitFromLeft(1,5)}}", "12345"),
        ("*", "{{splitfromleft(1,0)}}", "12345"),
        ("*", "{{splitfromleft(1,-2)}}", "12345"),
        ("*", "{{SplitFromRight(1,3)}}", "12345"),
        ("*", "{{SplitFromRight(1,7)}}", "12345"),
        ("*", "{{SliceFromLeft(1,3)}}", "1234567890"),
        ("*", "{{SliceFromLeft(1,5)}}", "1234567890"),
        ("*", "{{SliceFromLeft(1,1)}}", "123"),
        ("*", "{{SliceFromLeft(1,10)}}", "1234567890"),
        ("*", "{{SliceFromRight(1,3)}}", "1234567890"),
        ("*", "{{SliceFromRight(1,5)}}", "1234567890"),
        ("*", "{{SliceFromRight(1,4)}}", "1234567890"),
        ("*", "{{split(1,-)}}", "-abc-def--ghi-"),
        ("*", "{{split(1,-)}}", "abc-def--ghi-"),
        ("*", "{{split(1,-)}}", "abc"),
        ("*", "{{split(1,-)}}", "--abc"),
        ("*", "{{split(1,-)}}", "---"),
        ("*", "{{split(1,-)}}.x", "-"),
        ("*", "{{split(1,::)}}", "a::b:c::::d"),
        ("*", "{{split(1,)}}", "aé✓"),
        ("*", "{{split(1, )}}", "abc"),
        ("*.*", "{{split(2,-)}}.{{splitfromleft(1,2)}}", "foo.-abc-def--ghij-"),
        ("*", "{{right(1,1)}}", "1234"),
        ("*", "{{right(1,6)}}", "1234"),
        ("*", "{{left(1,3)}}", "1234"),
        ("*", "{{left(1,0)}}", "1234"),
        ("*", "{{left(1,2)}}", "éa"),
        ("*", "{{left(1,1)}}{{right(1,2)}}", "abcdef"),
        ("*", "x{{left(1,1)}}", "abcdef"),
        ("*", "{{ left\t( 1 , 2 ) }}", "abcdef"),
        ("*", "{{partition(0)}}", "baz"),
        ("*", "{{partition(10, 0)}}", "foo"),
        ("*.*", "{{partition(10)}}", "foo.bar"),
        ("*.*", "{{partition(1000000,1,2)}}", "fo.o"),
        ("*.*", "{{partition(1000000,2,1)}}", "fo.o"),
        ("*", "{{partition(2147483647)}}", "qux"),
        ("*", "{{partition(-3)}}", "qux"),
        ("*", "{{partition(-4294967290)}}", "qux"),
        ("*", "{{random(1)}}", "qux"),
        ("*", "{{random(0)}}", "qux"),
        ("*", "{{random(-1)}}", "qux"),

        // No partition of a literal source: when such a mapping comes first in its list, whose order is random, the reference hashes an empty subject.
        ("*", "one..two", "x"),
        ("*", "{{unknown(1)}}", "x"),
        ("*", "{{PARTITION(1)}}", "x"),
        ("*", "$2", "x"),
        ("*", "*", "x"),
        ("*", ">", "x"),
        (">", "x", "x"),
        ("*", "a.>.b", "x"),
        ("*", "{{partition()}}", "x"),
        ("*", "{{partition(1,x)}}", "x"),
        ("*", "{{partition(2147483648)}}", "x"),
        ("*", "{{random()}}", "x"),
        ("*", "{{random(1,2)}}", "x"),
        ("*", "{{random(x)}}", "x"),
        ("*", "{{wildcard()}}", "x"),
        ("*", "{{wildcard(x)}}", "x"),
        ("*", "{{wildcard(1,2)}}", "x"),
        ("*", "{{wildcard(2)}}", "x"),
        ("*", "{{split(1)}}", "x"),
        ("*", "{{split(x,y)}}", "x"),
        ("*", "{{split(1,2,3)}}", "x"),
        ("*", "{{split(1,a b)}}", "x"),
        ("*", "{{left(1)}}", "x"),
        ("*", "{{left(1,2,3)}}", "x"),
        ("*", "{{left(1,x)}}", "x"),
        ("*", "{{sliceFromLeft(1,2147483648)}}", "x"),
        ("foo", "{{wildcard(1)}}", "foo"),
        ("foo", "$1", "foo"),
        ("foo", "a b", "foo"),
        ("foo", "{{ x", "foo"),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_mapping_sends_a_message_where_the_reference_sends_it(bool isReference)
    {
        List<(string Line, string Subject, string Expected)> cases = [];
        foreach ((string source, string destination, string subject) in Prefixed())
        {
            if (!SubjectMapping.TryCreate(source, destination, out SubjectMapping? mapping, out _)) continue;
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            Assert.Equal(MappingResult.Mapped, new SubjectMappings([mapping]).Map(Encoding.UTF8.GetBytes(subject), null, new Random(1), output));
            cases.Add((ConfigLine(source, destination), subject, Encoding.UTF8.GetString(output.WrittenSpan)));
        }

        Assert.True(cases.Count > 45);
        await using ServerProcess server = await StartAsync(isReference, Config(cases.Select(c => c.Line)));
        await using RawClient client = await RawClient.HandshakeAsync(server.Port);
        await client.SendAsync("SUB > 1\r\n");
        await client.SendAsync(Encoding.UTF8.GetBytes(string.Concat(cases.Select(c => $"PUB {c.Subject} 2\r\nok\r\nPING\r\n"))));
        foreach ((string line, _, string expected) in cases)
        {
            // A destination with an empty token reaches nobody.
            string received = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(await client.ReadUntilAsync("PONG\r\n")));
            string message = Subject.IsValidLiteral(Encoding.UTF8.GetBytes(expected)) ? $"MSG {expected} 1 2\r\nok\r\n" : "";
            Assert.Equal((line, message + "PONG\r\n"), (line, received));
        }
    }

    [Fact]
    public async Task A_mapping_is_refused_in_the_words_of_the_reference()
    {
        Dictionary<string, string?> ours = [];
        foreach ((string source, string destination, _) in Prefixed())
        {
            SubjectMapping.TryCreate(source, destination, out _, out string? error);
            ours.Add($"{source} to {destination}", error);
        }

        await using ServerProcess server = await ServerProcess.StartAsync(
            ReferenceServer.Path,
            new ServerProcessOptions
            {
                Config = Config(Prefixed().Select(c => ConfigLine(c.Source, c.Destination))), Arguments = ["-t"], WaitUntilReady = false, RandomPort = false,
            });
        await server.WaitForExitAsync();

        var theirs = ours.Keys.ToDictionary(key => key, _ => (string?)null);
        foreach (Match match in Regex.Matches(server.LogText(), @"Error adding mapping for ""(.*)"" to ""(.*)"" : (.*)"))
        {
            theirs[$"{match.Groups[1].Value} to {match.Groups[2].Value.Replace("\\t", "\t")}"] = match.Groups[3].Value;
        }

        Assert.True(theirs.Values.Count(error => error is not null) > 20);
        Assert.Equal(theirs.OrderBy(entry => entry.Key), ours.OrderBy(entry => entry.Key));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Weighted_mappings_keep_and_drop_as_the_reference_does(bool isReference)
    {
        const string config = """
            mappings {
              keep: [ {destination: keep.a, weight: 0} ]
              drop: [ {destination: drop, weight: 0} ]
              "wild.*": [ {destination: "wild.b.$1", weight: "100%"} ]
              elsewhere: [ {destination: elsewhere.a, weight: 100, cluster: other} ]
            }
            """;
        SubjectMappings mappings = new(
        [
            Create("keep", new MappingDestination("keep.a", 0)), Create("drop", new MappingDestination("drop", 0)),
            Create("wild.*", new MappingDestination("wild.b.$1", 100)), Create("elsewhere", new MappingDestination("elsewhere.a", 100, "other")),
        ]);

        await using ServerProcess server = await StartAsync(isReference, config);
        await using RawClient client = await RawClient.HandshakeAsync(server.Port);
        await client.SendAsync("SUB > 1\r\n");
        foreach (string subject in (string[])["keep", "drop", "wild.x", "elsewhere", "none"])
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            string expected = mappings.Map(Encoding.UTF8.GetBytes(subject), null, new Random(1), output) switch
            {
                MappingResult.Mapped => $"MSG {Encoding.UTF8.GetString(output.WrittenSpan)} 1 0\r\n\r\n",
                MappingResult.Dropped => "",
                _ => $"MSG {subject} 1 0\r\n\r\n",
            };
            await client.SendAsync($"PUB {subject} 0\r\n\r\n");
            Assert.Equal(expected + "PONG\r\n", await client.PingAsync());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Permissions_are_asked_for_the_mapped_subject(bool isReference)
    {
        const string config = """
            mappings { "in.*": "out.$1", free: locked }
            authorization { users: [ { user: u, password: p, permissions: { publish: { allow: ["out.>", free] } } } ] }
            """;

        await using ServerProcess server = await StartAsync(isReference, config);
        await using RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"user\":\"u\",\"pass\":\"p\"}\r\n");
        await client.SendAsync("SUB > 1\r\n");

        await client.SendAsync("PUB in.x 0\r\n\r\n");
        Assert.Equal("MSG out.x 1 0\r\n\r\nPONG\r\n", await client.PingAsync());
        await client.SendAsync("PUB free 0\r\n\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"locked\"'\r\nPONG\r\n", await client.PingAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reload_replaces_all_mappings(bool isReference)
    {
        await using ServerProcess server = await StartAsync(isReference, "mappings { a: old, b: old }\n");
        await using RawClient client = await RawClient.HandshakeAsync(server.Port);
        await client.SendAsync("SUB > 1\r\nPUB a 0\r\n\r\nPUB b 0\r\n\r\n");
        Assert.Equal("MSG old 1 0\r\n\r\nMSG old 1 0\r\n\r\nPONG\r\n", await client.PingAsync());

        server.WriteConfig("mappings { a: new }\n");
        int from = server.Log.Count;
        server.Signal("HUP");
        await server.WaitForLogAsync("Reloaded", from);
        await client.SendAsync("PUB a 0\r\n\r\nPUB b 0\r\n\r\n");

        Assert.Equal("MSG new 1 0\r\n\r\nMSG b 1 0\r\n\r\nPONG\r\n", await client.PingAsync());
    }

    private static Task<ServerProcess> StartAsync(bool isReference, string config)
    {
        var options = new ServerProcessOptions { Config = config };
        return isReference ? ReferenceServer.StartAsync(options) : OurServer.StartAsync(options);
    }

    private static SubjectMapping Create(string source, MappingDestination destination)
    {
        Assert.True(SubjectMapping.TryCreate(source, [destination], out SubjectMapping? mapping, out string? error), error);
        return mapping;
    }

    private static IEnumerable<(string Source, string Destination, string Subject)> Prefixed() =>
        Transforms.Select((t, i) => ($"s{i}.{t.Source}", $"d{i}.{t.Destination}", $"s{i}.{t.Subject}"));

    private static string ConfigLine(string source, string destination) => $"  \"{source}\": \"{destination.Replace("\t", "\\t")}\"";

    private static string Config(IEnumerable<string> lines) => $"mappings {{\n{string.Join('\n', lines)}\n}}\n";
}
