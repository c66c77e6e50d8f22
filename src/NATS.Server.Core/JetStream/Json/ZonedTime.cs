using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>
/// Immutable. A time to the nanosecond, in the years 0 to 9999, with the distance from UTC at which it was written: what the reference keeps of a time in a
/// configuration, and writes again in the same way.
/// </summary>
/// <param name="Seconds">Since 1970, UTC; negative before.</param>
/// <param name="Nanoseconds">0 to 999,999,999.</param>
/// <param name="OffsetSeconds">How far the clock it was written by is ahead of UTC; whole minutes.</param>
public readonly record struct ZonedTime(long Seconds, int Nanoseconds, int OffsetSeconds = 0)
{
    /// <summary>How long its text is at most.</summary>
    public const int MaximumLength = 35;

    private const string Layout = "2006-01-02T15:04:05Z07:00";
    private const int SecondsPerDay = 86_400;
    private static readonly long FirstSecond = SecondsOf(1, 1, 1);

    /// <summary>The first second of year 1, which stands for no time.</summary>
    public static ZonedTime Zero { get; } = new(FirstSecond, 0);

    /// <summary>Whether it is the first second of year 1, which stands for no time.</summary>
    public bool IsZero => Seconds == FirstSecond && Nanoseconds == 0;

    /// <summary>The same time by the clock of UTC.</summary>
    public ZonedTime ToUtc() => this with { OffsetSeconds = 0 };

    /// <summary>Whether both are the same moment, by whatever clock they were written.</summary>
    public bool IsSameMoment(ZonedTime other) => Seconds == other.Seconds && Nanoseconds == other.Nanoseconds;

    /// <summary>The nanoseconds since 1970, as messages are stamped; the nearest that there is for times before 1678 and after 2262.</summary>
    public long ToUnixNanoseconds() => (long)Int128.Clamp(((Int128)Seconds * 1_000_000_000) + Nanoseconds, long.MinValue, long.MaxValue);

    /// <summary>A stamp of nanoseconds since 1970.</summary>
    public static ZonedTime FromUnixNanoseconds(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        return rest < 0 ? new ZonedTime(seconds - 1, (int)rest + 1_000_000_000) : new ZonedTime(seconds, (int)rest);
    }

    /// <summary>Reads RFC 3339 as loosely as the reference does: an hour may have one digit, a fraction may follow a comma, digits below a nanosecond are cut off.</summary>
    /// <param name="text">The text.</param>
    /// <param name="time">The time.</param>
    /// <param name="problem">What the reference says.</param>
    public static bool TryParse(string text, out ZonedTime time, [NotNullWhen(false)] out string? problem)
    {
        var parser = new Parser(text);
        parser.Parse();
        time = parser.Result;
        problem = parser.Problem;
        return problem is null;
    }

    /// <summary>RFC 3339 with as many digits of the fraction as there are, as the reference writes it.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaximumLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }

    /// <summary>Writes it as <see cref="ToString"/>, without allocating.</summary>
    /// <param name="output">At least <see cref="MaximumLength"/> long.</param>
    /// <returns>How long it is.</returns>
    public int Format(Span<byte> output)
    {
        (long days, long second) = Math.DivRem(Seconds + OffsetSeconds, SecondsPerDay);
        if (second < 0) (days, second) = (days - 1, second + SecondsPerDay);
        (int year, int month, int day) = DateOf(days);
        "0000-00-00T00:00:00"u8.CopyTo(output);
        Digits(output[..4], year);
        Digits(output[5..7], month);
        Digits(output[8..10], day);
        Digits(output[11..13], (int)(second / 3600));
        Digits(output[14..16], (int)(second / 60 % 60));
        Digits(output[17..19], (int)(second % 60));
        int length = 19;
        if (Nanoseconds > 0)
        {
            output[length] = (byte)'.';
            Digits(output.Slice(length + 1, 9), Nanoseconds);
            length = output[..(length + 10)].LastIndexOfAnyExcept((byte)'0') + 1;
        }

        if (OffsetSeconds == 0)
        {
            output[length] = (byte)'Z';
            return length + 1;
        }

        int minutes = Math.Abs(OffsetSeconds / 60);
        output[length] = OffsetSeconds < 0 ? (byte)'-' : (byte)'+';
        Digits(output.Slice(length + 1, 2), minutes / 60);
        output[length + 3] = (byte)':';
        Digits(output.Slice(length + 4, 2), minutes % 60);
        return length + 6;
    }

    private static void Digits(Span<byte> output, int number)
    {
        for (int i = output.Length - 1; i >= 0; i--, number /= 10) output[i] = (byte)('0' + (number % 10));
    }

    // Days since 1970 of a date of the Gregorian calendar, which is thought to have been in use always. The year begins in March, so that the leap day is its last.
    private static long DaysOf(int year, int month, int day)
    {
        int shifted = month > 2 ? month - 3 : month + 9;
        long years = month > 2 ? year : year - 1;
        long era = Math.DivRem(years, 400).Quotient - (years < 0 && years % 400 != 0 ? 1 : 0);
        long yearOfEra = years - (era * 400);
        long dayOfYear = (((153 * shifted) + 2) / 5) + day - 1;
        return (era * 146_097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    private static (int Year, int Month, int Day) DateOf(long days)
    {
        days += 719_468;
        long era = days >= 0 ? days / 146_097 : (days - 146_096) / 146_097;
        long dayOfEra = days - (era * 146_097);
        long yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        long shifted = ((5 * dayOfYear) + 2) / 153;
        int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return ((int)(yearOfEra + (era * 400)) + (month <= 2 ? 1 : 0), month, (int)(dayOfYear - (((153 * shifted) + 2) / 5) + 1));
    }

    private static long SecondsOf(int year, int month, int day) => DaysOf(year, month, day) * SecondsPerDay;

    // One pass over the text, piece by piece of the layout; the first problem stays.
    private ref struct Parser(string text)
    {
        private ReadOnlySpan<char> _rest = text;

        public ZonedTime Result { get; private set; }

        public string? Problem { get; private set; }

        public void Parse()
        {
            int year = Year();
            Literal('-');
            int month = Field("01", isFixed: true, 1, 12, "month");
            Literal('-');
            int day = Field("02", isFixed: true, 0, 99, "day");
            Literal('T');
            int hour = Field("15", isFixed: false, 0, 23, "hour");
            Literal(':');
            int minute = Field("04", isFixed: true, 0, 59, "minute");
            Literal(':');
            int second = Field("05", isFixed: true, 0, 59, "second");
            int nanoseconds = Fraction();
            int offset = Offset();
            if (!_rest.IsEmpty) Fail($": extra text: {Quote(_rest)}");
            if (Problem is null && (day < 1 || day > DaysIn(year, month))) Fail(": day out of range");
            if (Problem is null) Result = new ZonedTime(SecondsOf(year, month, day) + (hour * 3600) + (minute * 60) + second - offset, nanoseconds, offset);
        }

        // The class library's calendar has no year 0, a leap year.
        private static int DaysIn(int year, int month) => DateTime.DaysInMonth(year == 0 ? 4 : year, month);

        private int Year()
        {
            if (_rest.Length < 4 || !int.TryParse(_rest[..4], NumberStyles.None, CultureInfo.InvariantCulture, out int year)) return CannotParse("2006");
            _rest = _rest[4..];
            return year;
        }

        private void Literal(char expected)
        {
            if (Problem is not null) return;
            if (_rest.IsEmpty || _rest[0] != expected) CannotParse(expected.ToString());
            else _rest = _rest[1..];
        }

        private int Field(string layout, bool isFixed, int minimum, int maximum, string name)
        {
            if (Problem is not null) return 0;
            int digits = _rest.Length > 1 && char.IsAsciiDigit(_rest[1]) ? 2 : 1;
            if (_rest.IsEmpty || !char.IsAsciiDigit(_rest[0]) || (isFixed && digits == 1)) return CannotParse(layout);
            int number = int.Parse(_rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            _rest = _rest[digits..];
            if (number < minimum || number > maximum) Fail($": {name} out of range");
            return number;
        }

        private int Fraction()
        {
            if (Problem is not null || _rest.Length < 2 || _rest[0] is not ('.' or ',') || !char.IsAsciiDigit(_rest[1])) return 0;
            int end = _rest[1..].IndexOfAnyExceptInRange('0', '9') + 1;
            if (end == 0) end = _rest.Length;
            ReadOnlySpan<char> digits = _rest[1..Math.Min(end, 10)];
            _rest = _rest[end..];
            return int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) * (int)Math.Pow(10, 9 - digits.Length);
        }

        // 24 hours and 60 minutes pass.
        private int Offset()
        {
            if (Problem is not null) return 0;
            if (!_rest.IsEmpty && _rest[0] == 'Z')
            {
                _rest = _rest[1..];
                return 0;
            }

            if (_rest.Length < 6 || _rest[3] != ':' || !Digits(_rest[1..3], out int hours) || !Digits(_rest[4..6], out int minutes)) return CannotParse("Z07:00");
            char sign = _rest[0];
            if (hours <= 24 && minutes <= 60 && sign is not ('+' or '-')) return CannotParse("Z07:00");
            _rest = _rest[6..];
            if (hours > 24) Fail(": time zone offset hour out of range");
            if (minutes > 60) Fail(": time zone offset minute out of range");
            int seconds = ((hours * 60) + minutes) * 60;
            return sign == '-' ? -seconds : seconds;
        }

        private static bool Digits(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

        private int CannotParse(string element)
        {
            Fail($" as {Quote(Layout)}: cannot parse {Quote(_rest)} as {Quote(element)}");
            return 0;
        }

        private void Fail(string problem) => Problem ??= $"parsing time {Quote(text)}{problem}";

        // Quotes in the manner of Go's times: bytes that are not printable ASCII by their number.
        private static string Quote(ReadOnlySpan<char> text)
        {
            var quoted = new StringBuilder(text.Length + 2).Append('"');
            foreach (byte next in Encoding.UTF8.GetBytes(text.ToString()))
            {
                if (next is < 0x20 or >= 0x80) quoted.Append(CultureInfo.InvariantCulture, $"\\x{next:x2}");
                else quoted.Append(next is (byte)'"' or (byte)'\\' ? "\\" : "").Append((char)next);
            }

            return quoted.Append('"').ToString();
        }
    }
}
