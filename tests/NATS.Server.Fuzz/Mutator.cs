namespace NATS.Server.Fuzz;

/// <summary>Makes inputs from seeds: bytes changed, pieces cut, doubled, swapped and spliced, numbers exaggerated. Same seed, same inputs.</summary>
internal sealed class Mutator(List<byte[]> seeds, Random random)
{
    private const int MaxLength = 64 * 1024;

    private static readonly byte[] Special = [0, 9, 10, 13, 32, 34, 36, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 57, 58, 62, 91, 92, 93, 123, 125, 127, 128, 255];
    private static readonly string[] Numbers = ["0", "-1", "1", "00", "2147483647", "2147483648", "4294967296", "9223372036854775807", "99999999999999999999", "1e9"];

    public byte[] Next()
    {
        byte[] input = [.. seeds[random.Next(seeds.Count)]];
        int steps = random.Next(6);
        for (int i = 0; i < steps; i++) input = Mutate(input);
        return input.Length > MaxLength ? input[..MaxLength] : input;
    }

    private byte[] Mutate(byte[] input)
    {
        if (input.Length == 0) return [Special[random.Next(Special.Length)]];
        int at = random.Next(input.Length);
        int length = Math.Min(input.Length - at, 1 + random.Next(32));
        switch (random.Next(9))
        {
            case 0:
                input[at] ^= (byte)(1 << random.Next(8));
                return input;
            case 1:
                input[at] = Special[random.Next(Special.Length)];
                return input;
            case 2:
                return [.. input[..at], .. input[(at + length)..]];
            case 3:
                return [.. input[..at], .. Enumerable.Repeat(input[at..(at + length)], 1 + random.Next(8)).SelectMany(piece => piece), .. input[at..]];
            case 4:
                return [.. input[..at], Special[random.Next(Special.Length)], .. input[at..]];
            case 5:
                byte[] other = seeds[random.Next(seeds.Count)];
                return [.. input[..at], .. other[random.Next(other.Length + 1)..]];
            case 6:
                return input[..at];
            case 7:
                return [.. input[..at], .. System.Text.Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]), .. input[(at + 1)..]];
            default:
                return [.. input[..at], .. Enumerable.Repeat(input[at], random.Next(5000)), .. input[at..]];
        }
    }
}
