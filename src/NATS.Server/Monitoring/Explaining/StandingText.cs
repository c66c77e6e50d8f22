using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Numbers and times in sentences for people. Pure.</summary>
internal static class StandingText
{
    private const long SecondNs = 1_000_000_000;

    /// <summary>Such as <c>1,234</c>.</summary>
    public static string Number(ulong number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>-1</c> and <c>1,234</c>.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>As a setting is written: <c>1234</c>.</summary>
    public static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Such as <c>1 message</c> or <c>1,234 messages</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one of them.</param>
    /// <param name="many">The word for several; null: with an s.</param>
    public static string Count(ulong count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{Number(count)} {many ?? one + "s"}";

    /// <summary>The same with numbers that are never negative.</summary>
    public static string Count(long count, string one, string? many = null) => Count((ulong)Math.Max(0, count), one, many);

    /// <summary>A span of time, as exact as people want it: milliseconds below ten seconds, tenths below a minute, whole seconds above.</summary>
    public static string Span(long ns)
    {
        ns = Math.Max(0, ns);
        long unit = ns < 10 * SecondNs ? SecondNs / 1000 : ns < 60 * SecondNs ? SecondNs / 10 : SecondNs;
        return ns < SecondNs / 1000 ? "less than 1ms" : GoDuration.FormatNanoseconds(ns / unit * unit);
    }

    /// <summary>The same.</summary>
    public static string Span(TimeSpan span) => Span(Nanoseconds(span));

    /// <summary>A setting as configurations write it: <c>2m0s</c>.</summary>
    public static string Setting(long ns) => GoDuration.FormatNanoseconds(ns);

    /// <summary>The same.</summary>
    public static string Setting(TimeSpan span) => GoDuration.Format(span);

    /// <summary>Such as <c>3.2s ago</c>; <c>never</c> for 0.</summary>
    /// <param name="timeNs">Nanoseconds since 1970.</param>
    /// <param name="nowNs">The time.</param>
    public static string Ago(long timeNs, long nowNs) => timeNs == 0 ? "never" : Span(nowNs - timeNs) + " ago";

    /// <summary>A moment that is to come: <c>2026-01-02T03:04:05Z (in 2m0s)</c>; one that is there: <c>now</c>.</summary>
    public static string Until(long timeNs, long nowNs) => timeNs <= nowNs ? "now" : $"{Time(timeNs)} (in {Span(timeNs - nowNs)})";

    /// <summary>Such as <c>2026-01-02T03:04:05.5Z</c>.</summary>
    public static string Time(long timeNs) => Time(DateTimeOffset.UnixEpoch.AddTicks(timeNs / TimeSpan.NanosecondsPerTick));

    /// <summary>The same, to the millisecond.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", CultureInfo.InvariantCulture);

    public static long Nanoseconds(TimeSpan span) => (long)Int128.Clamp((Int128)span.Ticks * TimeSpan.NanosecondsPerTick, long.MinValue, long.MaxValue);

    /// <summary>Such as <c>a, b and c</c>.</summary>
    public static string List(IReadOnlyList<string> words, string last = "and") =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.Take(words.Count - 1))} {last} {words[^1]}";

    /// <summary>With a large first letter.</summary>
    public static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
