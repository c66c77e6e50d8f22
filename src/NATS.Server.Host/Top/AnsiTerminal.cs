using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Threading.Channels;
using NATS.Server.Host.Signals;

namespace NATS.Server.Host.Top;

/// <summary>
/// The terminal of this process: its second screen, which leaves what was on the first as it was. Draws from one thread; keys are read by a thread of its own, since
/// reading one blocks.
/// </summary>
internal sealed partial class AnsiTerminal : ITopTerminal, IDisposable
{
    private const int DefaultWidth = 80;
    private const int DefaultHeight = 24;
    private const int MaximumInputs = 64;
    private const int OwnGroup = 0;
    private const string Enter = "\e[?1049h\e[?25l\e[2J";
    private const string Leave = "\e[0m\e[?25h\e[?1049l";

    private readonly Stream _screen;
    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Channel<ConsoleKeyInfo?> _inputs = Channel.CreateBounded<ConsoleKeyInfo?>(new BoundedChannelOptions(MaximumInputs) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private bool _hasLeft;

    /// <summary>Takes the terminal.</summary>
    /// <param name="end">Called when a signal says that it is enough; on any thread.</param>
    public AnsiTerminal(Action end)
    {
        if (OperatingSystem.IsWindows()) WindowsConsole.EnableSequences();
        _screen = Console.OpenStandardOutput();
        Write(Enter);
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                end();
            }));
        }

        if (!OperatingSystem.IsWindows()) FollowTheShell();
        if (Console.IsInputRedirected) _inputs.Writer.TryComplete();
        else new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
    }

    public int Width => SizeOf(static () => Console.WindowWidth, DefaultWidth);

    public int Height => SizeOf(static () => Console.WindowHeight, DefaultHeight);

    public ChannelReader<ConsoleKeyInfo?> Inputs => _inputs.Reader;

    public void Draw(IReadOnlyList<TopLine> lines)
    {
        var text = new StringBuilder("\e[H");
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0) text.Append("\r\n");
            text.Append(lines[i].Style switch
            {
                TopStyle.Head => "\e[7m",
                TopStyle.Selected or TopStyle.Alert => "\e[1m",
                _ => "",
            }).Append(lines[i].Text).Append(lines[i].Style == TopStyle.Head ? "\e[K\e[0m" : "\e[0m\e[K");
        }

        Write(text.Append("\e[J").ToString());
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        lock (_gate)
        {
            if (_hasLeft) return;
            Write(Leave);
            _hasLeft = true;
        }
    }

    // A stopped process leaves the first screen to the shell, and takes the second again when it goes on.
    [UnsupportedOSPlatform("windows")]
    private void FollowTheShell()
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _inputs.Writer.TryWrite(null)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, context =>
        {
            context.Cancel = true;
            Write(Leave);
            _ = Kill(OwnGroup, SignalNumbers.Stop); // what may not be stopped goes on
        }));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ =>
        {
            Write(Enter);
            _inputs.Writer.TryWrite(null);
        }));
    }

    private void ReadKeys()
    {
        try
        {
            while (true) _inputs.Writer.TryWrite(Console.ReadKey(intercept: true));
        }
        catch (Exception problem) when (problem is InvalidOperationException or IOException)
        {
            _inputs.Writer.TryComplete();
        }
    }

    private void Write(string text)
    {
        lock (_gate)
        {
            if (_hasLeft) return;
            _screen.Write(Encoding.UTF8.GetBytes(text));
            _screen.Flush();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    private static int SizeOf(Func<int> ask, int otherwise)
    {
        try
        {
            return ask() is > 0 and int size ? size : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
