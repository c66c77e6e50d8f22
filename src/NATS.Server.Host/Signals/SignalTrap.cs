using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace NATS.Server.Host.Signals;

/// <summary>
/// Turns signals into a sequence to be handled one after the other; the runtime's own reaction is cancelled. Thread-safe.
/// A signal that repeats one still waiting is dropped, as the system does with pending signals.
/// </summary>
internal sealed class SignalTrap : IDisposable
{
    private readonly Channel<ServerSignal> _signals = Channel.CreateUnbounded<ServerSignal>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly bool[] _isWaiting = new bool[Enum.GetValues<ServerSignal>().Length];

    public SignalTrap()
    {
        Trap(PosixSignal.SIGINT, ServerSignal.Interrupt);
        Trap(PosixSignal.SIGTERM, ServerSignal.Terminate);
        if (OperatingSystem.IsWindows())
            return;
        Trap(PosixSignal.SIGHUP, ServerSignal.Reload);
        Trap((PosixSignal)SignalNumbers.User1, ServerSignal.ReopenLog);
        Trap((PosixSignal)SignalNumbers.User2, ServerSignal.LameDuck);
    }

    /// <summary>Waits for the next signal. One reader.</summary>
    public async ValueTask<ServerSignal> NextAsync(CancellationToken cancellationToken)
    {
        var signal = await _signals.Reader.ReadAsync(cancellationToken);
        Volatile.Write(ref _isWaiting[(int)signal], false);
        return signal;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Trap(PosixSignal number, ServerSignal signal) => _registrations.Add(PosixSignalRegistration.Create(number, context =>
    {
        context.Cancel = true;
        if (!Interlocked.Exchange(ref _isWaiting[(int)signal], true))
            _signals.Writer.TryWrite(signal);
    }));
}
