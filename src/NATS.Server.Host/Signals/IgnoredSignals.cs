using System.Runtime.InteropServices;

namespace NATS.Server.Host.Signals;

/// <summary>
/// Signals that were ignored when the process was started: SIGINT in the background of a script, SIGHUP under nohup. The runtime leaves those alone;
/// the reference handles them, and operators rely on it.
/// </summary>
internal static unsafe partial class IgnoredSignals
{
    private const nint Default = 0;
    private const nint Ignore = 1;

    // More than any platform's struct sigaction; the handler is its first field.
    private const int ActionSize = 256;

    /// <summary>Lets the given signals be handled. To be called before the runtime sets up its signal handling: before the console is used.</summary>
    public static void Accept(params ReadOnlySpan<int> signals)
    {
        if (OperatingSystem.IsWindows())
            return;
        var action = stackalloc byte[ActionSize];
        foreach (var signal in signals)
        {
            if (GetAction(signal, null, action) == 0 && *(nint*)action == Ignore)
                SetHandler(signal, Default);
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int GetAction(int signal, byte* newAction, byte* oldAction);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
