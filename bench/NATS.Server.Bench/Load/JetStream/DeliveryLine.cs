namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Reads control lines of deliveries of which neither subject nor size has a fixed width. Pure.</summary>
internal static class DeliveryLine
{
    /// <summary>Finds the control line of a delivery.</summary>
    /// <param name="rest">What was received and not read, from the delivery on.</param>
    /// <param name="line">Where its line feed stands.</param>
    /// <param name="size">Bytes that follow, without their line end.</param>
    /// <returns>False when not all of the delivery has arrived.</returns>
    public static bool TryRead(ReadOnlySpan<byte> rest, out int line, out int size)
    {
        size = 0;
        line = rest.IndexOf((byte)'\n');
        if (line < 0) return false;
        size = Size(rest[..(line - 1)]);
        return rest.Length >= line + 1 + size + 2;
    }

    /// <summary>The last argument of a control line without its line end: bytes of what follows.</summary>
    private static int Size(ReadOnlySpan<byte> line)
    {
        var size = 0;
        var unit = 1;
        for (var i = line.Length - 1; i >= 0 && line[i] != ' '; i--)
        {
            size += (line[i] - '0') * unit;
            unit *= 10;
        }

        return size;
    }

    /// <summary>The number that <paramref name="digits"/> begins with, after blanks.</summary>
    public static long Number(ReadOnlySpan<byte> digits)
    {
        var number = 0L;
        foreach (var digit in digits.TrimStart((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'9') break;
            number = (number * 10) + (digit - '0');
        }

        return number;
    }

    /// <summary>The argument before the size: of a message for which a reply is wanted, where to.</summary>
    /// <param name="line"><c>MSG subject sid reply size</c>.</param>
    public static ReadOnlySpan<byte> Reply(ReadOnlySpan<byte> line)
    {
        var end = line.LastIndexOf((byte)' ');
        var start = line[..end].LastIndexOf((byte)' ');
        return line[(start + 1)..end];
    }
}
