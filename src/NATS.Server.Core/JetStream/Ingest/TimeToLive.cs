using System.Text;
using NATS.Server.Core.Config;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. The value of the headers <c>Nats-TTL</c> and <c>Nats-Schedule-TTL</c>.</summary>
public static class TimeToLive
{
    /// <summary>How long a message lives that does not go with its age.</summary>
    public const long Never = -1;

    // Go reads any number of leading zeros; nobody writes them.
    private const int LongestDuration = 128;

    /// <summary>Reads how long a message lives.</summary>
    /// <param name="value">Not empty.</param>
    /// <param name="seconds">0: as if it said nothing; <see cref="Never"/>.</param>
    /// <returns>False when it is not valid.</returns>
    public static bool TryParse(ReadOnlySpan<byte> value, out long seconds)
    {
        // never | <Go duration of a second or more> | <seconds>
        // "0" is a duration too, and one that is too short; "00" is a number of seconds.
        seconds = Never;
        if (Ascii.EqualsIgnoreCase(value, "never"u8)) return true;
        seconds = 0;
        if (!IsNumber(value) && value.Length <= LongestDuration && GoDuration.TryParse(Encoding.UTF8.GetString(value), out TimeSpan duration, out _))
        {
            seconds = duration >= TimeSpan.FromSeconds(1) ? (long)duration.TotalSeconds : 0;
            return seconds > 0;
        }

        long number = value.SequenceEqual("0"u8) ? -1 : IngestNumber.Parse(value);
        if (number < 0) return false;
        seconds = number;
        return true;
    }

    private static bool IsNumber(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}
