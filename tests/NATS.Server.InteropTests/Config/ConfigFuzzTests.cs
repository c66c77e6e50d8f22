using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>Seeded random texts near the language: both servers read them alike, down to the digest. A seed that fails is replayed by its number.</summary>
public sealed class ConfigFuzzTests
{
    private const int TextsPerSeed = 100;

    private static readonly string[] Fragments =
    [
        "foo", "port", "a", "b", "include", "listen", "=", ":", " ", "\n", "\n", "{", "}", "[", "]", "(", ")", "\n)\n", ",", ";", "#", "//", "/", "# c\n",
        "// d\n", "\"x\"", "'y'", "\"a\\tb\"", "\"\\x41\"", "\"\\xff\"", "\\n", "1", "-1", "1k", "2MB", "3gib", "1.5", "-2.5", "127.0.0.1:4222",
        "2016-05-04T18:53:41Z", "true", "off", "$a", "$b", "$foo", "$2a$xx", "\t", "\r\n", "é", "世", "😀", "\u00a0", "'", "\"", "\\", "a=1\n",
        "b: [a, b]\n", "c {d: e}\n", "<&>", "\u2028", "include 'inc.conf'\n", "include inc2.conf\n", ".", "-", "T", "Z", "$", "%", "@", "1kb",
        "99999999999999999999", "0.1", "1e5", "x.y", "\0", "\u007f", "\u0001", "{\n", "}\n", "[\n", "]\n", "2016-", "\u0663",
    ];

    private static readonly string[] Seeds =
    [
        "a: 1\nb: $a\n", "m { x: 1, y: [1, 2, 3 ], z { q: 'r' } }\n", "{ a: 1, b: 2 }\n", "s: \"q\\tw\"\nt: \"a\\x20b\" u\n", "blk (\n  text } here\n)\nport: 1\n",
        "list [\n a\n b,\n {c: d}\n {e: f}\n]\n", "x = 1.25; y = -3; z=10MB\n", "d: 2016-05-04T18:53:41Z\nip: 10.0.0.1:22\n", "include 'inc.conf'\nuse: $iv\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Both_servers_read_random_texts_alike(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        folder.Write("inc.conf", "iv: 7\n");
        folder.Write("inc2.conf", "bad { \n");
        var differences = new List<string>();
        for (var i = 0; i < TextsPerSeed; i++)
        {
            var text = random.Next(2) == 0 ? Compose(random) : Mutate(random);
            File.WriteAllText(Path.Combine(folder.Path, "test.conf"), text, new UTF8Encoding(false));
            var reference = ConfigCheck.ByReference(folder.Path, new Dictionary<string, string?>());
            var ours = ConfigCheck.ByOurs(folder.Path, new Dictionary<string, string?>());
            // An unknown size suffix is refused on purpose.
            if (ours.Text.Contains("has an unknown size suffix", StringComparison.Ordinal)) continue;
            if (reference.Text != ours.Text || (reference.IsValid && reference.Digest != ours.Digest))
                differences.Add($"text {i}: {text}\n  reference: {reference.Text} {reference.Digest}\n  ours:      {ours.Text} {ours.Digest}");
        }
        Assert.Empty(differences);
    }

    private static string Compose(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 15)).Select(_ => Pick(random, Fragments)));

    private static string Mutate(Random random)
    {
        var text = Pick(random, Seeds) + Pick(random, Seeds);
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(text.Length);
            text = random.Next(3) switch
            {
                0 => text.Insert(at, Pick(random, Fragments)),
                1 => text.Remove(at, Math.Min(random.Next(1, 5), text.Length - at)),
                _ => text[..at] + "'\"{}[]\\/#$\n"[random.Next(11)] + text[(at + 1)..],
            };
        }
        return text;
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
