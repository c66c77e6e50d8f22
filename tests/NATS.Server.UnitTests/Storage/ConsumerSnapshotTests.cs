using System.Buffers;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class ConsumerSnapshotTests
{
    private const long Second = 1_000_000_000;
    private const long Now = 1_800_000_000;

    [Fact]
    public void A_snapshot_comes_back_with_whole_seconds()
    {
        byte[] file = Encode(Sample());
        Assert.True(ConsumerSnapshot.TryDecode(file, out ConsumerSnapshot? read, out long baseSeconds));
        Assert.Equal(Now, baseSeconds);
        Assert.Equal((20UL, 120UL, 10UL, 100UL), (read.DeliveredConsumer, read.DeliveredStream, read.AckFloorConsumer, read.AckFloorStream));
        Assert.Equal([new PendingMessage(105, 12, (Now - 30) * Second), new PendingMessage(103, 11, (Now + 2) * Second)], read.Pending);
        Assert.Equal([new RedeliveredMessage(103, 4)], read.Redelivered);
        Assert.Equal(file, Encode(read));
    }

    [Fact]
    public void A_consumer_without_anything_pending_is_short()
    {
        var snapshot = new ConsumerSnapshot { DeliveredConsumer = 3, DeliveredStream = 4, AckFloorConsumer = 3, AckFloorStream = 4 };
        byte[] file = Encode(snapshot);
        Assert.Equal("16020304030400" + "00", Convert.ToHexString(file));
        Assert.True(ConsumerSnapshot.TryDecode(file, out _, out long baseSeconds));
        Assert.Equal(0, baseSeconds);
    }

    // It had no sequences of deliveries, counted from the floor, and times from the earliest on.
    [Fact]
    public void The_first_version_is_read()
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write((byte[])[22, 1]);
        foreach (ulong number in (ulong[])[10, 100, 11, 21, 1]) output.WriteVarint(number);
        output.WriteSignedVarint(Now);
        output.WriteVarint(5);
        output.WriteSignedVarint(7);
        output.WriteVarint(0);

        Assert.True(ConsumerSnapshot.TryDecode(output.WrittenSpan, out ConsumerSnapshot? read, out _));
        Assert.Equal((20UL, 120UL, 10UL, 100UL), (read.DeliveredConsumer, read.DeliveredStream, read.AckFloorConsumer, read.AckFloorStream));
        Assert.Equal([new PendingMessage(105, 0, (Now + 7) * Second)], read.Pending);
    }

    [Fact]
    public void A_snapshot_that_is_cut_off_is_refused()
    {
        byte[] file = Encode(Sample());
        for (int cut = 0; cut < file.Length; cut++)
        {
            Assert.False(ConsumerSnapshot.TryDecode(file.AsSpan(0, cut), out _, out _), $"cut at {cut}");
        }
    }

    [Theory]
    [InlineData("1600000000000000")]
    [InlineData("1603000000000000")]
    [InlineData("0B02000000000000")]
    [InlineData("160200FFFFFFFFFFFFFFFFFF01000000" + "00")] // an impossible floor
    [InlineData("160200000000FFFFFFFF0F00")] // four billion pending, and none there
    [InlineData("16020000000001000000" + "00" + "00")] // pending with sequence 0
    [InlineData("16020000000000FFFFFFFF0F")]
    public void Damaged_snapshots_are_refused(string file) => Assert.False(ConsumerSnapshot.TryDecode(Convert.FromHexString(file), out _, out _));

    private static ConsumerSnapshot Sample()
    {
        var snapshot = new ConsumerSnapshot { DeliveredConsumer = 20, DeliveredStream = 120, AckFloorConsumer = 10, AckFloorStream = 100 };
        snapshot.Pending.Add(new PendingMessage(105, 12, ((Now - 30) * Second) + 999_999_999));
        snapshot.Pending.Add(new PendingMessage(103, 11, (Now + 2) * Second));
        snapshot.Redelivered.Add(new RedeliveredMessage(103, 4));
        return snapshot;
    }

    private static byte[] Encode(ConsumerSnapshot snapshot)
    {
        var output = new ArrayBufferWriter<byte>();
        snapshot.Encode(output, Now);
        return output.WrittenSpan.ToArray();
    }
}
