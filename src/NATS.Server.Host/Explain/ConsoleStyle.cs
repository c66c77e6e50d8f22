using NATS.Server.Host.Top;

namespace NATS.Server.Host.Explain;

/// <summary>What the terminal of this process can show.</summary>
internal static class ConsoleStyle
{
    private const int Utf8CodePage = 65001;

    public static ExplanationStyle Detect(Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows()) WindowsConsole.EnableSequences();
        return ExplanationStyle.OfTerminal(environment, Width(), OperatingSystem.IsWindows(), Console.OutputEncoding.CodePage == Utf8CodePage);
    }

    private static int Width()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
