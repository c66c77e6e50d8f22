using System.Buffers;
using System.Text;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class BackupArchiveTests
{
    [Fact]
    public void An_entry_comes_back_once_all_of_it_is_there()
    {
        var output = new ArrayBufferWriter<byte>();
        BackupArchive.WriteEntry(output, new BackupEntry { Name = "orders.new"u8, TimestampNs = -5, Sequence = 300, HeadersLength = 20, PayloadLength = 1 << 20 });
        for (int cut = 0; cut < output.WrittenCount; cut++)
        {
            Assert.Equal(RecordStatus.Short, BackupArchive.ReadEntry(output.WrittenSpan[..cut], out _));
        }

        Assert.Equal(RecordStatus.Good, BackupArchive.ReadEntry(output.WrittenSpan, out BackupEntry entry));
        Assert.Equal("orders.new", Encoding.ASCII.GetString(entry.Name));
        Assert.Equal((-5, 300UL, 20, 1 << 20, output.WrittenCount), (entry.TimestampNs, entry.Sequence, entry.HeadersLength, entry.PayloadLength, entry.Length));
    }

    [Fact]
    public void The_last_entry_is_five_zeros()
    {
        var output = new ArrayBufferWriter<byte>();
        BackupArchive.WriteEntry(output, default);
        Assert.Equal("0000000000", Convert.ToHexString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("8180400000000000")] // a name of more than a mebibyte
    [InlineData("000000FFFFFFFFFFFFFFFFFF0100")] // headers beyond 63 bits
    [InlineData("000000FFFFFFFFFFFFFFFF7F01")] // together beyond 63 bits
    [InlineData("FFFFFFFFFFFFFFFFFFFF")] // a number that does not end
    [InlineData("0000FFFFFFFFFFFFFFFFFF02")]
    public void Impossible_entries_are_refused(string input) => Assert.Equal(RecordStatus.Malformed, BackupArchive.ReadEntry(Convert.FromHexString(input), out _));
}
