namespace NATS.Server.Host.Signals;

/// <summary>Signals as this platform numbers them, and the words for them. Pure but for the platform.</summary>
internal static class SignalNumbers
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>SIGSTOP: 19 on Linux, 17 on the BSDs and macOS.</summary>
    public static int Stop => OperatingSystem.IsLinux() ? 19 : 17;

    /// <summary>SIGUSR1: 10 on Linux, 30 on the BSDs and macOS.</summary>
    public static int User1 => OperatingSystem.IsLinux() ? 10 : 30;

    /// <summary>SIGUSR2: 12 on Linux, 31 on the BSDs and macOS.</summary>
    public static int User2 => OperatingSystem.IsLinux() ? 12 : 31;

    /// <summary>The signal a command of <c>-sl</c> sends.</summary>
    public static bool TryGetCommand(string command, out int signal)
    {
        signal = command switch
        {
            "stop" => Kill,
            "quit" => Interrupt,
            "term" => Terminate,
            "reopen" => User1,
            "reload" => Hangup,
            "ldm" => User2,
            _ => 0,
        };
        return signal != 0;
    }

    /// <summary>How the log names a trapped signal.</summary>
    public static string Describe(ServerSignal signal) => signal switch
    {
        ServerSignal.Interrupt => "interrupt",
        ServerSignal.Terminate => "terminated",
        ServerSignal.Reload => "hangup",
        ServerSignal.ReopenLog => "user defined signal 1",
        ServerSignal.LameDuck => "user defined signal 2",
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, message: null),
    };
}
