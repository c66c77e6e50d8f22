namespace NATS.Server.Core.Jwt;

/// <summary>Base32 without padding, as ids of tokens have it. Pure.</summary>
internal static class Base32Text
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[((bytes.Length * 8) + 4) / 5];
        int bits = 0;
        int count = 0;
        int written = 0;
        foreach (byte b in bytes)
        {
            bits = ((bits & 31) << 8) | b;
            count += 8;
            while (count >= 5)
            {
                count -= 5;
                text[written++] = Alphabet[(bits >> count) & 31];
            }
        }

        if (count > 0) text[written] = Alphabet[(bits << (5 - count)) & 31];
        return new string(text);
    }
}
