using System.Diagnostics;
using System.Text.RegularExpressions;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Host;

/// <summary>A finished run of a server executable that ends by itself.</summary>
internal sealed partial record CommandRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the executable to its end.</summary>
    public static Task<CommandRun> OfAsync(string executable, string folder, params IEnumerable<string> arguments) =>
        OfAsync(executable, folder, new Dictionary<string, string?>(StringComparer.Ordinal), arguments);

    /// <summary>Runs the executable to its end with other variables in its environment; null removes one.</summary>
    public static async Task<CommandRun> OfAsync(string executable, string folder, IReadOnlyDictionary<string, string?> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException problem)
        {
            process.Kill();
            throw new TimeoutException($"{executable} {string.Join(' ', arguments)} did not end", problem);
        }
        return new CommandRun(process.ExitCode, await output, await error);
    }

    /// <summary>Runs both servers with the same arguments.</summary>
    public static async Task<(CommandRun Reference, CommandRun Ours)> OfBothAsync(string folder, params IReadOnlyList<string> arguments)
    {
        var reference = await OfAsync(ReferenceServer.Path, folder, arguments);
        return (reference, await OfAsync(OurServer.Path, folder, arguments));
    }

    /// <summary>Lines of standard error without what differs from run to run: process ids and times.</summary>
    public IReadOnlyList<string> ErrorLines => [.. Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(WithoutStamp)];

    /// <summary>A log line without <c>[pid] date time</c>, or without Go's date and time.</summary>
    public static string WithoutStamp(string line) => Stamp().Replace(line, "");

    [GeneratedRegex(@"^(?:\[\d+\] )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{6})? ")]
    private static partial Regex Stamp();
}
