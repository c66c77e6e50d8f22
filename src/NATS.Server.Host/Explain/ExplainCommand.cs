using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring.Explaining;

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
            await WriteAsync([asked.AsksForHelp ? ExplainUsage.Text : $"nats-server: v{ServerVersion.Compatible}"]);
            return ExplainExit.Good;
        }

        try
        {
            return await ShowAsync(asked, await new ExplainClient(asked).AskAsync());
        }
        catch (ExplainException unanswered)
        {
            return await FailAsync(unanswered.Message, unanswered.ExitCode);
        }
    }

    // Of several servers one that says yes is enough: the others do not know whom it is about.
    private async Task<int> ShowAsync(ExplainArguments asked, IReadOnlyList<ExplainAnswer> answers)
    {
        int exitCode = ExplainExit.NotAnswered;
        var lines = new List<string>();
        foreach (ExplainAnswer answer in answers)
        {
            exitCode = Math.Min(exitCode, answer.ExitCode);
            if (answer.Explanation is not { } explanation) await FailAsync(asked.AsksAll ? $"{answer.ServerName}: {answer.Error}" : answer.Error, answer.ExitCode);
            else if (asked.IsJson) lines.Add(asked.AsksAll ? answer.WholeJson : answer.ExplanationJson);
            else AddShown(lines, asked, answer, explanation);
        }

        await WriteAsync(lines);
        return exitCode;
    }

    private void AddShown(List<string> lines, ExplainArguments asked, ExplainAnswer answer, Explanation explanation)
    {
        if (lines.Count > 0) lines.Add("");
        if (asked.AsksAll) lines.Add(ExplainText.Printable($"Server {answer.ServerName} ({answer.ServerId})", _style.IsAscii));
        lines.AddRange(ExplanationView.Render(explanation, _style));
    }

    private async Task WriteAsync(IEnumerable<string> lines)
    {
        try
        {
            foreach (string line in lines) await _output.WriteAsync(line + "\n");
            await _output.FlushAsync();
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }
    }

    private async Task<int> FailAsync(string reason, int exitCode)
    {
        await _error.WriteLineAsync($"nats-server: {ExplainText.Printable(reason)}");
        return exitCode;
    }
}
