using NATS.Server.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Disks;

/// <summary>The system's source of chance keeps the contract of <see cref="Random"/>.</summary>
public sealed class SecureRandomTests
{
    [Fact]
    public void Numbers_stay_in_their_range_and_reach_its_ends()
    {
        HashSet<long> small = [];
        HashSet<int> smaller = [];
        for (int i = 0; i < 1000; i++)
        {
            small.Add(SecureRandom.Instance.NextInt64(-2, 3));
            smaller.Add(SecureRandom.Instance.Next(-2, 3));
            Assert.InRange(SecureRandom.Instance.Next(), 0, int.MaxValue - 1);
            Assert.InRange(SecureRandom.Instance.NextInt64(), 0, long.MaxValue - 1);
            Assert.InRange(SecureRandom.Instance.NextDouble(), 0, 0.9999999999999999);
            Assert.InRange(SecureRandom.Instance.NextSingle(), 0, 0.99999994f);
        }

        Assert.Equal([-2, -1, 0, 1, 2], small.Order());
        Assert.Equal([-2, -1, 0, 1, 2], smaller.Order());
        Assert.Equal(0, SecureRandom.Instance.Next(0));
        Assert.Equal(0, SecureRandom.Instance.Next(1));
        Assert.Equal(5, SecureRandom.Instance.Next(5, 5));
        Assert.Equal(5, SecureRandom.Instance.NextInt64(5, 5));
        SecureRandom.Instance.NextInt64(long.MinValue, long.MaxValue);
        Assert.Throws<ArgumentOutOfRangeException>(() => SecureRandom.Instance.NextInt64(1, 0));
    }

    [Fact]
    public void Bytes_differ_each_time()
    {
        var one = new byte[32];
        var two = new byte[32];
        SecureRandom.Instance.NextBytes(one);
        SecureRandom.Instance.NextBytes(two.AsSpan());

        Assert.NotEqual(one, two);
        Assert.NotEqual(new byte[32], one);
    }
}
