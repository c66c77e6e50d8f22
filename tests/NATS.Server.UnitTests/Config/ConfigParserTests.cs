using NATS.Server.Core.Config;
using Xunit;
using static NATS.Server.UnitTests.Config.ParsedConfig;

namespace NATS.Server.UnitTests.Config;

public sealed class ConfigParserTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("# nothing\n// here", "{}")]
    [InlineData("a = 1\nb: 2\nc 3", "{a: 1#, b: 2#, c: 3#}")]
    [InlineData("a=1;b=2,c=3", "{a: 1#, b: 2#, c: 3#}")]
    [InlineData("{ a: 1, b: { c: d } }", "{a: 1#, b: {c: d}}")]
    [InlineData("{{ a: 1 }}", "{a: 1#}")]
    [InlineData("a: 1\n}", "{a: 1#}")]
    [InlineData("'a b': c\n\"d e\" f", "{a b: c, d e: f}")]
    [InlineData("a { b { c { d: e } } }", "{a: {b: {c: {d: e}}}}")]
    [InlineData("a: 1 # x\nb: 2 // y\n", "{a: 1#, b: 2#}")]
    [InlineData("a: x#y\nb: http://z", "{a: x#y, b: http://z}")]
    [InlineData("a { b }", "{b: {}}")]
    [InlineData("a: 1\na: 2", "{a: 2#}")]
    public void Reads_keys_separators_and_comments(string text, string expected) => Assert.Equal(expected, Show(text));

    [Theory]
    [InlineData("a: [b, c]", "{a: [b, c]}")]
    [InlineData("a: [\n b\n c,\n d, ]", "{a: [b, c, d]}")]
    [InlineData("a: [[b], {c: d}, 'e', 1 ]", "{a: [[b], {c: d}, e, 1#]}")]
    [InlineData("a {b: c; d: e\nf: g,}", "{a: {b: c, d: e, f: g}}")]
    [InlineData("a []\nb {}", "{a: [], b: {}}")]
    public void Reads_maps_and_arrays(string text, string expected) => Assert.Equal(expected, Show(text));

    [Theory]
    [InlineData("a (\none\n two)\n)\nb: 1", @"{a: \none\n two)\n, b: 1#}")]
    [InlineData("a {\n b (\nx\n)\n}", @"{a: {b: \nx\n}}")]
    // At the very end of a file the bracket is taken in.
    [InlineData("a (\nx\n)", @"{a: \nx\n)}")]
    public void Reads_block_strings(string text, string expected) => Assert.Equal(expected, Show(text));

    [Theory]
    [InlineData("""a: "x\ty\"z\\\x41" """, """{a: x\ty"z\A}""")]
    [InlineData("""a: 'x\ty"' """, """{a: x\ty"}""")]
    [InlineData("""a: x\x41y """, "{a: xAy}")]
    [InlineData("a: it'", "{a: it}")]
    [InlineData("a: \"one\ntwo\"", @"{a: one\ntwo}")]
    [InlineData("a: é世😀", "{a: é世😀}")]
    public void Reads_strings_and_escapes(string text, string expected) => Assert.Equal(expected.Replace("\t", "\\t"), Show(text));

    [Fact]
    public void A_byte_that_is_not_text_stays_apart_from_all_others()
    {
        var root = Parse("""a: "\xff", b: "\xfe" """).Root!;
        Assert.True(root.TryGet("a", out var a) && root.TryGet("b", out var b) && !a.Content.Equals(b.Content));
    }

    [Theory]
    [InlineData("5", 5L)]
    [InlineData("-5", -5L)]
    [InlineData("1k", 1000L)]
    [InlineData("1KB", 1024L)]
    [InlineData("1ki", 1024L)]
    [InlineData("1KiB", 1024L)]
    [InlineData("2m", 2_000_000L)]
    [InlineData("2mb", 2L << 20)]
    [InlineData("2MI", 2L << 20)]
    [InlineData("3g", 3_000_000_000L)]
    [InlineData("3gib", 3L << 30)]
    [InlineData("4t", 4_000_000_000_000L)]
    [InlineData("4tb", 4L << 40)]
    [InlineData("5p", 5_000_000_000_000_000L)]
    [InlineData("5pi", 5L << 50)]
    [InlineData("6e", 6_000_000_000_000_000_000L)]
    [InlineData("7eib", 7L << 60)]
    [InlineData("-1kb", -1024L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Reads_integers_with_size_suffixes(string text, long expected)
    {
        Assert.True(Parse("a: " + text).Root!.TryGet("a", out var value));
        Assert.Equal(expected, value.Content);
    }

    [Theory]
    [InlineData("1.5", 1.5)]
    [InlineData("-0.25", -0.25)]
    [InlineData("10.0", 10.0)]
    public void Reads_floats(string text, double expected)
    {
        Assert.True(Parse("a: " + text).Root!.TryGet("a", out var value));
        Assert.Equal(expected, value.Content);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("ON", true)]
    [InlineData("false", false)]
    [InlineData("No", false)]
    [InlineData("oFF", false)]
    public void Reads_booleans(string text, bool expected)
    {
        Assert.True(Parse("a: " + text).Root!.TryGet("a", out var value));
        Assert.Equal(expected, value.Content);
    }

    [Theory]
    [InlineData("\"true\"", "true")]
    [InlineData("127.0.0.1:4222", "127.0.0.1:4222")]
    [InlineData("5abc", "5abc")]
    [InlineData("2M5", "2M5")]
    [InlineData("5s", "5s")]
    public void Reads_what_begins_like_something_else_as_text(string text, string expected)
    {
        Assert.True(Parse("a: " + text).Root!.TryGet("a", out var value));
        Assert.Equal(expected, value.Content);
    }

    [Fact]
    public void Reads_dates()
    {
        Assert.True(Parse("a: 2016-05-04T18:53:41Z").Root!.TryGet("a", out var value));
        Assert.Equal(new DateTime(2016, 5, 4, 18, 53, 41, DateTimeKind.Utc), value.Content);
    }

    [Theory]
    [InlineData("a", "config is invalid (test.conf:1:1)")]
    [InlineData("b: 1\na", "config is invalid (test.conf:2:2)")]
    [InlineData(": a", "Parse error on line 1: 'Unexpected key separator ':''")]
    [InlineData("a {= b}", "Parse error on line 1: 'Unexpected key separator '='.'")]
    [InlineData("a:\nb", "Parse error on line 2: 'Expected value but found new line'")]
    [InlineData("a: b c", "Parse error on line 1: 'Expected a top-level value to end with a new line, comment or EOF, but got 'c' instead.'")]
    [InlineData("{ a: b c }", "Parse error on line 1: 'Expected a block-level value to end with a new line, comment or EOF, but got 'c' instead.'")]
    [InlineData("a {b: c d}", "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got 'd' instead.'")]
    [InlineData("a [b c]", "Parse error on line 1: 'Expected an array value terminator \",\" or an array terminator \"]\", but got 'c' instead.'")]
    [InlineData("a [, b]", "Parse error on line 1: 'Unexpected array value terminator ','.'")]
    [InlineData("a {b: , c: d}", "Parse error on line 1: 'Unexpected map value terminator \",\".'")]
    [InlineData("a {b: c ]", "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got ']' instead.'")]
    [InlineData("a { ] }", "Parse error on line 1: 'Unexpected array end ']' processing map.'")]
    [InlineData("\n\na {", "Parse error on line 3: 'Unexpected EOF processing map.'")]
    [InlineData("a { b", "Parse error on line 1: 'Unexpected EOF processing map key.'")]
    [InlineData("a { 'b", "Parse error on line 1: 'Unexpected EOF processing quoted map key.'")]
    [InlineData("a { \"b", "Parse error on line 1: 'Unexpected EOF processing double quoted map key.'")]
    [InlineData("a: \"b", "Parse error on line 1: 'Unexpected EOF.'")]
    [InlineData("a (b", "Parse error on line 1: 'Unexpected EOF processing block.'")]
    [InlineData("a: \"\\q\"", @"Parse error on line 1: 'Invalid escape character 'q'. Only the following escape characters are allowed: \xXX, \t, \n, \r, \"", \\.'")]
    [InlineData("a: \"\\xZZ\"", @"Parse error on line 1: 'Expected two hexadecimal digits after '\x', but got 'ZZ''")]
    [InlineData("a: \"\\x4\n\"", @"Parse error on line 2: 'Expected two hexadecimal digits after '\x', but hit end of line'")]
    [InlineData("a: .5", "Parse error on line 1: 'Floats must start with a digit'")]
    [InlineData("a: -.5", "Parse error on line 1: 'Floats must start with a digit, not '.'.'")]
    [InlineData("a: 5.x", "Parse error on line 1: 'Floats must have a digit after the '.', but got 'x' instead.'")]
    [InlineData("a: -x", "Parse error on line 1: 'Expected a digit but got 'x'.'")]
    [InlineData("a: 12-34", "Parse error on line 1: 'All ISO8601 dates must be in full Zulu form.'")]
    [InlineData("a: 2016-05-04", "Parse error on line 1: 'Expected 'T' in ISO8601 datetime, but found '\0' instead.'")]
    [InlineData("a: 2016-x", "Parse error on line 1: 'Expected digit in ISO8601 datetime, but found 'x' instead.'")]
    [InlineData("a: 2016-13-04T18:53:41Z", "expected Zulu formatted DateTime, but got '2016-13-04T18:53:41Z'")]
    [InlineData("a: 99999999999999999999", "integer '99999999999999999999' is out of the range")]
    [InlineData("a: 1kbb", "test.conf:1:3: integer '1kbb' has an unknown size suffix")]
    [InlineData("a: $b", "variable reference for 'b' on line 1 can not be found")]
    [InlineData("include x.conf", "error parsing include file 'x.conf', open x.conf: no such file or directory")]
    [InlineData("include 5", "Parse error on line 1: 'Expected include value but found start of a number'")]
    [InlineData("include {", "Parse error on line 1: 'Expected include value but found start of a map'")]
    public void Says_what_is_wrong_as_the_reference_does(string text, string expected) => Assert.Equal("!" + expected, Show(text));

    [Fact]
    public void A_value_knows_its_key_and_an_element_itself()
    {
        var root = Parse("a: 1\n  bc {\n\t\td: [ e\n f, {g: h} ]\n}").Root!;
        Assert.Equal(new ConfigPosition("test.conf", 1, 0), At("a"));
        Assert.Equal(new ConfigPosition("test.conf", 2, 3), At("bc"));
        Assert.Equal(new ConfigPosition("test.conf", 3, 3), At("bc", "d"));
        var array = (ConfigArray)Value("bc", "d").Content;
        Assert.Equal(new ConfigPosition("test.conf", 3, 8), array[0].Position);
        Assert.Equal(new ConfigPosition("test.conf", 4, 2), array[1].Position);
        Assert.Equal("test.conf:4:11", array[2].Position.ToString());

        ConfigPosition At(params string[] path) => Value(path).Position;

        ConfigValue Value(params string[] path)
        {
            var map = root;
            ConfigValue? value = null;
            foreach (var name in path)
            {
                Assert.True(map.TryGet(name, out value), name);
                map = value.Content as ConfigMap ?? map;
            }
            return value!;
        }
    }

    [Theory]
    [InlineData("v: x\na: $v", "{v: x, a: x}")]
    [InlineData("v: x\nm { v: y, a: $v }\nb: $v", "{v: x, m: {v: y, a: y}, b: x}")]
    [InlineData("v: x\nm { n { a: $v } }", "{v: x, m: {n: {a: x}}}")]
    [InlineData("v { p: q }\na: $v", "{v: {p: q}, a: {p: q}}")]
    [InlineData("v: x\na: [$v, y]", "{v: x, a: [x, y]}")]
    [InlineData("v: x\na: \"$v\"", "{v: x, a: $v}")]
    [InlineData("a: $2a$11$hash", "{a: $2a$11$hash}")]
    public void Variables_resolve_through_the_blocks_around(string text, string expected) => Assert.Equal(expected, Show(text));

    [Theory]
    [InlineData("a: $E", "E", "text", "{a: text}")]
    [InlineData("a: $E", "E", "5kb", "{a: 5120#}")]
    [InlineData("a: $E", "E", "on", "{a: true}")]
    [InlineData("a: $E", "E", "[b, {c: d}]", "{a: [b, {c: d}]}")]
    [InlineData("a: $E", "E", "", "{a: }")]
    [InlineData("a: $E", "E", "\"b c\"", "{a: b c}")]
    [InlineData("a: $E", "E", "b c", "!variable reference for 'E' on line 1 could not be parsed: Parse error on line 1: " +
        "'Expected a top-level value to end with a new line, comment or EOF, but got 'c' instead.'")]
    [InlineData("E: file\na: $E", "E", "environment", "{E: file, a: file}")]
    public void Variables_come_from_the_environment_last(string text, string name, string value, string expected) =>
        Assert.Equal(expected, Show(text, environment: new Dictionary<string, string> { [name] = value }));

    [Fact]
    public void Environment_variables_may_refer_to_each_other_but_not_in_a_cycle()
    {
        Assert.Equal("{a: deep}", Show("a: $X", environment: new Dictionary<string, string> { ["X"] = "$Y", ["Y"] = "deep" }));
        Assert.Equal("!variable reference for 'X' on line 1 could not be parsed: variable reference for 'Y' on line 1 could not be parsed: " +
            "variable reference for 'X' on line 1 could not be parsed: variable reference cycle for 'X'",
            Show("a: $X", environment: new Dictionary<string, string> { ["X"] = "$Y", ["Y"] = "$X" }));
    }

    [Fact]
    public void Values_of_the_environment_are_placed_where_they_are_referred_to()
    {
        Assert.True(Parse("\n\n  a: $E", environment: new Dictionary<string, string> { ["E"] = "[b, {c: d}]" }).Root!.TryGet("a", out var value));
        var map = (ConfigMap)((ConfigArray)value.Content)[1].Content;
        Assert.True(map.TryGet("c", out var inner));
        Assert.Equal(3, inner.Position.Line);
    }

    [Fact]
    public void A_variable_that_was_used_says_so_and_others_do_not()
    {
        var root = Parse("used: 1\nother: 2\na: $used").Root!;
        Assert.True(root.TryGet("used", out var used) && used.IsUsedVariable);
        Assert.True(root.TryGet("other", out var other) && !other.IsUsedVariable);
        Assert.True(root.TryGet("a", out var a) && !a.IsUsedVariable);
    }

    [Fact]
    public void Includes_are_relative_to_their_file_and_merge_their_keys()
    {
        var files = new Dictionary<string, string>
        {
            ["sub/one.conf"] = "a: 1\ninclude two.conf\n",
            ["sub/two.conf"] = "b: 2\ninclude '../three.conf'\n",
            ["three.conf"] = "c: 3",
        };
        Assert.Equal("{x: 0#, a: 1#, b: 2#, c: 3#, m: {c: 3#}, y: 2#}", Show("x: 0\ninclude \"sub/one.conf\"\nm { include ./three.conf\n}\ny: $b", files));
    }

    [Fact]
    public void Includes_know_their_file_and_see_no_variables_of_others()
    {
        var files = new Dictionary<string, string> { ["sub/one.conf"] = "\n a: 1", ["two.conf"] = "b: $v" };
        Assert.True(Parse("include sub/one.conf", files).Root!.TryGet("a", out var value));
        Assert.Equal(new ConfigPosition("sub/one.conf", 2, 2), value.Position);
        Assert.Equal("!error parsing include file 'two.conf', variable reference for 'v' on line 1 can not be found", Show("v: 1\ninclude two.conf", files));
    }

    [Fact]
    public void Included_files_that_include_each_other_are_an_error()
    {
        var files = new Dictionary<string, string> { ["a.conf"] = "include b.conf", ["b.conf"] = "include a.conf" };
        Assert.EndsWith($"more than {ConfigParser.MaxIncludeDepth} files include each other", Parse("include a.conf", files).Error);
    }

    [Fact]
    public void Nesting_and_expansion_are_bounded()
    {
        Assert.NotNull(Parse("a: " + new string('[', 900) + new string(']', 900)).Root);
        Assert.Contains("nested deeper than", Parse("a: " + new string('[', 1_000_000)).Error);
        Assert.Contains("nested deeper than", Parse(string.Concat(Enumerable.Range(0, 1100).Select(i => $"a{i}: [$a{i - 1}]\n")).Replace("$a-1", "x")).Error);
        Assert.Contains("more than", Parse("a0: [x]\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"a{i}: [$a{i - 1}, $a{i - 1}]\n"))).Error);
    }
}
