using System.Text;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class NkeyTests
{
    private static readonly byte[] Entropy = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];

    [Theory]
    [InlineData(NkeyRole.Account)]
    [InlineData(NkeyRole.Cluster)]
    [InlineData(NkeyRole.Server)]
    [InlineData(NkeyRole.Operator)]
    [InlineData(NkeyRole.User)]
    [InlineData(NkeyRole.Curve)]
    public void Every_role_has_texts_that_are_read_back(NkeyRole role)
    {
        NkeyPair pair = NkeyPair.Create(role, Entropy);
        string text = pair.ToString();
        string seed = SeedOf(pair);

        Assert.Equal(Nkey.TextLength, text.Length);
        Assert.Equal((char)role, text[0]);
        Assert.Equal("S" + (char)role, seed[..2]);
        Assert.True(Nkey.TryParse(text, out Nkey key));
        Assert.Equal(pair.PublicKey, key);
        Assert.Equal(text, key.ToString());
        Assert.True(Nkey.TryParse(Encoding.ASCII.GetBytes(text), role, out key));
        Assert.Equal(pair.PublicKey, key);
        Assert.True(NkeyPair.TryParseSeed(seed, out NkeyPair? again));
        Assert.Equal(pair.PublicKey, again.PublicKey);
        Assert.True(NkeyPair.TryParseSeed(Encoding.ASCII.GetBytes(seed), out again));
        Assert.Equal(seed, SeedOf(again));
    }

    private static string SeedOf(NkeyPair pair)
    {
        char[] text = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(text);
        return new string(text);
    }
}
