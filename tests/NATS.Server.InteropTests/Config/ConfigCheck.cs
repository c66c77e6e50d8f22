using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.Config;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Config;

/// <summary>Lets both servers check the configuration <c>test.conf</c> in a folder. Thread-safe.</summary>
internal static partial class ConfigCheck
{
    private const string MainFile = "test.conf";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>The verdict of the reference binary.</summary>
    public static CheckVerdict ByReference(string folder, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(ReferenceServer.Path, ["-t", "-c", MainFile])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            WorkingDirectory = folder,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the reference did not start");
        var output = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(Timeout), "the reference did not end");
        Assert.StartsWith("nats-server: ", output);
        output = output["nats-server: ".Length..];
        if (process.ExitCode != 0) return CheckVerdict.Of("", output);
        var valid = ValidLine().Match(output);
        Assert.True(valid.Success, output);
        return CheckVerdict.Of(valid.Groups[1].Value, "");
    }

    /// <summary>The verdict of ours; the digest is that of the file also when there are messages.</summary>
    public static CheckVerdict ByOurs(string folder, IReadOnlyDictionary<string, string?> environment)
    {
        var loader = new OptionsLoader(ReadFile, name => environment.TryGetValue(name, out var value) ? value : Environment.GetEnvironmentVariable(name));
        var result = loader.Load(MainFile, FlagOverrides.None);
        Assert.Equal(result.Errors.Count == 0, result.Options is not null);
        return CheckVerdict.Of(result.Digest, result.Report);

        // As the process would see it with the folder as its working directory.
        ConfigFile ReadFile(string path)
        {
            var full = Path.Combine(folder, path);
            if (Directory.Exists(full)) return new ConfigFile(default, $"read {path}: is a directory");
            return File.Exists(full) ? new ConfigFile(File.ReadAllBytes(full)) : new ConfigFile(default, $"open {path}: no such file or directory");
        }
    }

    [GeneratedRegex("^configuration file test.conf is valid \\((sha256:[0-9a-f]{64})\\)\n$")]
    private static partial Regex ValidLine();
}
