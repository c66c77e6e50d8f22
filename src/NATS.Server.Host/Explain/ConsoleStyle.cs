using System.Runtime.InteropServices;
using NATS.Server.Host.Top;

namespace NATS.Server.Host.Explain;

/// <summary>What the terminal of this process can show.</summary>
internal static partial class ConsoleStyle
{
    private const int Utf8CodePage = 65001;
    private const int Output = 1;

    // TIOCGWINSZ on the processors that .NET runs on.
    private const nuint GetWindowSize = 0x5413;

    public static ExplanationStyle Detect(Func<string, string?> environment)
    {
        if (!OperatingSystem.IsWindows()) return ExplanationStyle.OfTerminal(environment, Width(), isWindows: false, hasUtf8CodePage: false);
        WindowsConsole.EnableSequences();
        return ExplanationStyle.OfTerminal(environment, Width(), isWindows: true, Console.OutputEncoding.CodePage == Utf8CodePage);
    }

    // The console of the class library changes how the keys of a terminal work as soon as it is asked for anything.
    private static unsafe int Width()
    {
        if (OperatingSystem.IsLinux())
        {
            // Rows, columns, and both in pixels.
            ushort* size = stackalloc ushort[4];
            return Ioctl(Output, GetWindowSize, size) == 0 ? size[1] : 0;
        }

        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Ioctl(int descriptor, nuint request, ushort* size);
}
