using System.Globalization;

namespace NATS.Server.InteropTests.Abuse;

/// <summary>What the kernel knows of a running process. Linux.</summary>
internal static class ProcessFacts
{
    /// <summary>Resident memory in KiB.</summary>
    public static long ResidentKiB(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture);
    }

    /// <summary>Open descriptors.</summary>
    public static int Descriptors(int process) => Directory.GetFiles($"/proc/{process}/fd").Length;
}
