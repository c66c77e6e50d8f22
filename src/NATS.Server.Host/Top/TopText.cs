using System.Globalization;

namespace NATS.Server.Host.Top;

/// <summary>Numbers and texts as they are shown. Pure.</summary>
internal static class TopText
{
    /// <summary>Stands for what is not known.</summary>
    public const string Unknown = "-";

    private const int Kilo = 1000;
    private const int Kibi = 1024;

    /// <summary>A count in thousands: 999, 1.0K, 2.5M, 3.0B, 4.0T.</summary>
    public static string Count(double value, bool isRaw = false) => isRaw ? Whole(value) : Scale(value, Kilo, ["", "K", "M", "B", "T"]);

    /// <summary>Bytes in units of 1024: 1023, 1.0K, 2.5M, 3.0G, 4.0T.</summary>
    public static string Bytes(double value, bool isRaw = false) => isRaw ? Whole(value) : Scale(value, Kibi, ["", "K", "M", "G", "T"]);

    public static string CountOrUnknown(double? value, bool isRaw = false) => value is { } known ? Count(known, isRaw) : Unknown;

    public static string BytesOrUnknown(double? value, bool isRaw = false) => value is { } known ? Bytes(known, isRaw) : Unknown;

    /// <summary>With one decimal.</summary>
    public static string Decimal(double? value) => value is { } known ? known.ToString("0.0", CultureInfo.InvariantCulture) : Unknown;

    public static string Whole(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    /// <summary>A time to the second, UTC; empty for none.</summary>
    public static string Time(DateTimeOffset time) => time == default ? "" : time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// A text that stands in as many places as it has characters and commands nothing: names come from clients, and a terminal obeys escape sequences.
    /// </summary>
    public static string Printable(string text) => text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Create(text.Length, text, Clean) : text;

    private static void Clean(Span<char> to, string from)
    {
        for (int i = 0; i < from.Length; i++) to[i] = IsNarrow(from[i]) ? from[i] : '?';
    }

    private static bool IsNarrow(char character) => character < 0x7f
        ? character >= ' '
        : character is >= '\u00a0' and < '\u1100' or >= '\u2000' and < '\u2e80'
          && char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
              or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned);

    private static string Scale(double value, int unit, ReadOnlySpan<string> names)
    {
        int step = 0;
        double scaled = value;
        while (step < names.Length - 1 && Math.Abs(scaled) >= unit)
        {
            scaled /= unit;
            step++;
        }

        return step == 0 ? Whole(value) : scaled.ToString("0.0", CultureInfo.InvariantCulture) + names[step];
    }
}
