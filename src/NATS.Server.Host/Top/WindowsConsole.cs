using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NATS.Server.Host.Top;

/// <summary>The console of Windows, which obeys escape sequences and shows UTF-8 only when it is told to.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsConsole
{
    private const int StandardOutput = -11;
    private const uint ProcessSequences = 0x0004;

    /// <summary>Tells it. A console that cannot, cannot.</summary>
    public static void EnableSequences()
    {
        Console.OutputEncoding = System.Text.Encoding.UTF8;
        nint output = GetStdHandle(StandardOutput);
        if (GetConsoleMode(output, out uint mode)) SetConsoleMode(output, mode | ProcessSequences);
    }

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint console, out uint mode);

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint console, uint mode);
}
