namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. Numbers in headers, as the reference reads them.</summary>
internal static class IngestNumber
{
    /// <summary>Reads digits; -1 when there is anything else, or nothing. What is too large runs over.</summary>
    public static long Parse(ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty) return -1;
        long number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return -1;
            number = unchecked((number * 10) + (digit - '0'));
        }

        return number;
    }

    /// <summary>Reads digits of a number that fits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out ulong number)
    {
        number = 0;
        if (digits.IsEmpty) return false;
        foreach (byte digit in digits)
        {
            uint value = (uint)(digit - '0');
            if (value > 9 || number > ulong.MaxValue / 10 || (number == ulong.MaxValue / 10 && value > ulong.MaxValue % 10)) return false;
            number = (number * 10) + value;
        }

        return true;
    }
}
