namespace NATS.Server.Host.Explain;

/// <summary>What the place can show where an explanation is written. Immutable.</summary>
/// <param name="HasSymbols">Marks beyond ASCII.</param>
/// <param name="HasColors">Escape sequences for colours.</param>
/// <param name="Width">Columns; 0 for no end.</param>
/// <param name="IsAscii">Whether all other letters are spelled out: on a terminal with another code some of their bytes are commands.</param>
internal sealed record ExplanationStyle(bool HasSymbols, bool HasColors, int Width, bool IsAscii)
{
    private const int NarrowestWrapped = 40;
    private static readonly string[] LocaleVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>For files and pipes.</summary>
    public static readonly ExplanationStyle Plain = new(HasSymbols: false, HasColors: false, Width: 0, IsAscii: false);

    /// <summary>For a terminal.</summary>
    /// <param name="environment">Variables of the process.</param>
    /// <param name="width">Columns; 0 when not known.</param>
    /// <param name="isWindows">Whether the system's consoles take UTF-8 by a code page in place of a variable.</param>
    /// <param name="hasUtf8CodePage">Whether that is so.</param>
    public static ExplanationStyle OfTerminal(Func<string, string?> environment, int width, bool isWindows, bool hasUtf8CodePage)
    {
        bool isUtf8 = isWindows ? hasUtf8CodePage : IsUtf8(environment);
        return new ExplanationStyle(
            HasSymbols: isUtf8,
            HasColors: environment("NO_COLOR") is null or "" && environment("TERM") != "dumb",
            Width: width >= NarrowestWrapped ? width : 0,
            IsAscii: !isUtf8);
    }

    // The first one that is set decides, as everywhere on Unix.
    private static bool IsUtf8(Func<string, string?> environment)
    {
        string locale = LocaleVariables.Select(environment).FirstOrDefault(static value => value is { Length: > 0 }) ?? "";
        return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
    }
}
