using NATS.Server.Core.Protocol;

namespace NATS.Server.Host.Explain;

/// <summary><c>nats-server explain</c>: asks a running server why something is as it is. Single-threaded.</summary>
internal sealed class ExplainCommand
{
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly ExplanationStyle _style;
    private readonly Func<string, string?> _environment;

    /// <summary>Prepares a run.</summary>
    /// <param name="output">Takes the explanation.</param>
    /// <param name="error">Why there is none.</param>
    /// <param name="style">What the output can show.</param>
    /// <param name="environment">Variables of the process.</param>
    public ExplainCommand(TextWriter output, TextWriter error, ExplanationStyle style, Func<string, string?> environment)
    {
        _output = output;
        _error = error;
        _style = style;
        _environment = environment;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">What follows <c>explain</c>.</param>
    /// <returns>The exit code, see <see cref="ExplainExit"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (!ExplainArguments.TryParse(arguments, _environment, out ExplainArguments? asked, out string? problem))
        {
            await _error.WriteLineAsync($"nats-server: {ExplainText.Printable(problem)}");
            await _error.WriteLineAsync(ExplainUsage.Text);
            return ExplainExit.BadArguments;
        }

        if (asked.AsksForHelp || asked.AsksForVersion)
        {
            await _output.WriteLineAsync(asked.AsksForHelp ? ExplainUsage.Text : $"nats-server: v{ServerVersion.Compatible}");
            return ExplainExit.Good;
        }

        try
        {
            return await WriteAsync(asked, await new ExplainClient(asked).AskAsync());
        }
        catch (ExplainException unanswered)
        {
            return await FailAsync(unanswered.Message, unanswered.ExitCode);
        }
    }

    // Of several servers one that says yes is enough: the others do not know whom it is about.
    private async Task<int> WriteAsync(ExplainArguments asked, IReadOnlyList<ExplainAnswer> answers)
    {
        int exitCode = ExplainExit.NotAnswered;
        bool isFirst = true;
        foreach (ExplainAnswer answer in answers)
        {
            exitCode = Math.Min(exitCode, answer.ExitCode);
            if (answer.Explanation is not { } explanation)
            {
                await FailAsync(asked.AsksAll ? $"{answer.ServerName}: {answer.Error}" : answer.Error, answer.ExitCode);
                continue;
            }

            if (asked.IsJson)
            {
                await _output.WriteLineAsync(asked.AsksAll ? answer.WholeJson : answer.ExplanationJson);
                continue;
            }

            if (!isFirst) await _output.WriteLineAsync();
            if (asked.AsksAll) await _output.WriteLineAsync(ExplainText.Printable($"Server {answer.ServerName} ({answer.ServerId})"));
            foreach (string line in ExplanationView.Render(explanation, _style)) await _output.WriteLineAsync(line);
            isFirst = false;
        }

        await _output.FlushAsync();
        return exitCode;
    }

    private async Task<int> FailAsync(string reason, int exitCode)
    {
        await _error.WriteLineAsync($"nats-server: {ExplainText.Printable(reason)}");
        return exitCode;
    }
}
