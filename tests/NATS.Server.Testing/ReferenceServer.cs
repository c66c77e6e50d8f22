using System.Diagnostics;

namespace NATS.Server.Testing;

/// <summary>
/// Thread-safe. The real nats-server, the oracle: <c>NATS_REFERENCE</c>, else what <c>scripts/get-nats-server.sh</c> finds or downloads into
/// <c>artifacts/reference</c>. A machine that cannot have it skips the tests that need it.
/// </summary>
public static class ReferenceServer
{
    private static readonly TimeSpan DownloadTimeout = TimeSpan.FromMinutes(3);
    private static readonly Lazy<(string? Path, string Reason)> Located = new(Locate);

    /// <summary>The executable, or null when it cannot be had.</summary>
    public static string? PathOrNull => Located.Value.Path;

    /// <summary>The executable.</summary>
    /// <exception cref="SkippedTestException">It cannot be had on this machine: the test is skipped.</exception>
    public static string Path => Located.Value.Path ?? throw new SkippedTestException("no reference nats-server on this machine: " + Located.Value.Reason);

    /// <summary>Starts the reference server; arguments as for <see cref="ServerProcess.StartAsync"/>.</summary>
    public static Task<ServerProcess> StartAsync(ServerProcessOptions? options = null) => ServerProcess.StartAsync(Path, options);

    private static (string? Path, string Reason) Locate()
    {
        string? named = Environment.GetEnvironmentVariable("NATS_REFERENCE");
        if (!string.IsNullOrEmpty(named)) return File.Exists(named) ? (named, "") : (null, $"NATS_REFERENCE names {named}, which is not there");

        string kept = Repository.PathOf("artifacts", "reference", "usr", "sbin", "nats-server");
        if (File.Exists(kept)) return (kept, "");
        if (OperatingSystem.IsWindows()) return (null, "it is fetched with apt; set NATS_REFERENCE");

        // Several test executables may start at once: one downloads, the others wait for it.
        string lockFile = Repository.PathOf("artifacts", "reference.lock");
        Directory.CreateDirectory(Repository.PathOf("artifacts"));
        using FileStream held = Eventually.NotNull(() => TryLock(lockFile), "the download lock", DownloadTimeout);
        return File.Exists(kept) ? (kept, "") : RunScript();
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static (string? Path, string Reason) RunScript()
    {
        var start = new ProcessStartInfo("bash", [Repository.PathOf("scripts", "get-nats-server.sh")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            using Process script = Process.Start(start)!;
            script.StandardInput.Close();
            Task<string> output = script.StandardOutput.ReadToEndAsync();
            Task<string> error = script.StandardError.ReadToEndAsync();
            if (!script.WaitForExit(DownloadTimeout))
            {
                script.Kill(entireProcessTree: true);
                return (null, $"the download did not end within {DownloadTimeout.TotalMinutes:0} minutes");
            }

            string path = output.GetAwaiter().GetResult().Trim();
            return script.ExitCode == 0 && path.Length > 0 ? (path, "") : (null, error.GetAwaiter().GetResult().Trim());
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            return (null, "bash could not be started: " + problem.Message);
        }
    }
}
