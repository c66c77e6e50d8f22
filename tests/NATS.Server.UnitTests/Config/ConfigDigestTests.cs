using NATS.Server.Core.Config;
using Xunit;

namespace NATS.Server.UnitTests.Config;

/// <summary>Digests that nats-server 2.15.1 prints.</summary>
public sealed class ConfigDigestTests
{
    [Theory]
    [InlineData("debug: true\n", "eca738dbc8155b8e2da07ff1a72a27aea10ba0fe3256289ad8b18ef5846bec7e")]
    [InlineData("authorization { timeout: 1.5, users: [ {user: a, password: b} ] }\nmax_pending: 1kb\n", "9197b66b2b886c0bd3638c86598b31456f708658184bd7b249e442cd46953edb")]
    [InlineData("authorization { timeout: 0.00000012345, token: t }", "214868d5d98a7f3873138154661ee4656fe5aa08f7cd0b1fb5b0af92619822b5")]
    [InlineData("server_metadata { \"<&>\": \"tab\\t nl\\n q\\\" u \\x01\\x7f é 世 😀\", b: c }\n", "cafd0f409fce9bbb5bc533d01b25a5350547e2b39e932b406094720041838758")]
    [InlineData("server_metadata { ｚ: 1a, 😀: 2a, a: 3a, A: 4a }", "5e39fb20d83aaccc6483a47f15384d707480ab2f70189c313b4ab8bc802a0845")]
    [InlineData("server_metadata { a: \"\\xff\" }", "04c987eaa6469852e362f2f6b266865e6f8af25c257409b9d4c291b20dde5fec")]
    public void Equals_the_digest_of_the_reference(string text, string expected) => Assert.Equal("sha256:" + expected, DigestOf(text));

    [Fact]
    public void Layout_order_and_comments_do_not_matter() =>
        Assert.Equal(DigestOf("a: 1\nb { c: \"d\", e: [1 , x] }"), DigestOf("# x\nb = {\n  e [\n 1\n 'x' ] # y\n  c = d }\na 1"));

    [Fact]
    public void Values_and_their_types_matter()
    {
        string[] digests = [DigestOf("a: 1"), DigestOf("a: \"1\""), DigestOf("a: 2"), DigestOf("b: 1"), DigestOf("a: true"), DigestOf("a: [1 ]"), DigestOf("a: {}")];
        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    private static string DigestOf(string text) => ConfigDigest.Of(ParsedConfig.Parse(text).Root!);
}
