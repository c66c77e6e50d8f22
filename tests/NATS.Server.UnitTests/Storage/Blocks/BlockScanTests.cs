using System.Globalization;
using System.Text;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

/// <summary>What is left of a block whose bytes are damaged.</summary>
public sealed class BlockScanTests
{
    private const int Records = 24;

    private static readonly HighwayHashKey Key = StoreHashKey.OfBlock("S", 1);

    [Fact]
    public void A_flipped_bit_costs_at_most_the_message_that_it_is_in()
    {
        (byte[] block, byte[] guard, int[] ends) = Build();
        for (int bit = 0; bit < 8 * block.Length; bit++)
        {
            byte[] damaged = Flip(block, bit);
            var scan = new BlockScan(damaged, damaged.Length, guard, Key);
            int record = Array.FindIndex(ends, end => bit / 8 < end);
            CheckAll(scan, damaged, except: record, $"bit {bit}");
            Assert.False(scan.IsGuarded && scan.Repaired == 0, $"bit {bit} was not noticed");
        }
    }

    // Borders of subjects cannot be told without a guard, so only the rest is held here.
    [Fact]
    public void Without_a_guard_a_flipped_bit_costs_at_most_the_message_that_it_is_in()
    {
        (byte[] block, _, int[] ends) = Build();
        for (int bit = 0; bit < 8 * block.Length; bit++)
        {
            int record = Array.FindIndex(ends, end => bit / 8 < end);
            int at = (bit / 8) - (record == 0 ? 0 : ends[record - 1]);
            if (at is MessageRecord.HeaderLength - 1 or MessageRecord.HeaderLength - 2) continue;
            byte[] damaged = Flip(block, bit);
            CheckAll(new BlockScan(damaged, damaged.Length, [], Key), damaged, except: record, $"bit {bit}");
        }
    }

    [Fact]
    public void A_damaged_guard_costs_nothing()
    {
        (byte[] block, byte[] guard, _) = Build();
        for (int bit = 0; bit < 8 * guard.Length; bit++)
        {
            byte[] copy = [.. block];
            var scan = new BlockScan(copy, copy.Length, Flip(guard, bit), Key);
            CheckAll(scan, copy, except: -1, $"bit {bit}");
            Assert.False(scan.IsGuarded);
        }

        for (int length = 0; length < guard.Length; length++)
        {
            byte[] copy = [.. block];
            CheckAll(new BlockScan(copy, copy.Length, guard[..length], Key), copy, except: -1, $"guard of {length}");
        }
    }

    [Fact]
    public void A_block_that_was_cut_off_keeps_all_whole_records()
    {
        (byte[] block, byte[] guard, int[] ends) = Build();
        for (int length = 0; length <= block.Length; length++)
        {
            byte[] cut = block[..length];
            var scan = new BlockScan(cut, cut.Length, guard, Key);
            int whole = ends.Count(end => end <= length);
            Assert.Equal(whole, scan.Records.Count);
            Assert.Equal(whole == 0 ? length > 0 : length > ends[whole - 1], scan.Holes is not null);
        }
    }

    [Fact]
    public void A_whole_block_is_guarded_and_has_no_damage()
    {
        (byte[] block, byte[] guard, _) = Build();
        var scan = new BlockScan(block, block.Length, guard, Key);
        CheckAll(scan, block, except: -1, "untouched");
        Assert.True(scan.IsGuarded);
        Assert.Null(scan.Holes);
        Assert.Equal(0, scan.Repaired);
    }

    // Every place looks like the start of a long record: what is hashed has to have an end.
    [Fact]
    public void Content_that_is_made_to_cost_time_is_given_up()
    {
        byte[] block = new byte[2 << 20];
        for (int at = 0; at + 4 <= block.Length; at += 4)
        {
            block[at + 1] = 0x40;
            block[at + 2] = 0x0F;
        }

        var scan = new BlockScan(block, block.Length, new byte[1 << 16], Key);
        Assert.Equal(0, scan.Records.Count);
        Assert.Equal([new BlockHole(0, block.Length)], scan.Holes);
    }

    private static (byte[] Block, byte[] Guard, int[] Ends) Build()
    {
        byte[] block = new byte[8192];
        byte[] guard = new byte[Records * GuardEntry.Length];
        int[] ends = new int[Records];
        int at = 0;
        for (int i = 0; i < Records; i++)
        {
            int length = MessageRecord.Write(block.AsSpan(at), Key, (ulong)i + 10, i + 1, Subject(i), Headers(i), Payload(i), out _);
            GuardEntry.Write(guard.AsSpan(i * GuardEntry.Length), block.AsSpan(at, length));
            ends[i] = at += length;
        }

        return (block[..at], guard, ends);
    }

    private static byte[] Subject(int i) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"orders.{i}"));

    private static byte[] Headers(int i) => i % 3 == 0 ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"NATS/1.0\r\nNumber: {i}\r\n\r\n")) : [];

    private static byte[] Payload(int i) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"payload of {i}"));

    private static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] damaged = [.. bytes];
        damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        return damaged;
    }

    private static void CheckAll(BlockScan scan, byte[] bytes, int except, string what)
    {
        var content = new BlockContent(bytes, bytes.Length, scan.Records, scan.Holes);
        for (int i = 0; i < Records; i++)
        {
            int ordinal = scan.Records.Find((ulong)i + 10);
            if (ordinal < 0)
            {
                Assert.True(i == except, $"{what}: {i} is lost");
                Assert.Contains((ulong)i + 10, scan.Lost.Concat(i is 0 or Records - 1 ? [(ulong)i + 10] : []));
                continue;
            }

            NATS.Server.JetStream.Storage.StoredMessage message = content.MessageAt(ordinal);
            bool isSame = message.TimestampNs == i + 1 && message.Subject.SequenceEqual(Subject(i)) && message.Headers.SequenceEqual(Headers(i)) && message.Payload.SequenceEqual(Payload(i));
            Assert.True(isSame, $"{what}: {i} is altered");
        }

        Assert.True(scan.Records.Count is Records or Records - 1, what);
    }
}
