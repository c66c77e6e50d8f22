using System.Text;

namespace NATS.Server.UnitTests.Compression;

/// <summary>Inputs of many kinds, the same for the same seed.</summary>
internal static class S2Inputs
{
    /// <summary>Something between noise and a single byte, up to a length.</summary>
    public static byte[] Any(Random random, int maximumLength)
    {
        byte[] input = new byte[random.Next(maximumLength + 1)];
        int kind = random.Next(5);
        if (kind == 0) random.NextBytes(input);
        else if (kind == 1) Array.Fill(input, (byte)random.Next(256));
        else if (kind == 2) Periodic(random, input);
        else if (kind == 3) Pasted(random, input);
        else return Json(random, input.Length);
        return input;
    }

    /// <summary>What servers mostly compress.</summary>
    public static byte[] Json(Random random, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append($$"""{"subject":"orders.{{random.Next(40)}}.{{(random.Next(2) == 0 ? "created" : "shipped")}}","seq":{{random.Next(1_000_000)}},"ok":true}""");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    private static void Periodic(Random random, byte[] input)
    {
        int period = 1 + random.Next(random.Next(2) == 0 ? 20 : 5000);
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = i < period || random.Next(1000) == 0 ? (byte)random.Next(256) : input[i - period];
        }
    }

    // Pieces of noise and of what came before, near and far.
    private static void Pasted(Random random, byte[] input)
    {
        int at = 0;
        while (at < input.Length)
        {
            int length = Math.Min(1 + random.Next(random.Next(4) == 0 ? 3000 : 40), input.Length - at);
            Span<byte> piece = input.AsSpan(at, length);
            int back = random.Next(at + 1);
            if (back >= length && random.Next(3) > 0) input.AsSpan(at - back, length).CopyTo(piece);
            else random.NextBytes(piece);
            at += length;
        }
    }
}
