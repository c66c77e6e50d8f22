using System.Threading.Channels;
using NATS.Server.Host.Top;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopLoopTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeSource _source = new();
    private readonly FakeTerminal _terminal = new();

    [Fact]
    public async Task It_asks_once_per_delay_and_shows_the_rates()
    {
        Task run = Run();
        await _terminal.UntilAsync("Msgs/Sec: -");
        _source.Answers.Enqueue(() => TopSamples.Read(TopSamples.Server(1, inMessages: 1250), TopSamples.Connections(1)));
        await NextTickAsync();
        await _terminal.UntilAsync("Msgs/Sec: 250.0");
        await QuitAsync(run);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_said_and_shown_again_when_it_is_back()
    {
        Task run = Run();
        _source.Answers.Enqueue(() => throw new TopSourceException("http://h:1/varz: connection refused"));
        await NextTickAsync();
        string[] screen = await _terminal.UntilAsync("http://h:1/varz: connection refused");
        Assert.Contains(screen, line => line.Contains("Connections Polled: 2 of 7", StringComparison.Ordinal));

        _source.Answers.Enqueue(() => TopSamples.Read(TopSamples.Server(9, inMessages: 10, start: "2026-11-22T12:00:05Z"), TopSamples.Connections(9)));
        await NextTickAsync();
        screen = await _terminal.UntilAsync("In:   Msgs: 10 ");
        Assert.DoesNotContain(screen, line => line.Contains("refused", StringComparison.Ordinal));
        await QuitAsync(run);
    }

    [Fact]
    public async Task Another_view_is_asked_for_at_once_and_old_answers_are_not_taken_for_it()
    {
        Task run = Run();
        _source.Answers.Enqueue(() => TopSamples.Read(TopSamples.Server(0.1), null, TopSamples.JetStream(0.1)));
        _terminal.Type('4');
        await _terminal.UntilAsync("ORDERS");
        Assert.Equal(TopView.Streams, _source.Asked[^1].View);
        await QuitAsync(run);
    }

    [Fact]
    public async Task A_pause_asks_nothing_until_it_ends()
    {
        Task run = Run();
        _terminal.Type('p');
        await _terminal.UntilAsync("paused");
        await NextTickAsync();
        Eventually.Equal(1, () => _clock.ArmedTimers, "the next tick is awaited");
        Assert.Empty(_source.Asked);
        await QuitAsync(run);
    }

    [Fact]
    public async Task A_signal_ends_it_while_an_answer_is_awaited()
    {
        using var ended = new CancellationTokenSource();
        Task run = Run(ended.Token);
        await NextTickAsync();
        Eventually.Equal(1, () => _source.Asked.Count, "the server was asked");
        await ended.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task So_many_looks_end_it()
    {
        Task run = Run(default, "-r", "2");
        _source.Answers.Enqueue(() => TopSamples.Read(TopSamples.Server(1), TopSamples.Connections(1)));
        await NextTickAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private Task Run(CancellationToken cancellationToken = default, params string[] arguments)
    {
        Assert.True(TopArguments.TryParse(arguments, out TopArguments? asked, out _));
        var loop = new TopLoop(_source, _terminal, _clock, asked, TopFrame.NoNames);
        return Task.Run(() => loop.RunAsync(TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0)), cancellationToken), TestContext.Current.CancellationToken);
    }

    private async Task NextTickAsync()
    {
        Eventually.Equal(1, () => _clock.ArmedTimers, "a tick is awaited");
        await Task.Yield();
        _clock.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task QuitAsync(Task run)
    {
        _terminal.Type('q');
        await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    /// <summary>Answers what it was given; without anything it is silent.</summary>
    private sealed class FakeSource : ITopSource
    {
        private readonly Lock _gate = new();
        private readonly List<TopQuestion> _asked = [];

        public Queue<Func<TopSample>> Answers { get; } = [];

        public IReadOnlyList<TopQuestion> Asked
        {
            get
            {
                lock (_gate) return [.. _asked];
            }
        }

        public async Task<TopSample> AskAsync(TopQuestion question, CancellationToken cancellationToken)
        {
            lock (_gate) _asked.Add(question);
            if (Answers.TryDequeue(out Func<TopSample>? answer)) return answer();
            return await new TaskCompletionSource<TopSample>().Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class FakeTerminal : ITopTerminal
    {
        private readonly Channel<ConsoleKeyInfo?> _inputs = Channel.CreateUnbounded<ConsoleKeyInfo?>();
        private readonly Channel<string[]> _screens = Channel.CreateUnbounded<string[]>();

        public int Width => 80;

        public int Height => 24;

        public ChannelReader<ConsoleKeyInfo?> Inputs => _inputs.Reader;

        public void Draw(IReadOnlyList<TopLine> lines) => _screens.Writer.TryWrite([.. lines.Select(static line => line.Text)]);

        public void Type(char key) => _inputs.Writer.TryWrite(new ConsoleKeyInfo(key, default, shift: false, alt: false, control: false));

        /// <summary>Waits for a screen that shows a text.</summary>
        public async Task<string[]> UntilAsync(string text)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (true)
            {
                string[] screen = await _screens.Reader.ReadAsync(deadline.Token);
                if (screen.Any(line => line.Contains(text, StringComparison.Ordinal))) return screen;
            }
        }
    }
}
