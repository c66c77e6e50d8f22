using System.Buffers;
using System.Text;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class IndexFileTests
{
    [Fact]
    public void Sources_come_back()
    {
        List<StoredSource> sources = [new("A > >", 3, "x"), new("B", 300, "")];
        var output = new ArrayBufferWriter<byte>();
        SourcesFile.Encode(output, sources, 99);
        Assert.Equal("01" + "0200000000000000" + "6300000000000000" + "0541203E203E03" + "0178" + "0142AC0200", Convert.ToHexString(output.WrittenSpan));
        Assert.True(SourcesFile.TryDecode(output.WrittenSpan, out List<StoredSource>? read, out ulong high));
        Assert.Equal(sources, read);
        Assert.Equal(99UL, high);
        for (int cut = 0; cut < output.WrittenCount; cut++)
        {
            Assert.False(SourcesFile.TryDecode(output.WrittenSpan[..cut], out _, out _), $"cut at {cut}");
        }
    }

    [Fact]
    public void Schedules_come_back()
    {
        byte[] subject = Encoding.ASCII.GetBytes("s.a");
        var output = new ArrayBufferWriter<byte>();
        SchedulesFile.Encode(output, [new StoredSchedule(subject, 65, 300)], 99);
        Assert.Equal("01" + "0100000000000000" + "6300000000000000" + "0300732E61" + "8201" + "AC02", Convert.ToHexString(output.WrittenSpan));
        Assert.True(SchedulesFile.TryDecode(output.WrittenSpan, out List<StoredSchedule>? read, out ulong high));
        StoredSchedule schedule = Assert.Single(read);
        Assert.Equal(subject, schedule.Subject);
        Assert.Equal((65L, 300UL, 99UL), (schedule.TimeNs, schedule.Sequence, high));
        for (int cut = 0; cut < output.WrittenCount; cut++)
        {
            Assert.False(SchedulesFile.TryDecode(output.WrittenSpan[..cut], out _, out _), $"cut at {cut}");
        }
    }

    [Fact]
    public void Counts_are_not_trusted()
    {
        byte[] file = Convert.FromHexString("01" + "FFFFFFFFFFFFFFFF" + "6300000000000000");
        Assert.False(SourcesFile.TryDecode(file, out _, out _));
        Assert.False(SchedulesFile.TryDecode(file, out _, out _));
        file[0] = 2;
        file[1..9].AsSpan().Clear();
        Assert.False(SourcesFile.TryDecode(file, out _, out _));
        Assert.False(SchedulesFile.TryDecode(file, out _, out _));
    }
}
