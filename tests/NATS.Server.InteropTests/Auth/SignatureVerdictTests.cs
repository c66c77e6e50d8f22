using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Security;
using NATS.Server.Core.Security.Curve25519;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>Which signatures of the nonce both servers take for good, for honest keys and for keys and signatures at the edges of the algorithm.</summary>
public sealed class SignatureVerdictTests(SignatureVerdictTests.Servers servers) : IClassFixture<SignatureVerdictTests.Servers>
{
    // Where the verdict depends on the nonce.
    private const int Repetitions = 12;

    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
    private static readonly byte[] Seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] Honest = NkeyPair.Create(NkeyRole.User, Seed).PublicKey.Bytes.ToArray();
    private static readonly byte[] Identity = Number(1);
    private static readonly byte[] OtherIdentity = [.. Number(1)[..31], 0x80];
    private static readonly byte[] UnreducedIdentity = Number(P + 1);
    private static readonly byte[] UnreducedOtherIdentity = [.. Number(P + 1)[..31], 0xFF];
    private static readonly byte[] OrderTwo = Number(P - 1);
    private static readonly byte[] OrderFour = Number(0);
    private static readonly byte[] OrderEight = Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
    private static readonly byte[] NoPoint = Number(2);

    // The honest key plus the point of order two: (-x, -y).
    private static readonly byte[] Mixed = NegateBoth(Honest);

    private static readonly (string Name, byte[] Key, Func<byte[], byte[]> Sign)[] Cases =
    [
        ("honest", Honest, SignHonestly),
        ("other message", Honest, nonce => SignHonestly([.. nonce, 0])),
        ("other key", OrderTwo, SignHonestly),
        ("one byte less", Honest, nonce => SignHonestly(nonce)[..63]),
        ("one byte more", Honest, nonce => [.. SignHonestly(nonce), 0]),
        ("one byte", Honest, _ => [0]),
        ("zeros", Honest, _ => new byte[64]),
        ("s + L", Honest, nonce => AddOrder(SignHonestly(nonce), 1)),
        ("s + 2L", Honest, nonce => AddOrder(SignHonestly(nonce), 2)),
        ("highest bit of s", Honest, nonce => [.. SignHonestly(nonce)[..63], (byte)(SignHonestly(nonce)[63] | 0x80)]),
        ("other sign of R", Honest, nonce => [.. SignHonestly(nonce)[..31], (byte)(SignHonestly(nonce)[31] ^ 0x80), .. SignHonestly(nonce)[32..]]),
        ("neutral key", Identity, _ => [.. Identity, .. new byte[32]]),
        ("neutral key, s = L", Identity, _ => [.. Identity, .. Number(L)]),
        ("neutral key, other sign", OtherIdentity, _ => [.. Identity, .. new byte[32]]),
        ("neutral key, unreduced", UnreducedIdentity, _ => [.. Identity, .. new byte[32]]),
        ("neutral key, unreduced, other sign", UnreducedOtherIdentity, _ => [.. Identity, .. new byte[32]]),
        ("R with other sign", Identity, _ => [.. OtherIdentity, .. new byte[32]]),
        ("R unreduced", Identity, _ => [.. UnreducedIdentity, .. new byte[32]]),
        ("key of order two, R neutral", OrderTwo, _ => [.. Identity, .. new byte[32]]),
        ("key of order two, R of order two", OrderTwo, _ => [.. OrderTwo, .. new byte[32]]),
        ("key of order four", OrderFour, _ => [.. Identity, .. new byte[32]]),
        ("key of order eight", OrderEight, _ => [.. Identity, .. new byte[32]]),
        ("key of mixed order", Mixed, SignMixed),
        ("no point", NoPoint, _ => [.. Identity, .. new byte[32]]),
    ];

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string server in ServerPair.Names)
            {
                foreach (var (name, _, _) in Cases) rows.Add(server, name);
            }

            return rows;
        }
    }

    // For keys that are not of the order L the verdict depends on the nonce, which is new every time: our own verdict says what to expect.
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Verdict_on_a_signature(string server, string name)
    {
        ServerProcess process = await servers.StartedAsync(server);
        var (_, key, sign) = Cases.Single(c => c.Name == name);
        int repetitions = name.StartsWith("key of", StringComparison.Ordinal) ? Repetitions : 1;
        for (int i = 0; i < repetitions; i++)
        {
            await using RawClient client = await RawClient.ConnectAsync(process.Port);
            string info = await client.ReadLineAsync();
            byte[] nonce = Encoding.ASCII.GetBytes(JsonDocument.Parse(info["INFO ".Length..]).RootElement.GetProperty("nonce").GetString()!);
            byte[] signature = sign(nonce);
            await client.SendAsync($$"""CONNECT {"verbose":false,"nkey":"{{new Nkey(NkeyRole.User, key)}}","sig":"{{Base64Url.EncodeToString(signature)}}"}""" + "\r\nPING\r\n");
            string expected = Ed25519.Verify(key, nonce, signature) ? "PONG" : "-ERR 'Authorization Violation'";
            Assert.Equal(expected, await client.ReadLineAsync());
        }
    }

    // That the rows say something: some are good, some are not, and some depend on the nonce.
    [Theory]
    [InlineData("honest", true)]
    [InlineData("neutral key", true)]
    [InlineData("neutral key, unreduced, other sign", true)]
    [InlineData("neutral key, s = L", false)]
    [InlineData("R unreduced", false)]
    [InlineData("s + L", false)]
    public void Verdict_of_ours_is_known(string name, bool expected)
    {
        var (_, key, sign) = Cases.Single(c => c.Name == name);
        Assert.Equal(expected, Ed25519.Verify(key, "nonce"u8, sign("nonce"u8.ToArray())));
    }

    [Theory]
    [InlineData("key of order two, R neutral")]
    [InlineData("key of order two, R of order two")]
    [InlineData("key of order four")]
    [InlineData("key of order eight")]
    [InlineData("key of mixed order")]
    public void Verdict_of_ours_depends_on_the_message(string name)
    {
        var (_, key, sign) = Cases.Single(c => c.Name == name);
        IEnumerable<bool> verdicts = Enumerable.Range(0, 200).Select(i => BitConverter.GetBytes(i)).Select(message => Ed25519.Verify(key, message, sign(message)));
        Assert.Equal(2, verdicts.Distinct().Count());
    }

    private static byte[] SignHonestly(byte[] nonce) => NkeyPair.Create(NkeyRole.User, Seed).Sign(nonce);

    // As the honest key signs, but with the other key in the digest.
    private static byte[] SignMixed(byte[] nonce)
    {
        byte[] secret = SHA512.HashData(Seed);
        secret[0] &= 248;
        secret[31] = (byte)((secret[31] & 127) | 64);
        Scalar r = Scalar.Reduce(SHA512.HashData([.. secret[32..], .. nonce]));
        byte[] signature = new byte[64];
        BasePoint.Multiply(out EdwardsPoint point, r);
        point.Encode(signature);
        Scalar k = Scalar.Reduce(SHA512.HashData([.. signature[..32], .. Mixed, .. nonce]));
        Scalar.MultiplyAdd(Scalar.ReadUnreduced(secret), k, r).Encode(signature.AsSpan(32));
        return signature;
    }

    private static byte[] AddOrder(byte[] signature, int times) =>
        [.. signature[..32], .. Number(new BigInteger(signature.AsSpan(32), isUnsigned: true) + (L * times))];

    private static byte[] NegateBoth(byte[] point)
    {
        BigInteger y = new([.. point[..31], (byte)(point[31] & 127)], isUnsigned: true);
        byte[] negated = Number(P - y);
        negated[31] |= (byte)(~point[31] & 0x80);
        return negated;
    }

    private static byte[] Number(BigInteger value)
    {
        byte[] bytes = new byte[32];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    public sealed class Servers() : ServerPair(Configuration())
    {
        private static string Configuration()
        {
            IEnumerable<string> keys = Cases.Select(c => new Nkey(NkeyRole.User, c.Key).ToString()).Distinct(StringComparer.Ordinal);
            return "authorization { users: [ " + string.Join(", ", keys.Select(key => $"{{ nkey: {key} }}")) + " ] }\n";
        }
    }
}
