using System.Diagnostics;
using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Thread-safe. A program that uses a real client: it is run once against each server and must see the same both times.</summary>
/// <param name="file">The executable.</param>
/// <param name="arguments">Its arguments before the scenario and the port.</param>
internal sealed class ClientProgram(string file, params string[] arguments)
{
    /// <summary>What the program prints last when nothing went wrong.</summary>
    private const string End = "end";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    /// <summary>What the program finds in its environment besides.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Runs a scenario against a fresh reference server and a fresh server of ours, and compares what the program saw.</summary>
    /// <param name="scenario">Its name.</param>
    /// <param name="options">How both servers are started.</param>
    /// <param name="reactions">What to do with the server when the program prints a certain line.</param>
    public async Task CompareAsync(string scenario, ServerProcessOptions? options = null, IReadOnlyDictionary<string, Func<ServerProcess, Task>>? reactions = null)
    {
        Task<string> reference = RunAsync(ReferenceServer.Path, scenario, options, reactions);
        string ours = await RunAsync(OurServer.Path, scenario, options, reactions);
        string expected = await reference;
        Assert.EndsWith(End, expected.TrimEnd().TrimEnd('"'), StringComparison.Ordinal);
        Assert.Equal(expected, ours);
    }

    /// <summary>
    /// Runs a scenario as <see cref="CompareAsync"/> does, and twice against the reference when our server lacks what it needs, which shows that nothing
    /// in what it prints differs between two runs; then the test is skipped.
    /// </summary>
    /// <param name="scenario">Its name.</param>
    /// <param name="missing">Why our server cannot run it; null: it can.</param>
    /// <param name="options">How both servers are started.</param>
    /// <param name="reactions">What to do with the server when the program prints a certain line.</param>
    public async Task CompareAsync(
        string scenario, string? missing, ServerProcessOptions? options = null, IReadOnlyDictionary<string, Func<ServerProcess, Task>>? reactions = null)
    {
        if (missing is null)
        {
            await CompareAsync(scenario, options, reactions);
            return;
        }

        Task<string> second = RunAsync(ReferenceServer.Path, scenario, options, reactions);
        string first = await RunAsync(ReferenceServer.Path, scenario, options, reactions);
        Assert.EndsWith(End, first.TrimEnd().TrimEnd('"'), StringComparison.Ordinal);
        Assert.Equal(first, await second);
        throw new SkippedTestException(missing);
    }

    private async Task<string> RunAsync(
        string executable, string scenario, ServerProcessOptions? options, IReadOnlyDictionary<string, Func<ServerProcess, Task>>? reactions)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(executable, options);
        var start = new ProcessStartInfo(file, [.. arguments, scenario, server.Port.ToString()])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in Environment) start.Environment[name] = value;
        using Process program = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Timeout);
        var output = new StringBuilder();
        try
        {
            program.StandardInput.Close();
            Task<string> errors = program.StandardError.ReadToEndAsync(deadline.Token);
            while (await program.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                output.AppendLine(line);
                if (reactions is not null && reactions.TryGetValue(line.Trim('"'), out Func<ServerProcess, Task>? react)) await react(server);
            }

            await program.WaitForExitAsync(deadline.Token);
            string problem = await errors;
            if (program.ExitCode != 0) output.AppendLine($"exit code {program.ExitCode}").AppendLine(problem);
            return output.ToString();
        }
        catch (OperationCanceledException problem)
        {
            throw new TimeoutException($"{scenario} against {executable} did not end. It printed:{System.Environment.NewLine}{output}", problem);
        }
        finally
        {
            if (!program.HasExited) program.Kill(entireProcessTree: true);
        }
    }
}
