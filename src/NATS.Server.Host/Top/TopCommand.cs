using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Host.Top;

/// <summary><c>nats-server top</c>: shows what a running server does, by its monitoring port. Single-threaded.</summary>
internal sealed class TopCommand
{
    private const int Well = 0;
    private const int NoAnswer = 1;
    private const int NotDone = 2;
    private static readonly TimeSpan NameTimeout = TimeSpan.FromSeconds(2);

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly bool _hasTerminal;
    private readonly TimeProvider _clock;
    private readonly HostNames _names = new();

    /// <summary>Prepares a run.</summary>
    /// <param name="output">What was asked for, when it is not shown in a terminal.</param>
    /// <param name="error">Why it could not be done.</param>
    /// <param name="hasTerminal">Whether standard output is a terminal.</param>
    /// <param name="clock">For the time between two looks.</param>
    public TopCommand(TextWriter output, TextWriter error, bool hasTerminal, TimeProvider clock)
    {
        _output = output;
        _error = error;
        _hasTerminal = hasTerminal;
        _clock = clock;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">What follows <c>top</c>.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (!TopArguments.TryParse(arguments, out TopArguments? asked, out string? problem))
        {
            await _error.WriteLineAsync($"nats-server: {problem}");
            await _error.WriteLineAsync(TopUsage.Text);
            return NotDone;
        }

        if (asked.AsksForHelp || asked.AsksForVersion)
        {
            await _output.WriteLineAsync(asked.AsksForHelp ? TopUsage.Text : $"nats-server: v{ServerVersion.Compatible}");
            await _output.FlushAsync();
            return Well;
        }

        HttpTopSource source;
        try
        {
            source = HttpTopSource.Create(asked);
        }
        catch (TopSourceException unreadable)
        {
            await _error.WriteLineAsync($"nats-server: {unreadable.Message}");
            return NotDone;
        }

        using (source)
        {
            try
            {
                return await RunAsync(asked, source);
            }
            catch (TopSourceException unreachable)
            {
                await _error.WriteLineAsync($"nats-server: {unreachable.Message}");
                return NoAnswer;
            }
        }
    }

    // A server that is not there at the start is a mistake in the command; one that goes away later comes back.
    private async Task<int> RunAsync(TopArguments asked, HttpTopSource source)
    {
        TopSample first = await source.AskAsync(asked.State.Question, CancellationToken.None);
        if (asked.Output is { } file) return await WriteOnceAsync(asked, source, first, file);
        if (!_hasTerminal || asked.IsJson || asked.Delimiter is not null) return await WriteAsync(asked, source, first);
        using var ended = new CancellationTokenSource();
        using var terminal = new AnsiTerminal(ended.Cancel);
        await new TopLoop(source, terminal, _clock, asked, _names.Of).RunAsync(first, ended.Token);
        return Well;
    }

    private async Task<int> WriteOnceAsync(TopArguments asked, HttpTopSource source, TopSample first, string file)
    {
        var series = new TopSeries(asked.Delay);
        series.Add(first);
        await Task.Delay(asked.Delay, _clock);
        TopSample second = await source.AskAsync(asked.State.Question, CancellationToken.None);
        string text = await TextOfAsync(asked, second, series);
        if (file == "-")
        {
            await _output.WriteAsync(text);
            await _output.FlushAsync();
            return Well;
        }

        try
        {
            await File.WriteAllTextAsync(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            return Well;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            await _error.WriteLineAsync($"nats-server: {ErrorText.FileError("open", file, problem)}");
            return NotDone;
        }
    }

    // Without a terminal: a look per delay, from the second question on, since rates need two.
    private async Task<int> WriteAsync(TopArguments asked, HttpTopSource source, TopSample first)
    {
        var series = new TopSeries(asked.Delay);
        series.Add(first);
        string lastProblem = "";
        for (long looks = 0; asked.Looks == 0 || looks < asked.Looks;)
        {
            await Task.Delay(asked.Delay, _clock);
            try
            {
                string text = await TextOfAsync(asked, await source.AskAsync(asked.State.Question, CancellationToken.None), series);
                if (looks++ > 0 && !asked.IsJson) await _output.WriteLineAsync();
                await _output.WriteAsync(text);
                await _output.FlushAsync();
                lastProblem = "";
            }
            catch (TopSourceException problem)
            {
                if (problem.Message != lastProblem) await _error.WriteLineAsync($"nats-server: {problem.Message}");
                lastProblem = problem.Message;
            }
            catch (IOException)
            {
                return Well; // nobody reads any more
            }
        }

        return Well;
    }

    private async Task<string> TextOfAsync(TopArguments asked, TopSample sample, TopSeries series)
    {
        TopRates rates = series.Add(sample);
        if (asked.State.LooksUpNames && sample.Connections is { } connections)
        {
            using var patience = new CancellationTokenSource(NameTimeout, _clock);
            await _names.ResolveAsync(connections.Items.Select(static connection => connection.Ip), patience.Token);
        }

        var frame = new TopFrame { Address = asked.Address.Authority, Sample = sample, Rates = rates, History = series.History, NameOf = _names.Of };
        if (asked.IsJson) return TopReport.Json(frame) + "\n";
        IEnumerable<string> lines = asked.Delimiter is { } delimiter ? TopReport.Separated(asked.State, frame, delimiter) : TopScreen.Report(asked.State, frame);
        return string.Concat(lines.Select(static line => line + "\n"));
    }
}
