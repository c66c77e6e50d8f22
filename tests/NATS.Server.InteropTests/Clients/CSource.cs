using System.ComponentModel;
using System.Diagnostics;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Thread-safe. A program that uses the C client, compiled once when a test first needs it.</summary>
/// <param name="name">Its source in the folder <c>c</c>, without the ending.</param>
internal sealed class CSource(string name)
{
    private readonly Lazy<(string Path, string Missing)> _compiled = new(() => Compile(name));

    /// <summary>The executable.</summary>
    /// <exception cref="SkippedTestException">This machine has no compiler or no C client.</exception>
    public string Path => _compiled.Value.Missing.Length > 0 ? throw new SkippedTestException(_compiled.Value.Missing) : _compiled.Value.Path;

    private static (string Path, string Missing) Compile(string name)
    {
        string source = Repository.PathOf("tests", "NATS.Server.InteropTests", "Clients", "c", name + ".c");
        string output = System.IO.Path.Combine(AppContext.BaseDirectory, "c-client-" + name);
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("gcc", ["-Wall", "-Wextra", "-O1", "-o", output, source, "-lnats"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode == 0) return (output, "");
            return errors.Contains("nats/nats.h: No such file", StringComparison.Ordinal) ? ("", "the C client (libnats) is not installed") : throw new InvalidOperationException(errors);
        }
        catch (Win32Exception)
        {
            return ("", "there is no C compiler");
        }
    }
}
