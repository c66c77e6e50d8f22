using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>Immutable. Six fields: second, minute, hour, day of the month, month, day of the week.</summary>
internal sealed class CronPattern
{
    private const int FieldCount = 6;
    private const int YearsAhead = 5;
    private readonly CronField _seconds;
    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _daysOfMonth;
    private readonly CronField _months;
    private readonly CronField _daysOfWeek;

    private CronPattern(CronField seconds, CronField minutes, CronField hours, CronField daysOfMonth, CronField months, CronField daysOfWeek)
    {
        (_seconds, _minutes, _hours) = (seconds, minutes, hours);
        (_daysOfMonth, _months, _daysOfWeek) = (daysOfMonth, months, daysOfWeek);
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out CronPattern? pattern)
    {
        pattern = null;
        List<string> fields = FieldsOf(text);
        if (fields.Count != FieldCount
            || !CronField.TrySixtieths(fields[0], out CronField seconds)
            || !CronField.TrySixtieths(fields[1], out CronField minutes)
            || !CronField.TryHours(fields[2], out CronField hours)
            || !CronField.TryDaysOfMonth(fields[3], out CronField daysOfMonth)
            || !CronField.TryMonths(fields[4], out CronField months)
            || !CronField.TryDaysOfWeek(fields[5], out CronField daysOfWeek))
        {
            return false;
        }

        pattern = new CronPattern(seconds, minutes, hours, daysOfMonth, months, daysOfWeek);
        return true;
    }

    /// <summary>Finds the first second after a second that matches.</summary>
    /// <param name="zone">Whose clock is looked at.</param>
    /// <param name="after">Seconds since 1970.</param>
    /// <param name="next">Seconds since 1970.</param>
    /// <returns>False when there is none for five years.</returns>
    /// <remarks>
    /// From month to second: as long as a field does not match, the clock goes on by one of its units, and whenever that begins the next larger one, all
    /// fields are looked at again. Months and days go on as the calendar does, hours and less as time does; the first time a field does not match,
    /// what is smaller begins at its start. Where the clock changes this decides which instant is found, so it is part of the contract.
    /// </remarks>
    public bool TryNext(TimeZoneInfo zone, long after, out long next)
    {
        next = 0;
        if (!WallClock.IsSupported(after)) return false;
        var clock = new WallClock(zone, after + 1);
        int lastYear = clock.Local.Year + YearsAhead;
        bool isRounded = false;
        while (clock.IsSupported() && clock.Local.Year <= lastYear)
        {
            if (!FindMonth(ref clock, ref isRounded) || !FindDay(ref clock, ref isRounded) || !FindHour(ref clock, ref isRounded)
                || !FindMinute(ref clock, ref isRounded) || !FindSecond(ref clock))
            {
                continue;
            }

            next = clock.Seconds;
            return true;
        }

        return false;
    }

    private bool FindMonth(ref WallClock clock, ref bool isRounded)
    {
        while (!_months.Matches(clock.Local.Month))
        {
            if (!isRounded) clock = clock.At(clock.Local.Date.AddDays(1 - clock.Local.Day));
            isRounded = true;
            clock = clock.AddMonth();
            if (clock.Local.Month == 1) return false;
        }

        return true;
    }

    private bool FindDay(ref WallClock clock, ref bool isRounded)
    {
        while (!MatchesDay(clock.Local))
        {
            if (!isRounded) clock = clock.At(clock.Local.Date);
            isRounded = true;
            clock = clock.AddDay();
            if (clock.Local.Day == 1) return false;
        }

        return true;
    }

    private bool FindHour(ref WallClock clock, ref bool isRounded)
    {
        while (!_hours.Matches(clock.Local.Hour))
        {
            if (!isRounded) clock = clock.At(clock.Local.Date.AddHours(clock.Local.Hour));
            isRounded = true;
            clock = clock.Add(WallClock.Hour);
            if (clock.Local.Hour == 0) return false;
        }

        return true;
    }

    private bool FindMinute(ref WallClock clock, ref bool isRounded)
    {
        while (!_minutes.Matches(clock.Local.Minute))
        {
            if (!isRounded) clock = clock.StartOfMinute();
            isRounded = true;
            clock = clock.Add(WallClock.Minute);
            if (clock.Local.Minute == 0) return false;
        }

        return true;
    }

    private bool FindSecond(ref WallClock clock)
    {
        while (!_seconds.Matches(clock.Local.Second))
        {
            clock = clock.Add(1);
            if (clock.Local.Second == 0) return false;
        }

        return true;
    }

    // Either day will do when both are asked for; a field that asks for nothing does not count.
    private bool MatchesDay(DateTime local)
    {
        bool ofMonth = _daysOfMonth.Matches(local.Day);
        bool ofWeek = _daysOfWeek.Matches((int)local.DayOfWeek);
        return _daysOfMonth.IsAny || _daysOfWeek.IsAny ? ofMonth && ofWeek : ofMonth || ofWeek;
    }

    private static List<string> FieldsOf(string text)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        foreach (char character in text + " ")
        {
            if (!char.IsWhiteSpace(character))
            {
                field.Append(character);
            }
            else if (field.Length > 0)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
        }

        return fields;
    }
}
