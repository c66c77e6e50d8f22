using System.Diagnostics;
using NATS.Server.Testing;
using NATS.Server.Testing.Storage.Crashes;
using Xunit;

namespace NATS.Server.ServerTests.Storage;

/// <summary>A process that stores messages is killed, again and again in the same directory.</summary>
public sealed class KillTests
{
    private const int Kills = 6;

    [Fact]
    public void Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(4);
        List<string> acknowledged = [];
        for (int kill = 0; kill < Kills; kill++)
        {
            acknowledged.AddRange(WriteAndKill(folder.Path, linesBefore: random.Next(1, 3000)));
            string verdict = StoreWriter.Check(folder.Path, acknowledged, out bool isGood);
            Assert.True(isGood, $"after kill {kill + 1}: {verdict}");
        }

        Assert.True(acknowledged.Count > Kills);
    }

    // What was told until the pipe broke was acknowledged.
    private static List<string> WriteAndKill(string directory, int linesBefore)
    {
        string file = OperatingSystem.IsWindows() ? "NATS.Server.StoreWriter.exe" : "NATS.Server.StoreWriter";
        string path = Repository.PathOf("artifacts", "bin", "NATS.Server.StoreWriter", Repository.BuildConfiguration, file);
        using Process process = Process.Start(new ProcessStartInfo(path, ["write", directory]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        List<string> lines = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (lines.Count == linesBefore) process.Kill();
        }

        process.WaitForExit();
        return lines;
    }
}
