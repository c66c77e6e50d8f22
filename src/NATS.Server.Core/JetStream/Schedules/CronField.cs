using System.Globalization;

namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>Immutable. One field of a cron pattern: the numbers that it matches.</summary>
/// <param name="Bits">A bit for each number.</param>
/// <param name="IsAny">It is written with a star, or a question mark, and without a step: it asks for nothing.</param>
internal readonly record struct CronField(ulong Bits, bool IsAny)
{
    private static readonly string[] MonthNames = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public bool Matches(int number) => (Bits >> number & 1) != 0;

    /// <summary>Seconds or minutes.</summary>
    public static bool TrySixtieths(string text, out CronField field) => TryParse(text, 0, 59, [], out field);

    public static bool TryHours(string text, out CronField field) => TryParse(text, 0, 23, [], out field);

    public static bool TryDaysOfMonth(string text, out CronField field) => TryParse(text, 1, 31, [], out field);

    public static bool TryMonths(string text, out CronField field) => TryParse(text, 1, 12, MonthNames, out field);

    /// <summary>Sunday is 0, and only 0.</summary>
    public static bool TryDaysOfWeek(string text, out CronField field) => TryParse(text, 0, 6, DayNames, out field);

    // range[,range]…; nothing between commas is passed over, a field of nothing matches nothing.
    private static bool TryParse(string text, int minimum, int maximum, string[] names, out CronField field)
    {
        field = default;
        foreach (string range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryRange(range, minimum, maximum, names, out CronField part)) return false;
            field = new CronField(field.Bits | part.Bits, field.IsAny || part.IsAny);
        }

        return true;
    }

    // (* | ? | number | number-number)[/step]; a step behind one number goes on to the end. What follows a star without a slash is not looked at.
    private static bool TryRange(string text, int minimum, int maximum, string[] names, out CronField part)
    {
        part = default;
        string[] rangeAndStep = text.Split('/');
        string[] ends = rangeAndStep[0].Split('-');
        bool isAny = ends[0] is "*" or "?";
        int step = 1;
        int first = minimum;
        int last = maximum;
        if (!isAny)
        {
            if (ends.Length > 2 || !TryNumber(ends[0], names, out first)) return false;
            last = first;
            if (ends.Length == 2 && !TryNumber(ends[1], names, out last)) return false;
        }

        if (rangeAndStep.Length > 2 || (rangeAndStep.Length == 2 && !TryNumber(rangeAndStep[1], [], out step))) return false;
        if (rangeAndStep.Length == 2 && ends.Length == 1) last = maximum;
        if (first < minimum || last > maximum || first > last || step == 0) return false;
        ulong bits = 0;
        for (long number = first; number <= last; number += step) bits |= 1UL << (int)number;
        part = new CronField(bits, isAny && step == 1);
        return true;
    }

    private static bool TryNumber(string text, string[] names, out int number)
    {
        number = text.Length == 0 ? -1 : Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (number >= 0) return true;

        // A plus is a sign; a number that is too large for anything may be larger than that.
        ReadOnlySpan<char> digits = text.StartsWith('+') ? text.AsSpan(1) : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long large)) return false;
        number = (int)Math.Min(large, int.MaxValue);
        return true;
    }
}
