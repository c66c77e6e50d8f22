using System.Buffers.Binary;
using NATS.Server.Core.Hashing;
using Xunit;

namespace NATS.Server.UnitTests.Hashing;

public sealed class HighwayHash64Tests
{
    // The published results for the inputs "", 00, 00 01, 00 01 02 and so on, with the key 00 01 .. 1F.
    private static readonly string[] Published =
    [
        "536ec222de567a90", "78ddcdc7aa43ab7e", "623db5b09a56d0b8", "803d468aabef6b5c", "da7e009368a405f2", "4145a9e468168a2b", "6fcaef5b32cc4cbd", "8294f53817ae024d",
        "71315fe5085120e1", "84157ac74e64d232", "0ba903b1cd0ae1f6", "155c415b61f4bbc3", "9cfa630004c23c24", "ff41e665ce589aa8", "235a4548a331b024", "3bf349a4863f7940",
        "32b87ef98934abcf", "e2c0c5c8d267fe19", "c25c569ca690dd04", "04c571238e51d975", "16ddd341119bad38", "e0708acd2c436402", "90336888625adba9", "8c023f009254b0d7",
        "1ee559ea5a615f20", "8428052196c8e0ee", "4f4f28a7931afc1b", "1da90db7b5752151", "39c6a2a076891ff7", "e7e3841fef3f09ae", "0f866111b092ca22", "685a03cf7c00c79f",
        "fc80d5ecd964c9a0", "fc8131a03cf7902c", "9eeb91564ef85c18", "9baa5227eff5c14f", "eb330a5e1a39b7f5", "9c6ce9b4834bb8b9", "b4d95c2a71fe425e", "dc973f0cf9f250a1",
        "7d632d5ed722a57f", "2bd3ff0dccd01a18", "2840851e98ed8938", "2dee86c5e89742fb", "9c0528bb454a066d", "0c86ecb309365690", "66c69740e9fca47a", "081e916bc0ba2613",
        "344f152b8d1626b9", "8d94b14589841999", "be5e8234c58fa9a2", "b6f03e21959080e9", "e9c07b7083542e58", "f56a8aa814946e08", "3d74f6208db986ee", "a7c0b109f67f9bf8",
        "e8c3229ec19c7d4c", "6f2a56245000979a", "efebe623f41cd45d", "27e268049c6013df", "5a158841f6a40d6e", "a1d4d7504bba55b7", "bd79746484347a88", "a03921bfe9eb8eab",
        "ffa6d24c5d2c5475",
    ];

    private static readonly HighwayHashKey Key = new([.. Enumerable.Range(0, HighwayHashKey.Length).Select(i => (byte)i)]);

    [Fact]
    public void The_published_results_are_met()
    {
        for (int length = 0; length < Published.Length; length++)
        {
            Assert.Equal(Published[length], Text(HighwayHash64.Hash(Key, Counted(length))));
        }
    }

    [Fact]
    public void Machines_without_wide_vectors_come_to_the_published_results()
    {
        for (int length = 0; length < Published.Length; length++)
        {
            Assert.Equal(Published[length], Text(HashByScalars(Key, Counted(length))));
        }
    }

    [Fact]
    public void Vectors_and_scalars_agree_on_any_input()
    {
        var random = new Random(4711);
        for (int i = 0; i < 2000; i++)
        {
            byte[] secret = new byte[HighwayHashKey.Length];
            random.NextBytes(secret);
            var key = new HighwayHashKey(secret);
            byte[] data = new byte[random.Next(700)];
            random.NextBytes(data);
            Assert.Equal(HashByScalars(key, data), HighwayHash64.Hash(key, data));
        }
    }

    [Fact]
    public void Pieces_make_the_hash_of_the_whole()
    {
        var random = new Random(17);
        for (int i = 0; i < 2000; i++)
        {
            byte[] data = new byte[random.Next(400)];
            random.NextBytes(data);
            ulong expected = HighwayHash64.Hash(Key, data);

            var hash = new HighwayHash64(Key);
            ReadOnlySpan<byte> left = data;
            while (!left.IsEmpty)
            {
                int length = Math.Min(left.Length, random.Next(60));
                hash.Append(left[..length]);
                left = left[length..];
            }

            Assert.Equal(expected, hash.ToUInt64());
            int cut = random.Next(data.Length + 1);
            Assert.Equal(expected, HighwayHash64.Hash(Key, data.AsSpan(0, cut), data.AsSpan(cut)));
            int second = random.Next(cut, data.Length + 1);
            Assert.Equal(expected, HighwayHash64.Hash(Key, data.AsSpan(0, cut), data.AsSpan(cut..second), data.AsSpan(second)));
            cut = Math.Min(16, data.Length);
            Assert.Equal(expected, HighwayHash64.Hash(Key, data.AsSpan(0, cut), data.AsSpan(cut)));
        }
    }

    [Fact]
    public void A_hash_may_be_asked_for_before_the_end()
    {
        byte[] data = Counted(100);
        var hash = new HighwayHash64(Key);
        for (int length = 0; length < data.Length; length++)
        {
            Assert.Equal(HighwayHash64.Hash(Key, data.AsSpan(0, length)), hash.ToUInt64());
            hash.Append(data.AsSpan(length, 1));
        }
    }

    [Fact]
    public void Only_keys_of_32_bytes_are_taken()
    {
        Assert.Throws<ArgumentException>(() => new HighwayHashKey(new byte[31]));
        Assert.Throws<ArgumentException>(() => new HighwayHashKey(new byte[33]));
    }

    [Fact]
    public void Hashing_allocates_nothing()
    {
        byte[] data = Counted(1000);

        // The first time what is called is made ready.
        ulong sum = HashInEveryWay(data);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum ^= HashInEveryWay(data) ^ HighwayHash64.Hash(Key, data);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(HighwayHash64.Hash(Key, data), sum);
    }

    private static ulong HashInEveryWay(byte[] data)
    {
        var hash = new HighwayHash64(Key);
        hash.Append(data);
        return hash.ToUInt64() ^ HighwayHash64.Hash(Key, data) ^ HighwayHash64.Hash(Key, data.AsSpan(0, 16), data.AsSpan(16));
    }

    private static ulong HashByScalars(HighwayHashKey key, ReadOnlySpan<byte> data)
    {
        HighwayState state = key.Initial;
        int whole = data.Length & -HighwayPacket.Length;
        HighwayScalar.Update(ref state, data[..whole]);
        return HighwayScalar.Finish(in state, data[whole..]);
    }

    private static byte[] Counted(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];

    private static string Text(ulong hash)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hash);
        return Convert.ToHexStringLower(bytes);
    }
}
