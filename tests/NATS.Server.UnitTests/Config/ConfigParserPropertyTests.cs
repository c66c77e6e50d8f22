using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NATS.Server.Core.Config;
using Xunit;

namespace NATS.Server.UnitTests.Config;

/// <summary>The parser ends, with a tree or a message, whatever it is given.</summary>
public sealed class ConfigParserPropertyTests
{
    private static readonly string[] Fragments =
    [
        "a", "b", "include", "=", ":", " ", "\n", "{", "}", "[", "]", "(", ")", "\n)\n", ",", ";", "#", "//", "/", "\"", "'", "\\", "\\x4", "1", "-", ".", "k",
        "kb", "T", "Z", "2016-05-04T18:53:41Z", "true", "$", "$a", "$E", "$2a$", "\t", "\r", "é", "😀", "\0", "include 'x.conf'\n",
    ];

    private static readonly ConfigSources Sources = new(
        path => path == "x.conf" ? new ConfigFile("i: 1\ninclude x.conf"u8.ToArray()) : new ConfigFile(default, "no"),
        name => name == "E" ? "$E" : null);

    [Fact]
    public void Any_bytes_are_a_tree_or_a_message() => Prop.ForAll<byte[]>(bytes => Check(bytes)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_fragments_are_a_tree_or_a_message()
    {
        var texts = Gen.Elements(Fragments).ArrayOf().Select(string.Concat);
        Check(texts, 3000);
    }

    [Fact]
    public void A_damaged_configuration_is_a_tree_or_a_message()
    {
        const string whole = "a: 1\nm { x: \"q\\tw\", y: [1, 2 , {z: $a}] }\nb (\n t\n)\nd: 2016-05-04T18:53:41Z # c\ninclude x.conf\ne: 1.5; f: -3kb\n";
        var damaged = Gen.Choose(0, whole.Length - 1).SelectMany(_ => Gen.Choose(0, 5), (at, cut) => (at, cut))
            .SelectMany(_ => Gen.Elements(Fragments), (edit, put) => whole[..edit.at] + put + whole[Math.Min(whole.Length, edit.at + edit.cut)..]);
        Check(damaged, 3000);
    }

    [Fact]
    public void What_was_read_can_be_read_again_and_has_a_digest()
    {
        var words = Gen.Elements("a", "b c", "1", "x\"y", "t\ty", "é😀", "$v", "{", "").ArrayOf();
        Prop.ForAll(words.ToArbitrary(), parts =>
        {
            var text = string.Concat(parts.Select((part, i) => $"k{i}: \"{part.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\t", @"\t")}\"\n"));
            var root = ConfigParser.Parse(Encoding.UTF8.GetBytes(text), "", Sources).Root!;
            return parts.SequenceEqual(root.Select(pair => (string)pair.Value.Content)) && ConfigDigest.Of(root).Length == 71;
        }).QuickCheckThrowOnFailure();
    }

    private static void Check(Gen<string> texts, int count) =>
        Prop.ForAll(texts.ToArbitrary(), text => Check(Encoding.UTF8.GetBytes(text))).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(count));

    private static bool Check(byte[] bytes)
    {
        var result = ConfigParser.Parse(bytes, "test.conf", Sources);
        return result.TryGetRoot(out var root, out var error) ? ConfigDigest.Of(root).StartsWith("sha256:", StringComparison.Ordinal) : error.Length > 0;
    }
}
