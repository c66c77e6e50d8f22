using System.Diagnostics;
using System.Text;

namespace NATS.Server.Testing;

/// <summary>Thread-safe. Prometheus' own judge of metrics: <c>PROMTOOL</c>, else what <c>scripts/get-promtool.sh</c> finds or downloads.</summary>
public static class Promtool
{
    private static readonly TimeSpan DownloadTimeout = TimeSpan.FromMinutes(3);
    private static readonly Lazy<string?> Located = new(Locate);

    /// <summary>Judges metrics.</summary>
    /// <param name="metrics">In the text format.</param>
    /// <returns>The exit code, 0 for no complaint and 3 for questions of style, and the complaints.</returns>
    /// <exception cref="SkippedTestException">There is no promtool on this machine: the test is skipped.</exception>
    public static async Task<(int Code, string[] Complaints)> CheckAsync(string metrics)
    {
        string path = Located.Value ?? throw new SkippedTestException("no promtool on this machine: see scripts/get-promtool.sh");
        var start = new ProcessStartInfo(path, ["check", "metrics"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(metrics));
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, $"{output}\n{await errors}".Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string? Locate()
    {
        if (OperatingSystem.IsWindows()) return null;
        using Process script = Process.Start(new ProcessStartInfo("bash", [Repository.PathOf("scripts", "get-promtool.sh")]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        script.ErrorDataReceived += static (_, _) => { };
        script.BeginErrorReadLine();
        string path = script.StandardOutput.ReadToEnd().Trim();
        if (!script.WaitForExit(DownloadTimeout)) return null;
        return script.ExitCode == 0 && File.Exists(path) ? path : null;
    }
}
