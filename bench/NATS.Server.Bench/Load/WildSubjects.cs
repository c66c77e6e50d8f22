using System.Text;

namespace NATS.Server.Bench.Load;

/// <summary>
/// 100,000 wildcard subscriptions, half <c>w.A.*.C</c> and half <c>w.A.B.&gt;</c>, over subjects <c>w.A.B.C</c> drawn from 500 x 100 x 100:
/// every subject matches exactly one subscription of each half. Tokens and subscription ids have a fixed width. Pure.
/// </summary>
internal static class WildSubjects
{
    public const int FirstTokens = 500;
    public const int OtherTokens = 100;
    public const int SubscriptionsPerHalf = FirstTokens * OtherTokens;
    public const int FirstSid = 100_000;
    public const string Example = "w.000.000.000";

    /// <summary>The tokens of message <paramref name="sequence"/>: scattered, the same on both sides.</summary>
    public static (int A, int B, int C) Tokens(long sequence)
    {
        // SplitMix64 of the sequence; the halves of the product are mapped by multiplication, without division.
        var mixed = ((ulong)sequence + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        var a = (int)(((mixed & 0xFFFFF) * FirstTokens) >> 20);
        var b = (int)((((mixed >> 20) & 0xFFFFF) * OtherTokens) >> 20);
        var c = (int)((((mixed >> 40) & 0xFFFFF) * OtherTokens) >> 20);
        return (a, b, c);
    }

    /// <summary>The SUB commands of one half.</summary>
    public static byte[] Subscriptions(bool withTail)
    {
        var text = new StringBuilder(SubscriptionsPerHalf * 32);
        for (var first = 0; first < FirstTokens; first++)
        {
            for (var other = 0; other < OtherTokens; other++)
            {
                var filter = withTail ? $"w.{first:000}.{other:000}.>" : $"w.{first:000}.*.{other:000}";
                text.Append("SUB ").Append(filter).Append(' ').Append(Sid(first, other)).Append("\r\n");
            }
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    public static int Sid(int first, int other) => FirstSid + (first * OtherTokens) + other;
}
