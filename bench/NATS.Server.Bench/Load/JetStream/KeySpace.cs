using System.Globalization;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Subjects that end in a number of fixed width. Pure.</summary>
/// <param name="Prefix">What stands before the number.</param>
/// <param name="Count">How many there are.</param>
internal sealed record KeySpace(string Prefix, int Count)
{
    public const int Digits = 8;

    public string Subject(int key) => Prefix + key.ToString("00000000", CultureInfo.InvariantCulture);

    /// <summary>The key of message <paramref name="sequence"/>, without an order; the same for whoever asks.</summary>
    public int Scattered(long sequence)
    {
        // SplitMix64; the high bits are mapped by multiplication, without division.
        var mixed = ((ulong)sequence + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)(((mixed >> 32) * (ulong)Count) >> 32);
    }

    public static unsafe void Write(byte* target, int key)
    {
        for (var i = Digits - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + (key % 10));
            key /= 10;
        }
    }
}
