using System.Buffers;
using NATS.Server.Core.Collections;
using Xunit;

namespace NATS.Server.UnitTests.Collections;

public sealed class HashWheelTests
{
    private const long Second = 1_000_000_000;
    private readonly HashWheel _wheel = new();

    [Fact]
    public void What_is_due_expires_and_the_rest_stays()
    {
        _wheel.Add(1, 5 * Second);
        _wheel.Add(2, (5 * Second) + 1);
        _wheel.Add(3, 10 * Second);
        _wheel.Add(4, (5 + 4096) * Second);

        Assert.Equal([1UL], Expire(5 * Second));
        Assert.Equal(3, _wheel.Count);
        Assert.Equal([2UL], Expire(9 * Second));
        Assert.Equal([3UL, 4], Expire(5000 * Second).Order().ToArray());
        Assert.Equal(0, _wheel.Count);
        Assert.Equal(long.MaxValue, _wheel.NextExpiration(long.MaxValue));
    }

    [Fact]
    public void The_next_expiration_is_told_when_it_is_before_a_time()
    {
        _wheel.Add(1, 10 * Second);
        _wheel.Add(2, 5 * Second);

        Assert.Equal(5 * Second, _wheel.NextExpiration(6 * Second));
        Assert.Equal(long.MaxValue, _wheel.NextExpiration(5 * Second));
        Expire(7 * Second);
        Assert.Equal(10 * Second, _wheel.NextExpiration(11 * Second));
    }

    [Fact]
    public void A_deadline_is_removed_and_moved_by_its_second()
    {
        _wheel.Add(1, 10 * Second);

        Assert.False(_wheel.Remove(1, 11 * Second));
        Assert.False(_wheel.Remove(2, 10 * Second));
        Assert.True(_wheel.Remove(1, (10 * Second) + 999));
        Assert.False(_wheel.Remove(1, 10 * Second));
        Assert.False(_wheel.Update(1, 10 * Second, 20 * Second));
        _wheel.Add(1, 10 * Second);
        Assert.True(_wheel.Update(1, 10 * Second, 20 * Second));
        Assert.Empty(Expire(15 * Second));
        Assert.Equal([1UL], Expire(20 * Second));
    }

    [Fact]
    public void Adding_a_sequence_twice_in_one_second_replaces_the_deadline()
    {
        _wheel.Add(1, 10 * Second);
        _wheel.Add(1, (10 * Second) + 7);

        Assert.Equal(1, _wheel.Count);
        Assert.Empty(Expire(10 * Second));
        Assert.Equal([1UL], Expire((10 * Second) + 7));
    }

    [Fact]
    public void What_is_not_done_with_is_offered_again()
    {
        _wheel.Add(1, 10 * Second);
        int offers = 0;

        _wheel.Expire(11 * Second, _ => ++offers > 1);
        Assert.Equal(1, _wheel.Count);
        Assert.Equal(10 * Second, _wheel.NextExpiration(long.MaxValue));
        _wheel.Expire(11 * Second, _ => ++offers > 1);

        Assert.Equal(2, offers);
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void Expiring_may_change_the_wheel()
    {
        for (ulong i = 1; i <= 10; i++)
        {
            _wheel.Add(i, 10 * Second);
        }

        List<ulong> expired = [];
        _wheel.Expire(11 * Second, entry =>
        {
            expired.Add(entry.Sequence);
            switch (entry.Sequence)
            {
                case 1:
                    Assert.True(_wheel.Remove(1, 10 * Second));
                    return true;
                case 2:
                    Assert.True(_wheel.Update(2, 10 * Second, 30 * Second));
                    return true;
                case 3:
                    _wheel.Add(3, (10 * Second) + 500); // replaces itself within the second
                    return true;
                case 4:
                    _wheel.Add(100, Second); // earlier than what is being expired
                    return true;
                default:
                    return entry.Sequence != 5;
            }
        });

        Assert.Equal([1UL, 2, 3, 4, 5, 6, 7, 8, 9, 10], expired.Order().ToArray());
        Assert.Equal(4, _wheel.Count);
        Assert.Equal(Second, _wheel.NextExpiration(long.MaxValue));
        Assert.Equal([3UL, 5, 100], Expire(11 * Second).Order().ToArray());
        Assert.Equal([2UL], Expire(30 * Second));
    }

    [Fact]
    public void A_callback_that_throws_leaves_a_usable_wheel()
    {
        _wheel.Add(1, 10 * Second);
        _wheel.Add(2, 10 * Second);

        Assert.Throws<InvalidOperationException>(() => _wheel.Expire(11 * Second, _ => throw new InvalidOperationException()));

        Assert.Equal([1UL, 2], Expire(11 * Second).Order().ToArray());
    }

    // version, count, high sequence, then per entry the deadline (zigzag) and the sequence as variable-length numbers.
    [Fact]
    public void The_encoding_is_that_of_the_reference()
    {
        _wheel.Add(300, Second);
        _wheel.Add(1, 2 * Second);
        _wheel.Add(ulong.MaxValue, -1);

        Assert.Equal(
            "01" + "0300000000000000" + "2A00000000000000" + "01" + "FFFFFFFFFFFFFFFFFF01" + "80A8D6B907" + "AC02" + "80D0ACF30E" + "01",
            Convert.ToHexString(Encode(42)));
    }

    [Fact]
    public void What_was_encoded_is_read_back()
    {
        var random = new Random(3);
        for (int i = 0; i < 10_000; i++)
        {
            _wheel.Add((ulong)random.NextInt64(), random.NextInt64(long.MinValue, long.MaxValue));
        }

        byte[] encoded = Encode(7);

        Assert.True(HashWheel.TryDecode(encoded, out HashWheel? decoded, out ulong high, out _));
        Assert.Equal(7UL, high);
        Assert.Equal(_wheel.Count, decoded.Count);
        List<HashWheelEntry> before = [];
        List<HashWheelEntry> after = [];
        _wheel.Expire(long.MaxValue, entry => Take(before, entry));
        decoded.Expire(long.MaxValue, entry => Take(after, entry));
        Assert.Equal(before.OrderBy(entry => entry.Sequence), after.OrderBy(entry => entry.Sequence));
    }

    [Fact]
    public void A_damaged_encoding_is_refused()
    {
        _wheel.Add(300, Second);
        _wheel.Add(1, 2 * Second);
        byte[] sound = Encode(42);
        for (int length = 0; length < sound.Length; length++)
        {
            Assert.False(HashWheel.TryDecode(sound.AsSpan(0, length), out HashWheel? wheel, out _, out string? error));
            Assert.Null(wheel);
            Assert.Equal(length < 17 ? "short buffer" : "unexpected EOF", error);
        }

        Assert.False(HashWheel.TryDecode([2, .. sound[1..]], out _, out _, out string? version));
        Assert.Equal("thw: encoded version not known", version);
        byte[] tooLong = [.. sound[..17], 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 1, 1, 1];
        Assert.False(HashWheel.TryDecode(tooLong, out _, out _, out _));
        Assert.True(HashWheel.TryDecode([.. sound, 9, 9], out _, out _, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_changes_agree_with_a_dictionary(int seed)
    {
        var random = new Random(seed);
        Dictionary<ulong, long> model = [];
        long now = 1_700_000_000 * Second;
        for (int step = 0; step < 200_000; step++)
        {
            ulong sequence = (ulong)random.Next(2000);
            long expires = now + random.NextInt64(seed == 1 ? 100 * Second : 10_000 * Second);
            switch (random.Next(4))
            {
                case 0 or 1 when !model.ContainsKey(sequence):
                    _wheel.Add(sequence, expires);
                    model.Add(sequence, expires);
                    break;
                case 2 when model.TryGetValue(sequence, out long old):
                    Assert.True(_wheel.Update(sequence, old, expires));
                    model[sequence] = expires;
                    break;
                case 3 when model.Remove(sequence, out long removed):
                    Assert.True(_wheel.Remove(sequence, removed));
                    break;
            }

            Assert.Equal(model.Count, _wheel.Count);
            if (step % 500 != 0) continue;
            now += random.NextInt64(seed == 1 ? 20 * Second : 2000 * Second);
            Assert.True(_wheel.NextExpiration(long.MaxValue) <= (model.Count == 0 ? long.MaxValue : model.Values.Min()));
            ulong[] due = [.. model.Where(entry => entry.Value <= now).Select(entry => entry.Key).Order()];
            Assert.Equal(due, Expire(now).Order());
            foreach (ulong gone in due)
            {
                model.Remove(gone);
            }

            Assert.InRange(_wheel.NextExpiration(long.MaxValue), now + 1, model.Count == 0 ? long.MaxValue : model.Values.Min());
        }
    }

    private List<ulong> Expire(long now)
    {
        List<ulong> expired = [];
        _wheel.Expire(now, entry =>
        {
            Assert.True(entry.ExpiresNs <= now);
            expired.Add(entry.Sequence);
            return true;
        });
        return expired;
    }

    private static bool Take(List<HashWheelEntry> entries, HashWheelEntry entry)
    {
        entries.Add(entry);
        return true;
    }

    private byte[] Encode(ulong high)
    {
        var output = new ArrayBufferWriter<byte>();
        _wheel.Encode(high, output);
        return output.WrittenSpan.ToArray();
    }
}
