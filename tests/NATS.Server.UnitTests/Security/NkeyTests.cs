using System.Text;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class NkeyTests
{
    // From the documentation of nats-server.
    private const string UserText = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
    private const string UserSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static readonly byte[] Entropy = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];

    [Fact]
    public void A_known_seed_has_its_known_public_key()
    {
        Assert.True(NkeyPair.TryParseSeed(UserSeed, out NkeyPair? pair));
        Assert.Equal(UserText, pair.ToString());
        Assert.Equal(UserSeed, SeedOf(pair));
        Assert.True(Nkey.TryParse(UserText, NkeyRole.User, out Nkey key));
        Assert.Equal(pair.PublicKey, key);
    }

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
        Assert.False(Nkey.TryParse(seed, out _));
        Assert.False(NkeyPair.TryParseSeed(text, out _));
    }

    [Fact]
    public void A_key_of_one_role_is_none_of_another()
    {
        Assert.True(Nkey.IsValid(UserText, NkeyRole.User));
        foreach (NkeyRole other in Enum.GetValues<NkeyRole>().Where(role => role != NkeyRole.User))
        {
            Assert.False(Nkey.IsValid(UserText, other));
            Assert.False(Nkey.TryParse(Encoding.ASCII.GetBytes(UserText), other, out Nkey key));
            Assert.Equal(default, key);
        }
    }

    // Neighbouring errors of up to 16 bits are what the checksum always finds.
    [Fact]
    public void Every_other_character_in_every_place_is_noticed()
    {
        for (int i = 0; i < UserText.Length; i++)
        {
            foreach (char c in Alphabet.Where(c => c != UserText[i])) AssertRefused(UserText[..i] + c + UserText[(i + 1)..]);
        }

        for (int i = 0; i < UserSeed.Length; i++)
        {
            foreach (char c in Alphabet.Where(c => c != UserSeed[i])) AssertRefused(UserSeed[..i] + c + UserSeed[(i + 1)..]);
        }
    }

    [Fact]
    public void Exchanged_neighbours_are_noticed()
    {
        for (int i = 1; i < UserText.Length; i++)
        {
            if (UserText[i] != UserText[i - 1]) AssertRefused(UserText[..(i - 1)] + UserText[i] + UserText[i - 1] + UserText[(i + 1)..]);
        }
    }

    [Fact]
    public void Other_lengths_are_refused()
    {
        foreach (string text in (string[])[UserText, UserSeed])
        {
            for (int length = 0; length < text.Length; length++)
            {
                AssertRefused(text[..length]);
                AssertRefused(text[(text.Length - length)..]);
            }

            foreach (string more in (string[])["A", "=", " ", "\n", "\0", "======", "AAAAAAAA", text])
            {
                AssertRefused(text + more);
                AssertRefused(more + text);
            }
        }
    }

    [Fact]
    public void Characters_outside_of_the_alphabet_are_refused_everywhere()
    {
        for (int c = 0; c < 0x180; c++)
        {
            if (Alphabet.Contains((char)c)) continue;
            foreach (int place in (int[])[0, 1, 20, 54, 55])
            {
                AssertRefused(UserText[..place] + (char)c + UserText[(place + 1)..]);
                AssertRefused(UserSeed[..place] + (char)c + UserSeed[(place + 1)..]);
            }
        }

        AssertRefused(UserText.ToLowerInvariant());
        AssertRefused(UserSeed.ToLowerInvariant());
        AssertRefused(UserText.Insert(10, "\n")[..56]);
    }

    // The last character of a seed carries two bits that mean nothing. Other readers ignore them; then a seed would have four texts.
    [Fact]
    public void A_seed_has_one_text()
    {
        int last = Alphabet.IndexOf(UserSeed[^1]);
        Assert.Equal(0, last & 3);
        for (int spare = 1; spare < 4; spare++) Assert.False(NkeyPair.TryParseSeed(UserSeed[..^1] + Alphabet[last | spare], out _));
    }

    // All first bytes with a right checksum: only six are roles.
    [Fact]
    public void Only_known_roles_are_public_keys()
    {
        for (int leading = 0; leading < 256; leading++)
        {
            string text = Encode([(byte)leading, .. Entropy]);
            bool expected = (leading & 7) == 0 && "ACNOUX".Contains(text[0]);
            Assert.Equal(expected, Nkey.TryParse(text, out Nkey key));
            Assert.Equal(expected ? text : "", key.ToString());
        }
    }

    // All first two bytes with a right checksum: S, one of six roles, and six bits of zero.
    [Fact]
    public void Only_known_roles_have_seeds()
    {
        int accepted = 0;
        for (int leading = 0; leading < 65536; leading++)
        {
            string text = Encode([(byte)(leading >> 8), (byte)leading, .. Entropy]);
            bool expected = text[0] == 'S' && (leading & 0x3F) == 0 && "ACNOUX".Contains(text[1]);
            bool isSeed = (expected || leading % 17 == 0) && NkeyPair.TryParseSeed(text, out _);
            Assert.Equal(expected && isSeed, isSeed);
            if (isSeed) accepted++;
        }

        Assert.Equal(6, accepted);
    }

    // Right in every way but for the length of the key: a truncated key once ended the reference server.
    [Fact]
    public void Keys_of_another_length_are_refused_though_their_checksum_is_right()
    {
        for (int length = 0; length < 80; length++)
        {
            byte[] key = [.. Enumerable.Repeat((byte)7, length)];
            if (length != 32) Assert.False(Nkey.TryParse(Encode([NkeyText.LeadingByte('A'), .. key]), out _));
            if (length != 32) Assert.False(NkeyPair.TryParseSeed(Encode([0x90, 0, .. key]), out _));
        }

        Assert.True(Nkey.TryParse(Encode([NkeyText.LeadingByte('A'), .. new byte[32]]), out _));
        Assert.True(NkeyPair.TryParseSeed(Encode([0x90, 0, .. new byte[32]]), out _));
    }

    [Fact]
    public void Signatures_are_verified_by_the_public_key()
    {
        NkeyPair pair = NkeyPair.Create(NkeyRole.User, Entropy);
        byte[] signature = pair.Sign("nonce"u8);

        Assert.True(pair.PublicKey.Verify("nonce"u8, signature));
        Assert.False(pair.PublicKey.Verify("Nonce"u8, signature));
        Assert.False(pair.PublicKey.Verify("nonce"u8, signature.AsSpan(..63)));
        Assert.False(default(Nkey).Verify("nonce"u8, signature));
        Assert.False(NkeyPair.Create(NkeyRole.Account, new byte[32]).PublicKey.Verify("nonce"u8, signature));
    }

    // The neutral element verifies with a signature that anybody can make; a curve key must not be taken for it.
    [Fact]
    public void A_curve_key_verifies_nothing()
    {
        byte[] one = [1, .. new byte[31]];
        byte[] signature = [1, .. new byte[63]];

        Assert.True(new Nkey(NkeyRole.User, one).Verify("x"u8, signature));
        Assert.False(new Nkey(NkeyRole.Curve, one).Verify("x"u8, signature));
    }

    [Fact]
    public void Keys_are_compared_by_role_and_bytes()
    {
        Nkey user = new(NkeyRole.User, Entropy);

        Assert.Equal(user, new Nkey(NkeyRole.User, Entropy));
        Assert.Equal(user.GetHashCode(), new Nkey(NkeyRole.User, Entropy).GetHashCode());
        Assert.NotEqual(user, new Nkey(NkeyRole.Account, Entropy));
        Assert.NotEqual(user, new Nkey(NkeyRole.User, new byte[32]));
        Assert.Equal(Entropy, user.Bytes.ToArray());
        Assert.Equal("", default(Nkey).ToString());
    }

    [Fact]
    public void What_we_pass_ourselves_must_be_right()
    {
        Assert.Throws<ArgumentException>(() => new Nkey(NkeyRole.None, Entropy));
        Assert.Throws<ArgumentException>(() => new Nkey((NkeyRole)'S', Entropy));
        Assert.Throws<ArgumentException>(() => new Nkey(NkeyRole.User, Entropy.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => NkeyPair.Create(NkeyRole.User, Entropy.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => NkeyPair.Create(NkeyRole.None, Entropy));
    }

    [Fact]
    public void A_wiped_pair_does_nothing()
    {
        NkeyPair pair = NkeyPair.Create(NkeyRole.User, Entropy);
        pair.Wipe();

        Assert.Throws<InvalidOperationException>(() => pair.Sign("x"u8));
        Assert.Throws<InvalidOperationException>(() => SeedOf(pair));
        Assert.Equal(NkeyRole.User, pair.Role);
    }

    [Fact]
    public void Reading_a_key_allocates_nothing()
    {
        bool isKey = true;
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            if (i == 10) before = GC.GetAllocatedBytesForCurrentThread();
            isKey &= Nkey.TryParse(UserText, NkeyRole.User, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(isKey);
    }

    private static void AssertRefused(string text)
    {
        Assert.False(Nkey.TryParse(text, out _), text);
        Assert.False(NkeyPair.TryParseSeed(text, out _), text);
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        if (Encoding.Latin1.GetString(bytes) != text) return;
        Assert.False(Nkey.TryParse(bytes, out _), text);
        Assert.False(NkeyPair.TryParseSeed(bytes, out _), text);
    }

    // With the right checksum.
    private static string Encode(byte[] bytes)
    {
        byte[] raw = [.. bytes, 0, 0];
        char[] text = new char[Base32.LengthOf(raw.Length)];
        NkeyText.Encode(raw, text);
        return new string(text);
    }

    private static string SeedOf(NkeyPair pair)
    {
        char[] text = new char[NkeyPair.SeedTextLength];
        pair.ExportSeed(text);
        return new string(text);
    }
}
