using System.Buffers.Binary;
using System.Text;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class MessageRecordTests
{
    private static readonly HighwayHashKey Key = StoreHashKey.OfBlock("S", 1);

    [Theory]
    [InlineData("a.b", "", "hello")]
    [InlineData("a.b", "NATS/1.0\r\nA: b\r\n\r\n", "hello")]
    [InlineData("a.b", "NATS/1.0\r\nA: b\r\n\r\n", "")]
    [InlineData("a", "", "")]
    public void A_message_comes_back(string subject, string headers, string payload)
    {
        byte[] output = new byte[200];
        int length = MessageRecord.Write(output, Key, 77, 1234567890123456789, Bytes(subject), Bytes(headers), Bytes(payload), out ulong hash);

        Assert.Equal(MessageRecord.LengthOf(subject.Length, headers.Length, payload.Length), length);
        Assert.Equal(RecordStatus.Good, MessageRecord.Read(output, Key, out StoredRecord record));
        Assert.Equal((length, 77UL, 1234567890123456789, hash), (record.Length, record.Sequence, record.TimestampNs, record.Hash));
        Assert.Equal((subject, headers, payload), (Text(record.Subject), Text(record.Headers), Text(record.Payload)));
        Assert.False(record.IsErased || record.IsTombstone);
    }

    // Length 4 with the bit for headers, sequence 8, timestamp 8, length of the subject 2, subject, length of the headers 4, headers, payload, checksum 8.
    [Fact]
    public void A_record_lies_on_disk_as_described()
    {
        byte[] output = new byte[39];
        MessageRecord.Write(output, Key, 0x0102, 0x0304, "s"u8, "H\r\n"u8, "x"u8, out ulong hash);
        byte[] hashBytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(hashBytes, hash);
        Assert.Equal("27000080" + "0201000000000000" + "0403000000000000" + "0100" + "73" + "03000000" + "480D0A" + "78" + Convert.ToHexString(hashBytes), Convert.ToHexString(output));
        Assert.Equal(HighwayHash64.Hash(Key, Convert.FromHexString("0201000000000000" + "0403000000000000" + "73" + "480D0A" + "78")), hash);
    }

    [Fact]
    public void Tombstones_and_skips_have_no_message()
    {
        byte[] output = new byte[MessageRecord.EmptyLength];
        Assert.Equal(MessageRecord.EmptyLength, MessageRecord.WriteTombstone(output, Key, 5, 99, out ulong tombstoneHash));
        Assert.Equal(RecordStatus.Good, MessageRecord.Read(output, Key, out StoredRecord record));
        Assert.Equal((5UL, true, false, 99, tombstoneHash), (record.Sequence, record.IsTombstone, record.IsErased, record.TimestampNs, record.Hash));
        Assert.Equal(MessageRecord.EmptyLength, MessageRecord.WriteSkip(output, Key, 5, 99, out ulong skipHash));
        Assert.Equal(RecordStatus.Good, MessageRecord.Read(output, Key, out record));
        Assert.Equal((5UL, false, true, 99, skipHash), (record.Sequence, record.IsTombstone, record.IsErased, record.TimestampNs, record.Hash));
    }

    [Fact]
    public void Erasing_leaves_nothing_but_the_sequence_and_the_length()
    {
        byte[] output = new byte[200];
        int length = MessageRecord.Write(output, Key, 8, 99, "secret"u8, "NATS/1.0\r\nSecret: yes\r\n\r\n"u8, "secret"u8, out _);
        byte[] noise = new byte[length - MessageRecord.EmptyLength];
        Array.Fill(noise, (byte)'.');
        MessageRecord.Erase(output.AsSpan(0, length), Key, 8, noise, out ulong hash);

        Assert.Equal(RecordStatus.Good, MessageRecord.Read(output, Key, out StoredRecord record));
        Assert.Equal((length, 8UL, true, 0, hash), (record.Length, record.Sequence, record.IsErased, record.TimestampNs, record.Hash));
        Assert.True(record.Subject.IsEmpty && record.Headers.IsEmpty && record.Payload.SequenceEqual(noise));
        Assert.DoesNotContain("ecret", Encoding.Latin1.GetString(output), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MessageRecord.Erase(output.AsSpan(0, length), Key, 8, noise.AsSpan(1), out _));
    }

    // The checksum does not cover the lengths; what they say is checked by where the checksum would be.
    [Fact]
    public void Any_changed_bit_is_noticed()
    {
        byte[] output = new byte[200];
        int length = MessageRecord.Write(output, Key, 8, 99, "subject"u8, "NATS/1.0\r\nA: b\r\n\r\n"u8, "payload"u8, out _);
        int unnoticed = 0;
        for (int bit = 0; bit < 8 * length; bit++)
        {
            output[bit / 8] ^= (byte)(1 << (bit % 8));
            if (MessageRecord.Read(output.AsSpan(0, length), Key, out _) == RecordStatus.Good) unnoticed++;
            output[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        // Only the split between headers and payload can change unseen: the checksum has them as one.
        Assert.InRange(unnoticed, 1, 5);
    }

    [Fact]
    public void Records_that_are_cut_off_are_short()
    {
        byte[] output = new byte[200];
        int length = MessageRecord.Write(output, Key, 8, 99, "subject"u8, "NATS/1.0\r\nA: b\r\n\r\n"u8, "payload"u8, out _);
        for (int cut = 0; cut < length; cut++)
        {
            Assert.Equal(RecordStatus.Short, MessageRecord.Read(output.AsSpan(0, cut), Key, out _));
        }
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(MessageRecord.EmptyLength + 6)]
    [InlineData(MessageRecord.MaximumLength + 1U)]
    [InlineData(0x7FFFFFFFU)]
    public void Lengths_that_cannot_be_are_malformed(uint length)
    {
        byte[] output = new byte[200];
        MessageRecord.Write(output, Key, 8, 99, "subject"u8, default, "payload"u8, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(output, length);
        Assert.Equal(RecordStatus.Malformed, MessageRecord.Read(output, Key, out _));
        Assert.Equal(RecordStatus.Malformed, MessageRecord.Read(output, out _));
    }

    [Fact]
    public void What_cannot_be_stored_is_refused()
    {
        byte[] output = new byte[MessageRecord.MaximumLength + 100];
        Assert.Throws<ArgumentException>(() => MessageRecord.Write(output, Key, 1, 1, new byte[65536], default, default, out _));
        Assert.Throws<ArgumentException>(() => MessageRecord.Write(output, Key, 1, 1, "s"u8, default, new byte[MessageRecord.MaximumLength - 30], out _));
        Assert.Equal(MessageRecord.MaximumLength, MessageRecord.Write(output, Key, 1, 1, "s"u8, default, new byte[MessageRecord.MaximumLength - 31], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageRecord.Write(new byte[30], Key, 1, 1, "s"u8, default, default, out _));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] output = new byte[1000];
        byte[] payload = new byte[128];

        // The first time what is called is made ready.
        RecordStatus status = WriteAndRead(output, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        status |= WriteAndRead(output, payload);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(RecordStatus.Good, status);
    }

    private static RecordStatus WriteAndRead(byte[] output, byte[] payload)
    {
        MessageRecord.Write(output, Key, 8, 99, "subject"u8, "NATS/1.0\r\nA: b\r\n\r\n"u8, payload, out _);
        return MessageRecord.Read(output, Key, out _);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
