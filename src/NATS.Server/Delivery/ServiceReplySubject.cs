using System.Diagnostics;
using System.Security.Cryptography;

namespace NATS.Server.Delivery;

/// <summary>
/// The reply subjects that service imports give to requests, <c>_R_.PREFIX.REPLY</c>: the prefix belongs to the exporting account, the reply says who
/// waits for it. Pure but for <see cref="NewPrefix"/>.
/// </summary>
internal static class ServiceReplySubject
{
    /// <summary>The longest subject, with the mark of a measured request.</summary>
    public const int MaxLength = PrefixLength + RequesterDigits + TicketDigits + MarkLength;

    /// <summary>Requesting accounts that can be told apart.</summary>
    public const uint MaxRequesters = 62 * 62 * 62 * 62;

    /// <summary>Tickets are below this: 47 bits that nobody can guess.</summary>
    public const ulong MaxTicket = 62UL * 62 * 62 * 62 * 62 * 62 * 62 * 62;

    private const int PrefixLength = 11; // _R_.PREFIX.
    private const int RequesterDigits = 4;
    private const int TicketDigits = 8;
    private const int MarkLength = HashDigits + 3; // .SERVER12.T
    private const int HashDigits = 8;
    private const int Radix = 62;

    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>A new prefix for an account, with the dot that follows it.</summary>
    public static byte[] NewPrefix()
    {
        byte[] prefix = "_R_.------."u8.ToArray();
        for (int i = "_R_.".Length; i < PrefixLength - 1; i++) prefix[i] = Digits[RandomNumberGenerator.GetInt32(Radix)];
        return prefix;
    }

    /// <summary>The mark behind the subject of a request that is measured: the server, by a hash of its name, and <c>T</c>.</summary>
    public static byte[] Mark(string serverName)
    {
        byte[] hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(serverName));
        byte[] mark = ".--------.T"u8.ToArray();
        for (int i = 1; i <= HashDigits; i++) mark[i] = Digits[hash[i - 1] % Radix];
        return mark;
    }

    /// <summary>Writes a reply subject.</summary>
    /// <param name="prefix">From <see cref="NewPrefix"/>.</param>
    /// <param name="requester">Number of the requesting account.</param>
    /// <param name="ticket">The pending reply's.</param>
    /// <param name="mark">From <see cref="Mark"/>, or empty.</param>
    /// <param name="subject">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>The length.</returns>
    public static int Write(byte[] prefix, uint requester, ulong ticket, ReadOnlySpan<byte> mark, Span<byte> subject)
    {
        Debug.Assert(requester < MaxRequesters && ticket < MaxTicket);
        prefix.CopyTo(subject);
        WriteNumber(requester, subject.Slice(PrefixLength, RequesterDigits));
        WriteNumber(ticket, subject.Slice(PrefixLength + RequesterDigits, TicketDigits));
        mark.CopyTo(subject[(PrefixLength + RequesterDigits + TicketDigits)..]);
        return PrefixLength + RequesterDigits + TicketDigits + mark.Length;
    }

    /// <summary>Reads a subject below a prefix of ours. False when it is none that <see cref="Write"/> makes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> subject, out uint requester, out ulong ticket)
    {
        requester = 0;
        ticket = 0;
        const int length = PrefixLength + RequesterDigits + TicketDigits;
        if (subject.Length != length && (subject.Length != length + MarkLength || subject[length] != '.')) return false;
        if (!TryReadNumber(subject.Slice(PrefixLength, RequesterDigits), out ulong number)) return false;
        requester = (uint)number;
        return TryReadNumber(subject.Slice(PrefixLength + RequesterDigits, TicketDigits), out ticket);
    }

    private static void WriteNumber(ulong number, Span<byte> digits)
    {
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            (number, ulong digit) = Math.DivRem(number, Radix);
            digits[i] = Digits[(int)digit];
        }
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out ulong number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            int value = digit switch
            {
                >= (byte)'0' and <= (byte)'9' => digit - '0',
                >= (byte)'A' and <= (byte)'Z' => digit - 'A' + 10,
                >= (byte)'a' and <= (byte)'z' => digit - 'a' + 36,
                _ => -1,
            };
            if (value < 0) return false;
            number = (number * Radix) + (uint)value;
        }

        return true;
    }
}
