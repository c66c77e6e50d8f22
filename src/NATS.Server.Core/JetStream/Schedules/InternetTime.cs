using System.Globalization;

namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>Pure. Times of RFC 3339 with the leniency of the reference: an hour of one digit, a comma before fractions, offsets of a whole day.</summary>
internal static class InternetTime
{
    private const long Second = 1_000_000_000;
    private const int FractionDigits = 9;

    /// <summary>Reads a time.</summary>
    /// <param name="text">Nothing is trimmed.</param>
    /// <param name="timeNs">Nanoseconds since 1970; times that do not fit are as late or as early as can be.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out long timeNs)
    {
        // yyyy-MM-ddTHH:mm:ss[.f+](Z|(+|-)HH:mm)
        timeNs = 0;
        if (!TryTake(ref text, 4, '-', out int year) || !TryTake(ref text, 2, '-', out int month) || !TryTake(ref text, 2, 'T', out int day)) return false;
        int hourDigits = text.Length > 1 && text[1] == ':' ? 1 : 2;
        if (!TryTake(ref text, hourDigits, ':', out int hour) || !TryTake(ref text, 2, ':', out int minute) || !TryTake(ref text, 2, '\0', out int second)) return false;
        long fractionNs = TakeFraction(ref text);
        if (!TryOffset(text, out int offsetSeconds)) return false;
        if (month is < 1 or > 12 || day < 1 || day > DaysIn(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        long days = DaysSince1970(year, month, day);
        long seconds = (((((days * 24) + hour) * 60) + minute) * 60) + second - offsetSeconds;
        timeNs = (long)Int128.Clamp(((Int128)seconds * Second) + fractionNs, long.MinValue, long.MaxValue);
        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<char> text, int digits, char behind, out int number)
    {
        number = 0;
        int length = behind == '\0' ? digits : digits + 1;
        if (text.Length < length || text[..digits].ContainsAnyExceptInRange('0', '9') || (behind != '\0' && text[digits] != behind)) return false;
        number = int.Parse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        text = text[length..];
        return true;
    }

    // Digits that do not count are cut off.
    private static long TakeFraction(ref ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] is not ('.' or ',') || !char.IsAsciiDigit(text[1])) return 0;
        int end = text[1..].IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> digits = end < 0 ? text[1..] : text[1..(end + 1)];
        text = text[(digits.Length + 1)..];
        long nanoseconds = 0;
        for (int i = 0; i < FractionDigits; i++) nanoseconds = (nanoseconds * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        return nanoseconds;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out int seconds)
    {
        seconds = 0;
        if (text is "Z") return true;
        if (text.Length != "+00:00".Length || text[0] is not ('+' or '-')) return false;
        bool isWest = text[0] == '-';
        text = text[1..];
        if (!TryTake(ref text, 2, ':', out int hours) || !TryTake(ref text, 2, '\0', out int minutes) || hours > 24 || minutes > 60) return false;
        seconds = ((hours * 60) + minutes) * (isWest ? -60 : 60);
        return true;
    }

    // The year 0 is a leap year, and no year of DateTime.
    private static int DaysIn(int year, int month) => DateTime.DaysInMonth(year == 0 ? 4 : year, month);

    private static long DaysSince1970(int year, int month, int day)
    {
        const int daysOf400Years = 146_097;
        var date = new DateOnly(year == 0 ? 400 : year, month, day);
        return date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber - (year == 0 ? daysOf400Years : 0);
    }
}
