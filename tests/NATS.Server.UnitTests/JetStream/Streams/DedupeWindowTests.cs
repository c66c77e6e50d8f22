using System.Text;
using NATS.Server.Core.JetStream.Streams;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Streams;

public sealed class DedupeWindowTests
{
    private const long Second = 1_000_000_000;
    private static readonly DedupeKey Key = new(Enumerable.Range(0, DedupeKey.Length).Select(static i => (byte)i).ToArray());

    [Fact]
    public void An_id_counts_until_its_window_is_over()
    {
        var window = new DedupeWindow(Key, 2 * Second);
        window.Add("a"u8, 7, 10 * Second);
        Assert.True(window.TryFind("a"u8, (12 * Second) - 1, out ulong sequence));
        Assert.Equal(7UL, sequence);
        Assert.False(window.TryFind("b"u8, 11 * Second, out _));
        Assert.Equal(12 * Second, window.NextExpiryNs);
        Assert.False(window.TryFind("a"u8, 12 * Second, out _));
        Assert.Equal((0, long.MaxValue), (window.Count, window.NextExpiryNs));
    }

    [Fact]
    public void Without_a_window_or_an_id_nothing_is_remembered()
    {
        var off = new DedupeWindow(Key, 0);
        off.Add("a"u8, 1, Second);
        Assert.False(off.TryFind("a"u8, Second, out _));
        var on = new DedupeWindow(Key, Second);
        on.Add(""u8, 1, Second);
        Assert.False(on.TryFind(""u8, Second, out _));
    }

    [Fact]
    public void An_id_that_comes_again_is_the_later_one()
    {
        var window = new DedupeWindow(Key, 10 * Second);
        window.Add("a"u8, 1, Second);
        window.Add("a"u8, 2, 5 * Second);
        Assert.Equal(1, window.Count);
        Assert.True(window.TryFind("a"u8, 12 * Second, out ulong sequence));
        Assert.Equal(2UL, sequence);
        Assert.False(window.TryFind("a"u8, 15 * Second, out _));
    }

    [Fact]
    public void A_smaller_window_forgets_at_once()
    {
        var window = new DedupeWindow(Key, 10 * Second);
        window.Add("a"u8, 1, Second);
        window.Update(Second);
        Assert.False(window.TryFind("a"u8, 3 * Second, out _));
    }

    [Fact]
    public void Sequences_may_be_far_apart()
    {
        var window = new DedupeWindow(Key, 10 * Second);
        window.Add("a"u8, 1, Second);
        window.Add("b"u8, 1UL << 40, Second);
        window.Add("c"u8, (1UL << 40) + 1, Second);
        Assert.True(window.TryFind("a"u8, Second, out ulong first) && window.TryFind("b"u8, Second, out ulong second) && window.TryFind("c"u8, Second, out ulong third) && (first, second, third) == (1UL, 1UL << 40, (1UL << 40) + 1));
        Assert.Equal(3, window.Count);
        Assert.False(window.TryFind("a"u8, 12 * Second, out _));
        Assert.Equal(0, window.Count);
    }

    [Theory]
    [InlineData(1u, 1)]
    [InlineData(uint.MaxValue - 2000, 2)]
    [InlineData(uint.MaxValue - 30_000, 3)]
    public void Windows_remember_what_a_dictionary_remembers(uint first, int seed)
    {
        var window = new DedupeWindow(Key, 3 * Second, first);
        var random = new Random(seed);
        Dictionary<string, (ulong Sequence, long Time)> model = new(StringComparer.Ordinal);
        long now = 1_000_000 * Second;
        ulong last = 0;
        for (int step = 0; step < 60_000; step++)
        {
            // Bursts and pauses, so that it grows and shrinks.
            now += random.Next(step / 5000 % 2 == 0 ? 2 : 40) * 1_000_000L;
            if (random.Next(20_000) == 0) now += 10 * Second;
            string id = $"id-{random.Next(5000)}";
            bool isKnown = model.TryGetValue(id, out (ulong Sequence, long Time) known) && now - known.Time < 3 * Second;
            Assert.Equal(isKnown, window.TryFind(Encoding.UTF8.GetBytes(id), now, out ulong sequence));
            if (isKnown) Assert.Equal(known.Sequence, sequence);
            if (isKnown && random.Next(4) > 0) continue;
            last += (ulong)random.Next(1, 3);
            model[id] = (last, now);
            window.Add(Encoding.UTF8.GetBytes(id), last, now);
            if (step % 100 == 0) Assert.Equal(model.Values.Count(value => now - value.Time < 3 * Second), window.Count);
        }

        window.Clear();
        Assert.Equal(0, window.Count);
    }

    [Fact]
    public void A_million_ids_take_32_bytes_each()
    {
        var window = new DedupeWindow(Key, long.MaxValue);
        byte[] id = new byte[64];
        for (int i = 0; i < 1_000_000; i++)
        {
            BitConverter.TryWriteBytes(id, i);
            window.Add(id, (ulong)i + 1, i);
        }

        Assert.True(window.Bytes <= 32L * window.Count, $"{window.Bytes} bytes");
    }

    [Fact]
    public void Messages_allocate_nothing()
    {
        var window = new DedupeWindow(Key, 20_000_000);
        byte[] id = new byte[16];
        long before = 0;
        for (int i = 0; i < 200_000; i++)
        {
            if (i == 100_000) before = GC.GetAllocatedBytesForCurrentThread();
            BitConverter.TryWriteBytes(id, i);
            Assert.False(window.TryFind(id, i * 1_000_000L / 1000, out _));
            window.Add(id, (ulong)i + 1, i * 1_000_000L / 1000);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
