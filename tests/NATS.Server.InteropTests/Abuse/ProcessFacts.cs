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

    /// <summary>Open sockets. Not all descriptors: the runtime opens its own files when it first needs them.</summary>
    public static int Sockets(int process) =>
        new DirectoryInfo($"/proc/{process}/fd").EnumerateFiles().Count(static file => file.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
