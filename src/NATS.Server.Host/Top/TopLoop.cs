namespace NATS.Server.Host.Top;

/// <summary>Asks a server again and again, shows what it answers, and does what keys say. Single-threaded: one call of <see cref="RunAsync"/>.</summary>
internal sealed class TopLoop
{
    private readonly ITopSource _source;
    private readonly ITopTerminal _terminal;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _delay;
    private readonly TopSeries _series;
    private TopFrame _frame;
    private TopState _state;

    /// <summary>Prepares.</summary>
    /// <param name="source">What is asked.</param>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="clock">For the time between two questions.</param>
    /// <param name="arguments">What is shown, how often.</param>
    /// <param name="nameOf">The host name of an address; null when it is not known.</param>
    public TopLoop(ITopSource source, ITopTerminal terminal, TimeProvider clock, TopArguments arguments, Func<string, string?> nameOf)
    {
        _source = source;
        _terminal = terminal;
        _clock = clock;
        _delay = arguments.Delay;
        _series = new TopSeries(_delay);
        _state = arguments.State;
        _frame = new TopFrame { Address = arguments.Address.Authority, NameOf = nameOf };
        Looks = arguments.Looks;
    }

    private long Looks { get; }

    /// <summary>Runs until a key or the token says that it is enough.</summary>
    /// <param name="first">What was answered to the first question.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(TopSample first, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TopQuestion asked = _state.Question;
        Accept(asked, first);
        Task<TopSample>? asking = null;
        Task tick = Tick(ended.Token);
        Task<bool>? inputs = NextInputs(ended.Token);
        bool isDue = false;
        for (long looks = 1; ;)
        {
            _terminal.Draw(TopScreen.Render(_state, _frame, _terminal.Width, _terminal.Height));
            if (_state.IsOver || cancellationToken.IsCancellationRequested || (Looks > 0 && looks >= Looks)) break;

            await Task.WhenAny([tick, .. Waiting(asking, inputs)]);
            if (inputs is { IsCompleted: true })
            {
                while (_terminal.Inputs.TryRead(out ConsoleKeyInfo? key))
                {
                    if (key is { } pressed) Press(pressed);
                }

                inputs = inputs.IsCompletedSuccessfully && await inputs ? NextInputs(ended.Token) : null;
            }

            if (asking is { IsCompleted: true })
            {
                if (await TryAcceptAsync(asked, asking)) looks++;
                asking = null;
            }

            if (tick.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                tick = Tick(ended.Token);
                isDue = !_state.IsPaused;
            }

            if (asking is null && !_state.IsOver && (isDue || _state.Question != asked))
            {
                isDue = false;
                asked = _state.Question;
                asking = _source.AskAsync(asked, ended.Token);
            }
        }

        await ended.CancelAsync();
        if (asking is not null) await asking.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static IEnumerable<Task> Waiting(params Task?[] tasks) => tasks.Where(static task => task is not null)!;

    private Task Tick(CancellationToken cancellationToken) => Task.Delay(_delay, _clock, cancellationToken);

    private Task<bool> NextInputs(CancellationToken cancellationToken) => _terminal.Inputs.WaitToReadAsync(cancellationToken).AsTask();

    // What was answered about something else is not shown as if it were about this.
    private void Press(ConsoleKeyInfo key)
    {
        TopState before = _state;
        _state = TopKeys.Press(before, key, _frame);
        if (!IsSame(before.Question, _state.Question)) _frame = _frame with { Sample = WithoutParts(_frame.Sample) };
    }

    private async Task<bool> TryAcceptAsync(TopQuestion asked, Task<TopSample> answer)
    {
        try
        {
            Accept(asked, await answer);
            return true;
        }
        catch (TopSourceException problem)
        {
            _frame = _frame with { Problem = problem.Message, Rates = TopRates.Unknown };
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Accept(TopQuestion asked, TopSample sample)
    {
        TopSample fitting = IsSame(asked, _state.Question) ? sample : WithoutParts(sample)!;
        TopRates rates = _series.Add(fitting);
        _frame = _frame with { Sample = fitting, Rates = rates, History = _series.History, Problem = "" };
    }

    private static bool IsSame(TopQuestion one, TopQuestion other) => one.View == other.View && one.Cid == other.Cid;

    private static TopSample? WithoutParts(TopSample? sample) => sample is null ? null : sample with { Connections = null, JetStream = null };
}
