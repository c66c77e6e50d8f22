namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>Pure. Finds the one bit of a small file that is wrong, by trying them all.</summary>
internal static class BitFlips
{
    // Some tens of milliseconds at most: 4 KiB have 32768 bits, and each costs a check of 4 KiB.
    private const int LongestFile = 4096;

    /// <summary>Turns bits round, one at a time, until the file is good.</summary>
    /// <param name="damaged">Null or too long: nothing is tried.</param>
    /// <param name="isGood">A check that chance does not pass.</param>
    /// <returns>The file as it was, or null.</returns>
    public static byte[]? TryCorrect(byte[]? damaged, Func<byte[], bool> isGood)
    {
        if (damaged is null || damaged.Length > LongestFile) return null;
        byte[] file = [.. damaged];
        for (int i = 0; i < file.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                file[i] ^= (byte)(1 << bit);
                if (isGood(file)) return file;
                file[i] ^= (byte)(1 << bit);
            }
        }

        return null;
    }
}
